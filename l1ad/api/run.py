"""A run: a directory in which every step finds what the one before it left."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l1ad.api.algorithm import Algorithm
from l1ad.api.configuration import ConfigLike, chosen_config
from l1ad.api.progress import progress_bar
from l1ad.api.shown import Shown, grown
from l1ad.api.tables import made_table
from l1ad.config.presets import with_epochs
from l1ad.config.run import RunConfig
from l1ad.core.trigger_file import algorithm_digest
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.document import Table

if TYPE_CHECKING:
    from l1ad.api.agreement import Agreement
    from l1ad.api.firmware import Acceptance, Budget, Cells, Firmware
    from l1ad.api.scores import RunScores
    from l1ad.api.summary import Report
    from l1ad.api.thresholds import Thresholds
    from l1ad.api.training import Evaluated, Trained
    from l1ad.config.acceptance import AcceptanceConfig

__all__ = ["Run"]

_REPORT = "report.html"
"""The page that the last step writes."""


@dataclass(frozen=True, slots=True, repr=False)
class Run(Shown):
    """One run of the whole road; each step is a method, with the defaults and files of the command line.

    `progress` of a step says whether to show how far it is; None shows it in a terminal.

    Attributes:
        directory: Its directory and its configuration.
    """

    directory: RunDirectory

    @classmethod
    def begin(cls, path: str | Path, config: ConfigLike, *, epochs: int | None = None) -> "Run":
        """Begin a run, or go on in one of the same configuration.

        Args:
            path: Its directory, e.g. `runs/mine`.
            config: A configuration, a YAML file, or its keys and values; what is left out has its default.
            epochs: Train for another number of epochs; pruning keeps its share of them.

        Raises:
            ConfigError: If the configuration says something unknown or out of range.
        """
        wanted = chosen_config(config)
        return cls(RunDirectory.begin(Path(path), wanted if epochs is None else with_epochs(wanted, epochs)))

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Open the directory of a run.

        Raises:
            DataError: If there is none.
        """
        return cls(RunDirectory.open(Path(path)))

    @property
    def path(self) -> Path:
        """Its directory."""
        return self.directory.path

    @property
    def config(self) -> RunConfig:
        """Its configuration."""
        return self.directory.config

    @property
    def algorithm(self) -> Algorithm:
        """Its frozen algorithm; `freeze` writes it."""
        return Algorithm(self.directory.trigger_file)

    @property
    def firmware(self) -> Path:
        """Folder of its firmware; `build` writes it."""
        return self.directory.firmware(self.directory.trigger())

    def headline(self) -> str:
        """Say where it is and what it trains."""
        config = self.config
        return f"{self.path}: {config.name}, {config.model.backend}, {config.training.epochs} epochs"

    def document(self) -> dict[str, Any]:
        """Lay the configuration out for JSON."""
        return self.config.model_dump(mode="json")

    def tables(self) -> tuple[Table, ...]:
        """Show where its events are."""
        data = self.config.data
        rows = [("background", data.background, "rates, and the first part to train on")]
        rows += [(name, where, "signal of the verdict") for name, where in data.signals.items()]
        rows += [(name, where, "for development") for name, where in data.development.items()]
        return (made_table("events", "Events", ("sample", "where", "what for"), rows),)

    def train(self, *, progress: bool | None = None) -> "Trained":
        """Train the autoencoder; a stopped training goes on from its last finished epoch.

        Raises:
            KeyboardInterrupt: If it was stopped, with everything kept that was done: `train` goes on with it,
                and `freeze` with its best epoch.
        """
        from l1ad.api.training import Trained
        from l1ad.flow.train import train

        with progress_bar("train", progress) as tell:
            found = grown(Trained, train(self.directory, progress=tell))
        if found.interrupted:
            raise KeyboardInterrupt("; ".join(found.warnings()))
        return found

    def evaluate(self, *, progress: bool | None = None) -> "Evaluated":
        """Measure every score that the trained model allows, and what deploying Σµ² alone costs."""
        from l1ad.api.training import Evaluated
        from l1ad.flow.evaluate import evaluate

        with progress_bar("evaluate", progress) as tell:
            return grown(Evaluated, evaluate(self.directory, progress=tell))

    def freeze(self) -> Algorithm:
        """Freeze the encoder mean into `trigger.json`: integers and number formats, no framework."""
        from l1ad.flow.freeze import freeze

        freeze(self.directory)
        return self.algorithm

    def emulate(self, *, progress: bool | None = None) -> "RunScores":
        """Score the background and every signal with the exact emulator."""
        from l1ad.api.scores import RunScores
        from l1ad.flow.emulate import emulate_run

        with progress_bar("emulate", progress) as tell:
            counts = emulate_run(self.directory, progress=tell)
        trigger = self.directory.trigger()
        files = {name: self.directory.scores(name) for name in counts}
        return RunScores(
            counts=counts, files=files, algorithm_digest=algorithm_digest(trigger),
            thresholds=trigger.thresholds,
        )  # fmt: skip

    def rates(
        self, *, extrapolate: bool = False, workers: int = 1, progress: bool | None = None
    ) -> "Thresholds":
        """Set the thresholds for the run's budgets on events no training has seen, in `trigger.json`.

        Args:
            extrapolate: Whether budgets that the events do not resolve get a threshold from a fitted tail.
            workers: Processes; the counts do not depend on it.
            progress: As everywhere.

        Raises:
            UnresolvedRateError: If a budget cannot be resolved; `trigger.json` is left as it is.
        """
        from l1ad.api.thresholds import Thresholds
        from l1ad.flow.event_parts import Workers
        from l1ad.flow.rates import rates

        crew = Workers(processes=workers)
        with progress_bar("rates", progress) as tell:
            found = rates(self.directory, workers=crew, extrapolate=extrapolate, progress=tell)
        return grown(Thresholds, found, file=self.directory.trigger_file)

    def build(
        self,
        target: str | Path | None = None,
        folder: str | Path | None = None,
        *,
        strategy: str | None = None,
        reuse_factor: int | None = None,
        force: bool = False,
    ) -> "Firmware":
        """Write the firmware folder; what is not given is as the run's configuration says.

        The other steps look in the configured folder; one that is built elsewhere is for `Firmware`'s own.
        """
        from l1ad.api.firmware import built

        return built(
            self.directory.trigger(), self.config.firmware, folder=folder, target=target, strategy=strategy,
            reuse_factor=reuse_factor, force=force,
        )  # fmt: skip

    def synthesize(self, *, progress: bool | None = None) -> "Cells":
        """Estimate the cells of the Verilog with Yosys, before placement."""
        from l1ad.api.firmware import synthesized

        return synthesized(self.firmware, progress=progress)

    def verify(
        self,
        *,
        folder: str | Path | None = None,
        original: str | Path | None = None,
        progress: bool | None = None,
    ) -> "Agreement":
        """Compare Keras, emulators, C simulation, RTL and QONNX on the same events, integer for integer.

        Args:
            folder: Folder that holds the firmware's folder; the configured one unless told.
            original: hls4ml project that the network was imported from, compared as well.
            progress: As everywhere.

        Raises:
            DivergenceError: If any integer differs; the message names event, layer, element and bits.
        """
        from l1ad.api.agreement import Agreement
        from l1ad.flow.verify import verify_run

        with progress_bar("verify", progress) as tell:
            found = verify_run(
                self.directory, firmware=None if folder is None else Path(folder),
                original=None if original is None else Path(original), progress=tell,
            )  # fmt: skip
        return Agreement(trigger=self.directory.trigger(), verification=found)

    def check(self) -> "Budget":
        """Hold agreement, latency and cells of the firmware against its target's budget."""
        from l1ad.api.firmware import checked

        return checked(self.firmware)

    def accept(
        self,
        budget: "str | Path | AcceptanceConfig",
        *,
        events: str | Path | None = None,
        verify: bool = False,
        progress: bool | None = None,
    ) -> "Acceptance":
        """Hold the firmware against the budget of whoever takes it, e.g. `zero_bias_1khz`.

        Args:
            budget: A budget that ships, a YAML file, or a configuration.
            events: Events to count rates on; the budget's, or the run's unseen ones, unless told.
            verify: Whether to compare every implementation first.
            progress: As everywhere.
        """
        from l1ad.api.firmware import accepted

        return accepted(
            self.firmware, budget, run=self.directory, events=events, verify=verify, progress=progress
        )

    def report(self, *, progress: bool | None = None) -> "Report":
        """Write the report, its figures and `summary.json` from what the steps left."""
        from l1ad.api.summary import Report
        from l1ad.flow.report import report

        with progress_bar("report", progress) as tell:
            page = report(self.directory, progress=tell)
        return Report(file=page, summary=self.directory.read_json("summary.json", step="report"))

    def all(self, *, progress: bool | None = None) -> "Report":
        """Do every step in order, as `l1ad demo`; the first fault stops it, and a second call goes on.

        Raises:
            KeyboardInterrupt: If the training was stopped, as in `train`.
        """
        from l1ad.api.summary import Report
        from l1ad.flow.demo import demo

        summary = demo(self.directory, lambda label: progress_bar(label, progress))
        return Report(file=self.path / _REPORT, summary=summary)
