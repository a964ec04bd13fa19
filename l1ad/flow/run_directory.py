"""The run directory: where every step finds what the one before it left."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from l1ad.config.loading import load_config
from l1ad.config.run import RunConfig
from l1ad.config.target import shipped_targets
from l1ad.core.errors import DataError
from l1ad.core.names import project_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, write_text_safely
from l1ad.data.samples import SAMPLE_PREFIX

__all__ = ["RunDirectory"]


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Paths of one run, and its configuration.

    Attributes:
        path: The directory, e.g. `runs/demo`.
        config: The configuration of the run.
    """

    path: Path
    config: RunConfig

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """Open the directory of a run that `l1ad train` began.

        Raises:
            DataError: If it is none.
        """
        file = path / "config.yaml"
        if not file.is_file():
            raise DataError(
                f"{path}: no run here (no config.yaml); `l1ad train CONFIG --run {path}` begins one"
            )
        return cls(path, load_config(file, RunConfig))

    @classmethod
    def begin(cls, path: Path, config: RunConfig) -> "RunDirectory":
        """Take a configuration for a run, with absolute paths so that later steps run from anywhere."""
        data = config.data.model_copy(
            update={
                "background": _absolute(config.data.background),
                "signals": {name: _absolute(where) for name, where in config.data.signals.items()},
                "development": {name: _absolute(where) for name, where in config.data.development.items()},
            }
        )
        target = config.firmware.target
        firmware = config.firmware.model_copy(
            update={
                "folder": str(Path(config.firmware.folder).absolute()),
                "target": target if target in shipped_targets() else str(Path(target).absolute()),
            }
        )
        return cls(path, config.model_copy(update={"data": data, "firmware": firmware}))

    def save_config(self) -> None:
        """Write the resolved configuration."""
        document = self.config.model_dump(mode="json")
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        write_text_safely(self.path / "config.yaml", text)

    def trigger(self) -> TriggerAlgorithm:
        """Load the frozen algorithm."""
        return load_trigger(self.trigger_file)

    def firmware(self, trigger: TriggerAlgorithm) -> Path:
        """Give the firmware folder of the algorithm."""
        return Path(self.config.firmware.folder) / project_name(trigger.name)

    def scores(self, sample: str) -> Path:
        """Give the score file of a sample."""
        return self.path / "scores" / f"{sample}.h5"

    def read_json(self, name: str, *, step: str) -> Any:
        """Read what a step left, or say which step leaves it."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{self.path / name}: no such file; `l1ad {step} {self.path}` writes it") from None
        except ValueError as fault:
            raise DataError(f"{self.path / name}: not JSON ({fault}); run `l1ad {step}` again") from None

    def write_json(self, name: str, document: Any) -> None:
        """Write a result for machines and for later steps."""
        write_text_safely(self.path / name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    @property
    def trigger_file(self) -> Path:
        """The frozen algorithm."""
        return self.path / "trigger.json"

    @property
    def checkpoint(self) -> Path:
        """State of the training after its last finished epoch."""
        return self.path / "training" / "checkpoint.npz"

    @property
    def weights_file(self) -> Path:
        """The trained weights of the whole autoencoder."""
        return self.path / "training" / "weights.npz"

    @property
    def evaluation_file(self) -> Path:
        """Scores of the trained model, of every kind."""
        return self.path / "evaluation.h5"

    @property
    def encoder_file(self) -> Path:
        """The trained encoder as a Keras file, quantisers included."""
        return self.path / "training" / "encoder.keras"


def _absolute(events: str) -> str:
    return events if events.startswith(SAMPLE_PREFIX) else str(Path(events).absolute())
