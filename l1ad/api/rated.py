"""Questions about rates, asked of a run and of an algorithm in the same words, those of `l1ad rates`."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from l1ad.api.progress import progress_bar
from l1ad.api.recorded import Recorded
from l1ad.api.shown import grown
from l1ad.api.sources import Sources, listed
from l1ad.core.trigger_file import load_trigger, write_text_safely

if TYPE_CHECKING:
    from l1ad.api.rate_results import BesideMenu, Review, Stability, Tail
    from l1ad.flow.event_parts import EventParts
    from l1ad.rates.pileup_profile import PileupProfile
    from l1ad.rates.stream import Stream

__all__ = ["Rated"]


class Rated(Recorded):
    """What has thresholds in a `trigger.json`, and is asked what they cost and gain.

    A run answers for its unseen background and its stream; an algorithm is given both:

        run.menu()                                             # rates beside the menu, overlap, gain
        run.stability(pileup=48, sculpt=["ht"])                # over pile-up, time and orbit
        run.tail(threshold=3000)                               # beyond the sample, labelled as such
        run.review(pileup=[45, 50], out="review.csv")          # a unit more or less; a menu review's table
        algorithm.menu("sample:zero_bias", bunches=2340, signals={"a_to_4l": "sample:a_to_4l"})

    `events` are unselected events of the stream: files of any format or `sample:NAME`, one or several.
    `bunches` are the colliding bunch pairs of zero bias, e.g. 2340; `events_per_day` stands instead for the
    events of a preselected stream. `menu` is a menu file whose seeds and prescales count instead of the
    events'. `workers` are processes, on which no count depends. `progress` says whether to show how far it is;
    None shows it in a terminal.
    """

    __slots__ = ()

    @abstractmethod
    def own_events(self, menu: Path | None) -> "tuple[EventParts, Stream]":
        """Give the events that nobody needs to name, and the stream that they are a sample of.

        Raises:
            TypeError: If there are none.
        """

    def own_signals(self) -> Mapping[str, str]:
        """Give the signals that nobody needs to name."""
        return {}

    def menu(
        self,
        events: Sources = (),
        *,
        bunches: int | None = None,
        events_per_day: float | None = None,
        menu: str | Path | None = None,
        signals: Mapping[str, str | Path] | None = None,
        workers: int = 1,
        progress: bool | None = None,
    ) -> "BesideMenu":
        """Hold the thresholds against the menu, as `l1ad rates menu`: rates, overlap, gain, what is new.

        Args:
            events: As above, as the four that are not told of here.
            bunches: Of zero bias.
            events_per_day: Of a preselected stream.
            menu: Menu file.
            signals: Events of each signal, by name, whose gain is counted beside that of the run's.
            workers: Processes.
            progress: Whether to show how far it is.

        Raises:
            ConfigError: If there are no thresholds, or no stream.
            DataError: If the events come without a menu.
        """
        from l1ad.api.rate_results import BesideMenu
        from l1ad.flow.event_parts import Workers
        from l1ad.flow.rate_menu import beside_menu

        parts, stream = self._prepared(events, bunches, events_per_day, menu)
        named = {**self.own_signals(), **{name: str(source) for name, source in (signals or {}).items()}}
        with progress_bar("menu", progress) as tell:
            found = beside_menu(parts, stream, signals=named, workers=Workers(processes=workers), progress=tell)
        return grown(BesideMenu, found)

    def stability(
        self,
        events: Sources = (),
        *,
        bunches: int | None = None,
        events_per_day: float | None = None,
        menu: str | Path | None = None,
        seeds: Sequence[str] = (),
        pileup: "float | str | Path | PileupProfile | None" = None,
        sculpt: Sequence[str] = (),
        mixed: bool = False,
        workers: int = 1,
        progress: bool | None = None,
    ) -> "Stability":
        """Test whether the rates are steady and say what the score goes with, as `l1ad rates stability`.

        Args:
            events: As above, as the next three and the last two.
            bunches: Of zero bias.
            events_per_day: Of a preselected stream.
            menu: Menu file.
            seeds: Seeds of the menu to follow too, e.g. one that only monitors.
            pileup: Rates at another pile-up too: a mean, a CSV of `pileup` and `weight`, or a profile.
            sculpt: Quantities whose spectrum is compared, e.g. `ht`.
            mixed: Whether files of different pile-up are counted together.
            workers: Processes.
            progress: Whether to show how far it is.

        Raises:
            ConfigError: If there are no thresholds, or no stream.
            DataError: If the events cannot be used, or there is no such seed or quantity.
            UnresolvedRateError: If the events do not cover the pile-up.
        """
        from l1ad.api.rate_results import Stability
        from l1ad.flow.event_parts import Workers
        from l1ad.flow.rate_stability import rate_stability

        parts, stream = self._prepared(events, bunches, events_per_day, menu)
        with progress_bar("stability", progress) as tell:
            found = rate_stability(
                parts, stream, seeds=tuple(seeds), target=_profile(pileup), sculpted=tuple(sculpt), mixed=mixed,
                workers=Workers(processes=workers), progress=tell,
            )  # fmt: skip
        return grown(Stability, found)

    def tail(
        self,
        events: Sources = (),
        *,
        bunches: int | None = None,
        events_per_day: float | None = None,
        threshold: int | Sequence[int] = (),
        workers: int = 1,
        progress: bool | None = None,
    ) -> "Tail":
        """Fit the tail of the scores beyond the sample with its diagnostics, as `l1ad rates tail`.

        Args:
            events: As above, as the next two and the last two.
            bunches: Of zero bias.
            events_per_day: Of a preselected stream.
            threshold: Thresholds in hardware units, beside those of the algorithm.
            workers: Processes.
            progress: Whether to show how far it is.

        Raises:
            ConfigError: If there is no stream.
            UnresolvedRateError: If no tail can be fitted.
        """
        from l1ad.api.rate_results import Tail
        from l1ad.flow.event_parts import Workers
        from l1ad.flow.rate_review import rate_tail

        parts, stream = self._prepared(events, bunches, events_per_day, None)
        more = [threshold] if isinstance(threshold, int) else threshold
        asked = {**parts.trigger.thresholds, **{str(raw): raw for raw in more}}
        with progress_bar("tail", progress) as tell:
            found = rate_tail(
                parts, stream, thresholds_raw=asked, workers=Workers(processes=workers), progress=tell
            )
        return grown(Tail, found, algorithm=parts.trigger.name)

    def review(
        self,
        events: Sources = (),
        *,
        bunches: int | None = None,
        events_per_day: float | None = None,
        menu: str | Path | None = None,
        pileup: float | Sequence[float] = (),
        out: str | Path | None = None,
        mixed: bool = False,
        workers: int = 1,
        progress: bool | None = None,
    ) -> "Review":
        """Show what a unit of threshold changes and where thresholds go with pile-up, as `l1ad rates review`.

        Args:
            events: As above, as the next three and the last two.
            bunches: Of zero bias.
            events_per_day: Of a preselected stream.
            menu: Menu file.
            pileup: Mean pile-up to suggest thresholds for.
            out: CSV file for the menu review.
            mixed: Whether files of different pile-up are counted together.
            workers: Processes.
            progress: Whether to show how far it is.

        Raises:
            ConfigError: If there are no thresholds, or no stream.
            DataError: If the events cannot be used.
        """
        from l1ad.api.rate_results import Review
        from l1ad.flow.event_parts import Workers
        from l1ad.flow.rate_review import rate_review
        from l1ad.flow.targets import check_target

        if out is not None:
            check_target(Path(out), self.rated_file())
        parts, stream = self._prepared(events, bunches, events_per_day, menu)
        means = [float(one) for one in ([pileup] if isinstance(pileup, int | float) else pileup)]
        with progress_bar("review", progress) as tell:
            found = rate_review(
                parts, stream, means=means, mixed=mixed, workers=Workers(processes=workers), progress=tell
            )
        review = grown(Review, found)
        if out is not None:
            write_text_safely(Path(out), review.csv())
        return review

    def _prepared(
        self, events: Sources, bunches: int | None, events_per_day: float | None, menu: str | Path | None
    ) -> "tuple[EventParts, Stream]":
        from l1ad.flow.rate_thresholds import GivenEvents, given_parts, given_stream

        sources, chosen = listed(events), None if menu is None else Path(menu)
        told = bunches is not None or events_per_day is not None
        if not sources:
            parts, stream = self.own_events(chosen)
            if not told:
                return parts, stream
        else:
            file = self.rated_file()
            parts = given_parts(file, load_trigger(file), GivenEvents(sources=sources, menu=chosen))
        return parts, given_stream(colliding_bunches=bunches, stream_events_per_day=events_per_day)


def _profile(pileup: "float | str | Path | PileupProfile | None") -> "PileupProfile | None":
    from l1ad.rates.pileup_profile import PileupProfile

    if isinstance(pileup, int | float):
        return PileupProfile.poisson(float(pileup))
    return PileupProfile.read(Path(pileup)) if isinstance(pileup, str | Path) else pileup
