"""A comparison as a document: algorithms in rows, signals in columns, the tightest budget first."""

from collections.abc import Callable

from l1ad.metrics.working_points import AtPoint, Measured
from l1ad.report.comparison import ComparedAlgorithm, Comparison
from l1ad.report.comparison_charts import efficiency_charts, efficiency_heatmap, overlap_heatmap, rate_slider
from l1ad.report.comparison_text import UNKNOWN, area_text, exceeded_text, percent_text, ratio_text, wins_text
from l1ad.report.document import Block, Document, Paragraph, Section, State, Table, Verdict

__all__ = ["comparison_document"]


def comparison_document(comparison: Comparison) -> Document:
    """Lay a comparison out: efficiencies by budget, over rates, agreement of decisions, cost, provenance."""
    count = len(comparison.algorithms)
    return Document(
        title="Comparison of trigger algorithms",
        subtitle=f"{count} algorithms on the same {comparison.n_background:,} background events; "
        f"stream: {comparison.stream}.",
        verdicts=_verdicts(comparison),
        sections=(
            Section(id="efficiency", title="Efficiency", blocks=tuple(_efficiency(comparison))),
            Section(
                id="rate",
                title="Efficiency against rate",
                blocks=(rate_slider(comparison), *efficiency_charts(comparison)),
            ),
            Section(id="overlap", title="The same events?", blocks=(overlap_heatmap(comparison),)),
            Section(id="areas", title="Areas and pure efficiencies", blocks=tuple(_more(comparison))),
            Section(id="cost", title="Cost", blocks=(_cost_table(comparison),)),
            Section(id="provenance", title="Provenance", blocks=tuple(_provenance(comparison))),
        ),
        data=comparison.document(),
    )


def _verdicts(comparison: Comparison) -> tuple[Verdict, ...]:
    """Tell of each run how it stands to the reference at each budget; of costs where there is no reference."""
    found = []
    for one in comparison.algorithms:
        for point, ratios in one.ratios.items():
            if one.run is None or one.name == comparison.reference:
                continue
            mean = ratios.geometric_mean
            state = State.GOOD if mean.low > 1 else State.BAD if mean.high < 1 else State.OPEN
            found.append(
                Verdict(
                    what=f"{one.name} at {point}",
                    found=f"{mean.value:.2f} times {comparison.reference}",
                    state=state,
                    why=f"{mean.low:.2f} to {mean.high:.2f}; more of {wins_text(one, point)} signals",
                    section="efficiency",
                )
            )
    return tuple(found)


def _efficiency(comparison: Comparison) -> list[Block]:
    blocks: list[Block] = [Paragraph(_what(comparison))]
    if comparison.exceeded:
        blocks.append(Paragraph(exceeded_text(comparison)))
    blocks.append(efficiency_heatmap(comparison))
    for number, point in enumerate(comparison.points):
        blocks.append(_of_point(comparison, point, folded=number >= comparison.budgets))
    return blocks


def _what(comparison: Comparison) -> str:
    text = (
        f"Thresholds are set for each algorithm on the same {comparison.n_background:,} background events, "
        f"which no training has seen; stream: {comparison.stream}. Intervals are the central 68.27 %: of areas "
        "DeLong's, of efficiencies a bootstrap that sets the threshold anew on each drawn background."
    )
    if comparison.reference is None:
        return text
    return (
        f"{text} Ratios are efficiencies over those of `{comparison.reference}`, geometrically averaged over "
        "the signals; their bootstrap draws the same events for both."
    )


def _of_point(comparison: Comparison, point: str, *, folded: bool) -> Table:
    """Lay the efficiencies at a point out, with ratios where it is a budget."""
    signals = comparison.signals
    header = ["algorithm", "scores", *comparison.signal_titles]
    with_ratios = comparison.reference is not None and point in comparison.points[: comparison.budgets]
    header += ["geometric mean ratio", "wins"] if with_ratios else []
    rows = []
    for one in comparison.algorithms:
        row = [one.name, one.kind, *(percent_text(one.measured[name].at[point].efficiency) for name in signals)]
        row += [ratio_text(one, point), wins_text(one, point)] if with_ratios else []
        rows.append(tuple(row))
    return Table(
        name=f"efficiency_{_slug(point)}",
        title=f"Efficiency at {point}",
        header=tuple(header),
        rows=tuple(rows),
        folded=folded,
    )


def _more(comparison: Comparison) -> list[Block]:
    tightest = comparison.tightest
    return [
        _by_signal(comparison, "areas_under_curve", "Area under the ROC curve", lambda one: area_text(one.auc)),
        Paragraph(
            "Pure: events that no unprescaled seed of the signal's menu took, as a fraction of all its events."
        ),
        _by_signal(
            comparison, "pure_efficiency", f"Pure efficiency at {tightest}", lambda one: _pure(one.at[tightest])
        ),
    ]


def _by_signal(comparison: Comparison, name: str, title: str, text: Callable[[Measured], str]) -> Table:
    rows = [
        (one.name, *(text(one.measured[signal]) for signal in comparison.signals))
        for one in comparison.algorithms
    ]
    return Table(name=name, title=title, header=("algorithm", *comparison.signal_titles), rows=tuple(rows))


def _pure(at: AtPoint) -> str:
    return UNKNOWN if at.pure is None else percent_text(at.pure)


def _cost_table(comparison: Comparison) -> Table:
    rows = [(one.name, *_cost(one)) for one in comparison.algorithms if one.run is not None]
    header = ("algorithm", "LUT, open estimate", "latency, measured", "EBOPs", "zero weights")
    return Table(name="costs", title="What each takes of a part", header=header, rows=tuple(rows))


def _cost(one: ComparedAlgorithm) -> tuple[str, ...]:
    cost = one.cost
    return (
        UNKNOWN if cost.lut is None else f"{cost.lut:,}",
        UNKNOWN if cost.latency_cycles is None else f"{cost.latency_cycles} cycles, {cost.latency_ns:g} ns",
        UNKNOWN if cost.ebops is None else f"{cost.ebops:,}",
        UNKNOWN if cost.sparsity is None else f"{cost.sparsity:.1%}",
    )


def _provenance(comparison: Comparison) -> list[Block]:
    runs = [one.name for one in comparison.algorithms if one.run is not None]
    blocks: list[Block] = []
    if comparison.settings:
        rows = tuple((key, *values) for key, values in comparison.settings.items())
        blocks.append(
            Table(
                name="settings",
                title="Where the configurations differ",
                header=("key", *runs),
                rows=rows,
                folded=True,
            )
        )
    digests = tuple((name, digest) for name, digest in comparison.digests.items())
    blocks.append(Table(name="events", title="Events", header=("sample", "SHA-256"), rows=digests, folded=True))
    return blocks


def _slug(point: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in point.lower())
