"""What a study of HLT and L1 objects says on top."""

from l1ad.metrics.repetitions import Repeated
from l1ad.report.document import State, Verdict
from l1ad.report.numbers import value_text
from l1ad.report.studies.hlt_and_l1.results import BothResults, Cell, Figure

__all__ = ["both_verdicts", "figure_text", "find_cell", "spread_text"]

_UNLIKE = 0.9
"""Rank correlation below which two trainings order events in their own ways."""


def spread_text(one: Repeated, decimals: int = 3, factor: float = 1.0) -> str:
    """Write a mean with the spread of one training, e.g. `0.821 ± 0.002`."""
    spread = one.spread.standard_deviation
    mean = value_text(factor * one.spread.mean, decimals=decimals)
    return mean if spread is None else f"{mean} ± {value_text(factor * spread, decimals=decimals)}"


def figure_text(one: Figure, decimals: int = 3, factor: float = 1.0) -> str:
    """Write a mean with the spread of one training and the test's own error, e.g. `0.82 ± 0.01 (± 0.02)`."""
    return (
        f"{spread_text(one.repeated, decimals, factor)} (± {value_text(factor * one.error, decimals=decimals)})"
    )


def find_cell(results: BothResults, family: str, trained: str, stream: str, scored: str) -> Cell:
    """Find the cell of a network and a view.

    Raises:
        LookupError: If there is none.
    """
    for one in results.cells:
        trained_on = one.trained
        if (trained_on.family, trained_on.view, trained_on.stream, one.scored) == (
            family,
            trained,
            stream,
            scored,
        ):
            return one
    raise LookupError(
        f"no network {family!r} trained on {trained} objects of {stream} and asked about {scored}"
    )


def both_verdicts(results: BothResults) -> tuple[Verdict, ...]:
    """Tell what the other view costs, what accepted events are good for, and how alike trainings are."""
    families = tuple(results.pairs)
    found = [_other_view(results, family) for family in families]
    found += [_stream(results, family) for family in families]
    found.append(_volatile(results))
    if results.deployed is not None:
        one = results.deployed
        found.append(
            Verdict(
                what="deployed", found=f"{one.name}, training {one.training} of {one.trainings}: `{one.run}`",
                state=State.OPEN, why="lowest validation loss; `l1ad build` and `l1ad verify` prove it",
                section="deployed",
            )
        )  # fmt: skip
    failed, all_of_them = sum(results.failed.values()), results.trainings * len(results.failed)
    found.append(
        Verdict(
            what="trainings", found=f"{failed} of {all_of_them} failed",
            state=State.BAD if failed else State.GOOD, why="loss or scores that are no numbers",
            section="volatility",
        )
    )  # fmt: skip
    return tuple(found)


def _other_view(results: BothResults, family: str) -> Verdict:
    """Compare what a network finds in its own and in the other view, AUC by AUC."""
    told, lost = [], False
    for trained, other in (("l1", "hlt"), ("hlt", "l1")):
        own, cross = (find_cell(results, family, trained, "zero_bias", view) for view in (trained, other))
        for name in results.signals:
            mine, theirs = own.signals[name].auc, cross.signals[name].auc
            change = theirs.repeated.spread.mean - mine.repeated.spread.mean
            lost = lost or change < -(mine.error + theirs.error)
            told.append((change, f"{trained} network, {other} objects, {name}"))
    worst, best = min(told), max(told)
    return Verdict(
        what=f"{family} on the other's objects",
        found=f"AUC changes by {worst[0]:+.3f} ({worst[1]}) to {best[0]:+.3f} ({best[1]})",
        state=State.BAD if lost else State.OPEN,
        why="bad where any area falls by more than both tests' errors",
        section="cross",
    )


def _stream(results: BothResults, family: str) -> Verdict:
    told, apart = [], 0
    zero_bias, accepted = (find_cell(results, family, "hlt", one, "hlt") for one in ("zero_bias", "accepted"))
    share = next(iter(next(iter(accepted.signals.values())).stream))
    for name in results.signals:
        before, after = zero_bias.signals[name].stream[share], accepted.signals[name].stream[share]
        change = 100 * (after.repeated.spread.mean - before.repeated.spread.mean)
        told.append(f"{name} {change:+.1f}")
        parted = (
            after.repeated.mean.low > before.repeated.mean.high
            or after.repeated.mean.high < before.repeated.mean.low
        )
        apart += parted
    return Verdict(
        what=f"{family}, trained on what L1 accepts",
        found=f"percentage points of efficiency at {share} of the HLT's stream: {', '.join(told)}",
        state=State.OPEN,
        why=f"against training on zero bias; intervals of the means over trainings part for {apart} of "
        f"{len(told)}; all share one stream of {results.effective:.0f} effective training events",
        section="stream",
    )


def _volatile(results: BothResults) -> Verdict:
    worst = min(results.volatility, key=lambda one: one.correlation_low)
    trained = worst.trained
    return Verdict(
        what="volatility",
        found=f"two trainings of {trained.family} ({trained.view}, {trained.stream}) order zero bias with a "
        f"rank correlation of {worst.correlation_low:.2f}",
        state=State.GOOD if worst.correlation_low >= _UNLIKE else State.BAD,
        why=f"the lowest of all pairs; below {_UNLIKE:g} a training is a choice of events",
        section="volatility",
    )
