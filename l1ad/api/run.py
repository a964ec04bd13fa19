"""A run: a directory in which every step finds what the one before it left."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from l1ad.api.algorithm import Algorithm
from l1ad.api.configuration import ConfigLike, chosen_config
from l1ad.api.progress import progress_bar
from l1ad.api.rated import Rated
from l1ad.api.run_firmware import RunFirmware
from l1ad.api.shown import Shown, grown
from l1ad.config.presets import with_epochs
from l1ad.config.run import RunConfig
from l1ad.core.trigger_file import algorithm_digest
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.document import Table
from l1ad.report.plain_tables import made_table

if TYPE_CHECKING:
    from l1ad.api.scores import RunScores
    from l1ad.api.summary import Report
    from l1ad.api.thresholds import Thresholds
    from l1ad.api.training import Evaluated, Trained, TrainedSeeds
    from l1ad.flow.event_parts import EventParts
    from l1ad.rates.stream import Stream

__all__ = ["Run"]

_REPORT = "report.html"
"""The page that the last step writes."""


@dataclass(frozen=True, slots=True, repr=False)
class Run(RunFirmware, Rated, Shown):
    """One run of the whole road; each step is a method, with the defaults and files of the command line.

        run = l1ad.Run.begin("runs/mine", "configs/quickstart.yaml")
        run.train()                                    # or: run = run.train(seeds=3).run
        run.evaluate(), run.freeze(), run.emulate()
        run.rates()["tight"].threshold_raw             # sets the thresholds, in hardware units
        run.menu(), run.stability(), run.tail(), run.review()         # asks about them: see `Rated`
        run.build(), run.synthesize(), run.verify(), run.check()      # see `RunFirmware`
        run.accept("zero_bias_1khz"), run.report()
        l1ad.Run.begin("runs/demo", l1ad.demo_config()).all()         # every step, as `l1ad demo`

    Attributes:
        directory: Its directory and its configuration.
    """

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

    def rated_file(self) -> Path:
        """Give its `trigger.json`."""
        return self.directory.trigger_file

    def own_events(self, menu: Path | None) -> "tuple[EventParts, Stream]":
        """Give the background that its training has not seen, and the stream of its configuration."""
        from l1ad.flow.rate_table import configured_stream
        from l1ad.flow.rates import unseen_background

        return unseen_background(self.directory, menu=menu), configured_stream(self.config.rates)

    def own_signals(self) -> Mapping[str, str]:
        """Give the signals of its configuration."""
        return self.config.data.signals

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

    @overload
    def train(self, *, seeds: None = None, progress: bool | None = None) -> "Trained": ...

    @overload
    def train(self, *, seeds: int, progress: bool | None = None) -> "TrainedSeeds": ...

    def train(self, *, seeds: int | None = None, progress: bool | None = None) -> "Trained | TrainedSeeds":
        """Train the autoencoder, as `l1ad train`; a stopped training goes on from its last finished epoch.

        Args:
            seeds: Train with so many seeds, two or more, measure the spread, and keep one. Go on with the run
                that is the result's `run`: its configuration has the seed that was kept.
            progress: Whether to show how far it is; None shows it in a terminal.

        Raises:
            KeyboardInterrupt: If it was stopped, with everything kept that was done: `train` goes on with it,
                and `freeze` with its best epoch.
            ValueError: If there are fewer than two seeds.
        """
        from l1ad.api.training import Trained, TrainedSeeds
        from l1ad.flow.ensemble import train_ensemble
        from l1ad.flow.train import train

        if seeds is not None and seeds < 2:
            raise ValueError(f"{seeds} seeds have no spread; give two or more, or leave `seeds` out")
        with progress_bar("train", progress) as tell:
            if seeds is not None:
                found_seeds = train_ensemble(self.directory, seeds, progress=tell)
                return grown(TrainedSeeds, found_seeds, run=Run.open(self.path))
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
        """Set the thresholds for the run's budgets on events no training has seen, as `l1ad rates thresholds`.

        Args:
            extrapolate: Whether budgets that the events do not resolve get a threshold from a fitted tail.
            workers: Processes; the counts do not depend on it.
            progress: Whether to show how far it is; None shows it in a terminal.

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
