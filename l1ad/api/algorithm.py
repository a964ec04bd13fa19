"""A trigger algorithm in its file, and every step that starts from it, without a training framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.api.progress import progress_bar
from l1ad.api.scores import Scores
from l1ad.api.shown import Shown
from l1ad.api.tables import made_table
from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, save_trigger
from l1ad.core.trigger_file import load_trigger as read_trigger
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.data.score_file import read_scores
from l1ad.emulate.engine import emulate
from l1ad.report.document import Table

if TYPE_CHECKING:
    from l1ad.api.agreement import Agreement
    from l1ad.api.firmware import Firmware
    from l1ad.api.inspection import Inspection
    from l1ad.api.thresholds import Thresholds

__all__ = ["Algorithm", "load_trigger"]

Sources = str | Path | Sequence[str | Path]


@dataclass(frozen=True, slots=True, repr=False)
class Algorithm(Shown):
    """A view of a `trigger.json`: what is written into the file, thresholds for one, is seen at once.

    Attributes:
        file: The file.
    """

    file: Path

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
        every = (
            made_table("layers", "Layers", ("layer", "kind", "outputs"), layers),
            made_table("set", "Thresholds", ("threshold", "hardware units"), thresholds),
        )
        return tuple(table for table in every if table.rows)

    def remarks(self) -> tuple[str, ...]:
        """Say what an import lost, a sentence each."""
        notes = self.trigger.provenance.get("notes", [])
        return tuple(str(note) for note in notes) if isinstance(notes, list) else ()

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
        trigger = self.trigger
        with progress_bar("emulate", progress) as tell:
            if isinstance(events, str | Path):
                if out is not None:
                    return _scored_file(trigger, str(events), Path(out), self.file, tell)
                events = load_events(events)
            elif out is not None:
                raise TypeError(
                    "a score file names the file of its events; save them first, or leave out `out`"
                )
            sample = events.sample if isinstance(events, EventBatch) else "array"
            if isinstance(events, EventBatch):
                if events.layout != trigger.layout:
                    where = events.where or events.sample
                    raise DataError(f"{where}: events of {events.layout.told_apart(trigger.layout)}")
                events = events.inputs_raw
            score_raw = emulate(trigger, events, progress=tell).score_raw
        return Scores(sample=sample, score_raw=score_raw, thresholds=trigger.thresholds)

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
            sources=_listed(events), menu=None if menu is None else Path(menu), mixed=mixed,
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

    def build(
        self,
        target: str | Path | None = None,
        folder: str | Path | None = None,
        *,
        strategy: str | None = None,
        reuse_factor: int | None = None,
        force: bool = False,
    ) -> "Firmware":
        """Write `folder/<name>`: HLS project, Verilog, emulator library, vectors, as `l1ad build`.

        Args:
            target: Target that ships, e.g. `ugt-vx690t`, which is the default, or a target file.
            folder: Folder to put the firmware's folder in; `firmware` unless told.
            strategy: How hls4ml multiplies: `latency`, `resource`, `distributed_arithmetic`.
            reuse_factor: Products that share a multiplier, with `resource`.
            force: Whether to replace a folder that holds what no build made.
        """
        from l1ad.api.firmware import built
        from l1ad.config.run import FirmwareConfig

        return built(
            self.trigger, FirmwareConfig(), folder=folder, target=target, strategy=strategy,
            reuse_factor=reuse_factor, force=force,
        )  # fmt: skip

    def verify(
        self,
        events: Sources = (),
        *,
        folder: str | Path = "firmware",
        original: str | Path | None = None,
        progress: bool | None = None,
    ) -> "Agreement":
        """Compare every implementation with the emulator, integer for integer, as `l1ad verify`.

        Args:
            events: Event files or `sample:NAME`, beside crafted extremes and events drawn evenly.
            folder: Folder that holds the firmware's folder.
            original: hls4ml project that the network was imported from, compared as well.
            progress: Whether to show how far it is; None shows it in a terminal.

        Raises:
            DivergenceError: If any integer differs; the message names event, layer, element and bits.
        """
        from l1ad.api.agreement import Agreement
        from l1ad.flow.verify import verify_trigger

        trigger = self.trigger
        with progress_bar("verify", progress) as tell:
            found = verify_trigger(
                trigger, firmware=Path(folder), sources=tuple(_listed(events)),
                original=None if original is None else Path(original), progress=tell,
            )  # fmt: skip
        return Agreement(trigger=trigger, verification=found)

    def inspect(self) -> "Inspection":
        """Bound every tensor, and look for events that leave a number format, as `l1ad inspect`."""
        from l1ad.api.inspection import Inspection
        from l1ad.emulate.inspection import inspect

        trigger = self.trigger
        return Inspection(names=trigger.layout.names, reports=tuple(inspect(trigger)))

    def export(self, path: str | Path) -> Path:
        """Write the algorithm as a QONNX file, as `l1ad export`; give its path."""
        from l1ad.exchange.qonnx.export import export_qonnx
        from l1ad.flow.targets import check_target

        target = Path(path)
        check_target(target, self.file)
        export_qonnx(self.trigger, target)
        return target

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


def _listed(events: Sources) -> list[str]:
    return [str(events)] if isinstance(events, str | Path) else [str(one) for one in events]


def _scored_file(trigger: TriggerAlgorithm, source: str, out: Path, file: Path, tell: Any) -> Scores:
    from l1ad.flow.emulate import emulate_file
    from l1ad.flow.targets import check_target

    check_target(out, file)
    emulate_file(trigger, source, out, progress=tell)
    found = read_scores(out, algorithm_digest=algorithm_digest(trigger))
    return Scores(sample=found.sample, score_raw=found.score_raw, thresholds=trigger.thresholds)
