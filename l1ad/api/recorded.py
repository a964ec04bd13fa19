"""What the trigger recorded in the field, held against the emulator of a run or of an algorithm."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from l1ad.api.progress import progress_bar
from l1ad.api.shown import grown
from l1ad.core.trigger_file import load_trigger

if TYPE_CHECKING:
    from l1ad.api.rate_results import Field

__all__ = ["Recorded"]


class Recorded(ABC):
    """What should have run when events were recorded.

    found = algorithm.field("nano.root", bits={"L1_AXO_Nominal": "tight"})
    found.n_disagreements, [part.verdict for part in found.parts]
    """

    __slots__ = ()

    @abstractmethod
    def rated_file(self) -> Path:
        """Give the `trigger.json` that has the thresholds."""

    def field(
        self,
        events: str | Path,
        *,
        bits: Mapping[str, str] | None = None,
        scores: str | Path | None = None,
        prescales: str | Path | None = None,
        others: Sequence[str | Path] = (),
        out: str | Path | None = None,
        progress: bool | None = None,
    ) -> "Field":
        """Hold what the trigger recorded against the emulator and name the cause, as `l1ad rates compare`.

        Args:
            events: Events with seed bits, of any format, or `sample:NAME`.
            bits: Name of the threshold of each seed that was recorded, e.g. `{"L1_AXO_Nominal": "tight"}`.
            scores: Recorded scores: a score file, or a CSV with `event_number` and `score_raw`.
            prescales: Prescale table, for seed bits of after prescale, as NanoAOD's.
            others: Other `trigger.json` that may have run.
            out: CSV file to write the disagreeing events to.
            progress: Whether to show how far it is.

        Raises:
            DataError: If the events are of another layout, a seed or threshold is not there, or nothing is to
                be compared.
        """
        from l1ad.api.rate_results import Field
        from l1ad.data.prescales import read_prescales
        from l1ad.data.samples import locate_events
        from l1ad.flow.field import compare_with_field, write_disagreements
        from l1ad.flow.targets import check_target

        recorded, table = (None if one is None else Path(one) for one in (scores, prescales))
        if out is not None:
            read = (one for one in (recorded, table) if one is not None)
            check_target(Path(out), self.rated_file(), locate_events(str(events)), *read)
        trigger = load_trigger(self.rated_file())
        with progress_bar("compare", progress) as tell:
            found = compare_with_field(
                trigger, str(events), bits=bits or {}, scores=recorded,
                prescales=None if table is None else read_prescales(table),
                others=tuple(load_trigger(Path(one)) for one in others), progress=tell,
            )  # fmt: skip
        if out is not None:
            write_disagreements(found, trigger.layout, Path(out))
        return grown(Field, found)
