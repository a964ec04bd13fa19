"""From a network that a study trained to an ordinary run directory, which `l1ad build` and the rest work on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import l1ad
from l1ad.config.model import ModelConfig
from l1ad.config.run import DataConfig, FirmwareConfig, RunConfig
from l1ad.config.studies.families import FamilyConfig
from l1ad.core.errors import ConfigError
from l1ad.core.fixed import FixedType
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.flow.importing import begin_run
from l1ad.training.environment import framework_versions
from l1ad.training.families.registry import family_of
from l1ad.training.freeze import frozen_encoder
from l1ad.training.model import Autoencoder

__all__ = ["deployed_run", "frozen_member"]


def frozen_member(
    network: Autoencoder,
    scaling: Scaling,
    config: FamilyConfig,
    provenance: Mapping[str, Any],
    *,
    score_type: str | None = None,
) -> TriggerAlgorithm:
    """Freeze the encoder of a trained member of a family; its score is Σµ² of the mean.

    Args:
        network: The trained network.
        scaling: Scaling of the inputs that it was trained with.
        config: The member.
        provenance: What decided the training, as JSON knows it.
        score_type: Format of the score; None takes that of `l1ad train`.

    Raises:
        ConfigError: If Σµ² of the family's encoder means nothing, or nobody quantises it.
        NotExactError: If a layer is none that firmware computes exactly.
    """
    if config.backend == "float" or not family_of(config).deployable:
        raise ConfigError(
            f"{config.name}: {config.kind} with backend {config.backend} is not deployed; sparse and "
            "variational are, with backend qkeras or hgq"
        )
    scaled, frozen = frozen_encoder(network, scaling)
    return TriggerAlgorithm(
        name=config.name,
        scaling=scaled,
        network=frozen,
        score=Score(FixedType.from_cpp(score_type or ModelConfig().score_type)),
        provenance={
            "imported_from": "a network of l1ad study",
            "kind": f"{config.kind} autoencoder",
            "notes": [],
            "versions": {"l1ad": l1ad.__version__, **framework_versions()},
            "study": dict(provenance),
        },
    )


def deployed_run(
    folder: Path, algorithm: Path, config: FamilyConfig, data: DataConfig, *, input_type: str
) -> Path:
    """Begin the run directory of a frozen member, or find the one that is there already.

    `l1ad build`, `verify`, `rates` and `synthesize` work on it. Its firmware goes into `firmware` beside it,
    or where `--firmware` says.

    Args:
        folder: The study's folder of algorithms.
        algorithm: The frozen algorithm's file.
        config: The member.
        data: Its background, cut as in the study, and signals.
        input_type: Format of the scaled inputs.

    Returns:
        The run directory, named by the member; with part of the algorithm's digest where another algorithm has
        the name already.
    """
    trigger = load_trigger(algorithm)
    run = folder / trigger.name
    if (run / "trigger.json").exists() and trigger_digest(load_trigger(run / "trigger.json")) != trigger_digest(
        trigger
    ):
        run = folder / f"{trigger.name}_{trigger_digest(trigger)[:8]}"
    if not (run / "trigger.json").exists():
        model = ModelConfig(
            backend=config.backend, hidden=config.hidden, latent=config.latent, activation=config.activation,
            variational=config.kind == "variational", input_type=input_type,
        )  # fmt: skip
        firmware = FirmwareConfig(folder=str(folder / "firmware"))
        begin_run(run, RunConfig(name=trigger.name, data=data, model=model, firmware=firmware), trigger)
    return run
