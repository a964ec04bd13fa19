"""A trigger algorithm in its file, and every step that starts from it, without a training framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.api.algorithm_firmware import AlgorithmFirmware
from l1ad.api.progress import progress_bar
from l1ad.api.rated import Rated
from l1ad.api.scores import Scores, scored
from l1ad.api.shown import Shown
from l1ad.api.sources import Sources, listed
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, save_trigger
from l1ad.core.trigger_file import load_trigger as read_trigger
from l1ad.data.events import EventBatch
from l1ad.report.document import Table
from l1ad.report.plain_tables import filled, made_table

if TYPE_CHECKING:
    from l1ad.api.inspection import Inspection
    from l1ad.api.thresholds import Thresholds
    from l1ad.flow.event_parts import EventParts
    from l1ad.rates.stream import Stream

__all__ = ["Algorithm", "load_trigger"]


@dataclass(frozen=True, slots=True, repr=False)
class Algorithm(AlgorithmFirmware, Rated, Shown):
    """A view of a `trigger.json`: what is written into the file, thresholds for one, is seen at once.

        algorithm = l1ad.load_trigger("runs/demo/trigger.json")
        algorithm.emulate("sample:a_to_4l").accepted["tight"].mean()
        algorithm.thresholds("zero_bias.h5", bunches=2340, budgets={"tight": "1 kHz"})
        algorithm.menu("zero_bias.h5", bunches=2340)          # as stability, tail, review, field: see `Rated`
        algorithm.build("ugt-vx690t").check()
        algorithm.verify("sample:a_to_4l", against="from_hardware.csv").mismatches
        algorithm.inspect().leaving, algorithm.export("algorithm.onnx")

    Attributes:
        file: The file.
    """

    @property
    def trigger(self) -> TriggerAlgorithm:
        """The algorithm as the file holds it now: layout, scaling, network, score, thresholds, provenance."""
        return read_trigger(self.file)

    @property
    def thresholds_raw(self) -> dict[str, int]:
        """Thresholds in hardware units, by name."""
        return dict(self.trigger.thresholds)

    def headline(self) -> str:
        """Say its name, its size and its digest."""
        trigger = self.trigger
        return (
            f"{trigger.name}: {trigger.layout.n_inputs} inputs of {trigger.layout.name}, "
            f"{len(trigger.network.layers)} layers, {trigger.network.n_outputs} outputs, algorithm "
            f"{algorithm_digest(trigger)[:12]}"
        )

    def document(self) -> dict[str, Any]:
        """Lay file and digest out for JSON."""
        return {"file": str(self.file), "algorithm": algorithm_digest(self.trigger)}

    def tables(self) -> tuple[Table, ...]:
        """Show the layers and the thresholds."""
        trigger = self.trigger
        layers = ((layer.name, type(layer).__name__, str(layer.n_out)) for layer in trigger.network.layers)
        thresholds = ((name, str(raw)) for name, raw in trigger.thresholds.items())
        return filled(
            (made_table("layers", "Layers", ("layer", "kind", "outputs"), layers),
             made_table("set", "Thresholds", ("threshold", "hardware units"), thresholds))
        )  # fmt: skip

    def remarks(self) -> tuple[str, ...]:
        """Say what an import lost, a sentence each."""
        notes = self.trigger.provenance.get("notes", [])
        return tuple(str(note) for note in notes) if isinstance(notes, list) else ()

    def rated_file(self) -> Path:
        """Give the file."""
        return self.file

    def own_events(self, menu: Path | None) -> "tuple[EventParts, Stream]":  # noqa: ARG002 -- it is a run's
        """Refuse: an algorithm has no events of its own.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            "an algorithm has no events of its own: give unselected events, and `bunches` or `events_per_day`"
        )

    def emulate(
        self,
        events: EventBatch | NDArray[np.integer] | str | Path,
        *,
        out: str | Path | None = None,
        progress: bool | None = None,
    ) -> Scores:
        """Score events with the exact emulator.

        Args:
            events: Events, an array of hardware integers of shape (n_events, n_inputs), an event file, or
                `sample:NAME`.
            out: Score file to write, of events that come from a file.
            progress: Whether to show how far it is; None shows it in a terminal.

        Raises:
            DataError: If the events are of another layout, or cannot be read.
        """
        with progress_bar("emulate", progress) as tell:
            return scored(self.file, events, out=None if out is None else Path(out), tell=tell)

    def thresholds(
        self,
        events: Sources,
        *,
        bunches: int | None = None,
        events_per_day: float | None = None,
        budgets: Mapping[str, str] | None = None,
        pure_budgets: Mapping[str, str] | None = None,
        menu: str | Path | None = None,
        extrapolate: bool = False,
        write: bool = True,
        mixed: bool = False,
        workers: int = 1,
        progress: bool | None = None,
    ) -> "Thresholds":
        """Set thresholds for rate budgets and write them into the file, as `l1ad rates thresholds`.

        Args:
            events: Unselected events of the stream: files of any format or `sample:NAME`, one or several.
            bunches: Zero bias: colliding bunch pairs, e.g. 2340.
            events_per_day: Instead: events a day of a preselected stream.
            budgets: Name of each threshold and its rate, e.g. `{"tight": "1 kHz"}`; without any, the usual
                ladder from VLoose (10 kHz) to VTight (0.5 kHz).
            pure_budgets: The same for rates beside the menu.
            menu: Menu file whose seeds and prescales count instead of the events'.
            extrapolate: Whether budgets that the events do not resolve get a threshold from a fitted tail.
            write: Whether to write the thresholds into the file.
            mixed: Whether files of different pile-up are counted together.
            workers: Processes; the counts do not depend on it.
            progress: Whether to show how far it is; None shows it in a terminal.

        Raises:
            UnresolvedRateError: If the events do not resolve a budget; the file is left as it is.
            ConfigError: If neither `bunches` nor `events_per_day` is given, or both.
        """
        from l1ad.api.thresholds import Thresholds
        from l1ad.flow.event_parts import Workers
        from l1ad.flow.rate_thresholds import GivenEvents, given_stream, ladder_budgets, thresholds_of_files
        from l1ad.rates.stream import Budget

        given = GivenEvents(
            sources=listed(events), menu=None if menu is None else Path(menu), mixed=mixed,
            workers=Workers(processes=workers),
        )  # fmt: skip
        total = {name: Budget.parse(text) for name, text in (budgets or {}).items()}
        pure = {name: Budget.parse(text) for name, text in (pure_budgets or {}).items()}
        with progress_bar("rates", progress) as tell:
            table = thresholds_of_files(
                self.file, given, given_stream(colliding_bunches=bunches, stream_events_per_day=events_per_day),
                total=total if total or pure else ladder_budgets(), pure=pure, write=write,
                extrapolate=np.random.default_rng(1) if extrapolate else None, progress=tell,
            )  # fmt: skip
        return Thresholds(file=self.file, table=table)

    def inspect(self) -> "Inspection":
        """Bound every tensor, and look for events that leave a number format, as `l1ad inspect`."""
        from l1ad.api.inspection import Inspection
        from l1ad.emulate.inspection import inspect

        trigger = self.trigger
        return Inspection(names=trigger.layout.names, reports=tuple(inspect(trigger)))

    def save(self, path: str | Path) -> "Algorithm":
        """Write the algorithm to another file, and give the view of that."""
        save_trigger(self.trigger, Path(path))
        return Algorithm(Path(path))


def load_trigger(path: str | Path) -> Algorithm:
    """Open a `trigger.json`.

    Raises:
        TriggerFileError: If the file is missing, foreign, or was changed by hand.
    """
    read_trigger(Path(path))
    return Algorithm(Path(path))
