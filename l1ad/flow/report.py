"""Step `report`: everything a run left, as one page, Markdown, JSON, figures and tables."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import trigger_digest
from l1ad.flow.compared_settings import flat_settings
from l1ad.flow.report_correlation import gather_correlation
from l1ad.flow.report_formats import gather_formats
from l1ad.flow.report_latent import gather_latent
from l1ad.flow.report_menu import gather_overlap
from l1ad.flow.report_model import gather_reconstruction, gather_training
from l1ad.flow.report_rates import gather_rates
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.summary import VERIFICATION, run_summary
from l1ad.flow.titles import events_origin, sample_titles
from l1ad.report.agreement_section import agreement_section
from l1ad.report.correlation_section import correlation_section, correlation_verdict
from l1ad.report.document import Document, Section, Verdict
from l1ad.report.efficiency_section import efficiency_section
from l1ad.report.formats_section import formats_section
from l1ad.report.latent_section import latent_section
from l1ad.report.overlap_section import overlap_section, overlap_verdict
from l1ad.report.provenance_section import acceptance_section, provenance_section
from l1ad.report.rates_section import rates_section
from l1ad.report.reconstruction_section import reconstruction_section
from l1ad.report.resources_section import resources_section
from l1ad.report.scores_section import scores_section
from l1ad.report.training_section import training_section
from l1ad.report.verdicts import verdicts
from l1ad.report.writing import write_document

__all__ = ["report", "report_document"]


def report(run: RunDirectory, *, progress: Progress = silent) -> Path:
    """Write `report.html`, `report.md`, `report.json`, `figures/`, `tables/` and `summary.json` of a run.

    Returns:
        The page, `report.html`: one file that needs nothing else.

    A run that was not built or verified has a report that says so.

    Raises:
        DataError: If the run is not frozen or has no thresholds, or two steps used different states of
            `trigger.json`.
    """
    if not run.trigger_file.is_file():
        raise DataError(
            f"{run.path}: not frozen, so there are no integers to report on; `l1ad freeze {run.path}` freezes "
            "a trained run, and `l1ad compare` shows float models"
        )
    trigger = run.trigger()
    rated = run.read_json("rates.json", step="rates")
    verified = run.read_json(VERIFICATION, step="verify") if (run.path / VERIFICATION).is_file() else None
    for name, result in (("verify", verified), ("rates", rated)):
        if result is not None and result["trigger_digest"] != trigger_digest(trigger):
            raise DataError(
                f"{run.path / name}.json is of another trigger.json; run `l1ad {name} {run.path}` again"
            )
    summary = run_summary(run, trigger, verified, rated)
    run.write_json("summary.json", summary)
    document = report_document(run, trigger, summary, progress=progress)
    return write_document(document, run.path, progress=progress)


def report_document(
    run: RunDirectory,
    trigger: TriggerAlgorithm,
    summary: Mapping[str, Any],
    *,
    progress: Progress = silent,
) -> Document:
    """Gather what a report shows.

    Args:
        run: The run.
        trigger: Its algorithm with the thresholds.
        summary: Its summary.
        progress: Told the parts done.
    """
    titles = sample_titles(run)
    told: list[Verdict] = []
    parts: list[Callable[[], list[Section]]] = [
        lambda: _rates(run, trigger, titles),
        lambda: _overlap(run, titles, told),
        lambda: _correlation(run, trigger, told),
        lambda: [reconstruction_section(gather_reconstruction(run), titles)],
        lambda: [latent_section(gather_latent(run, trigger), titles)],
        lambda: [formats_section(gather_formats(run, trigger))],
        lambda: [resources_section(summary), agreement_section(summary), *_accepted(summary)],
        lambda: [training_section(gather_training(run, trigger), titles)],
        lambda: [provenance_section(summary["digests"], summary["versions"], flat_settings(run.config))],
    ]
    sections: list[Section] = []
    for done, part in enumerate(parts):
        progress(done, len(parts), "gathering")
        sections += part()
    n_inputs, target = trigger.layout.n_inputs, Path(run.config.firmware.target).stem
    origin = events_origin(run.config.data.background)
    return Document(
        title=f"Trigger algorithm `{trigger.name}`",
        subtitle=f"{n_inputs} inputs of {trigger.layout.name}; rates of {summary['stream']}, "
        f"{origin}; target `{target}`; l1ad {summary['versions']['l1ad']}.",
        verdicts=(*verdicts(summary), *told),
        sections=tuple(sections),
        data=summary,
    )


def _rates(run: RunDirectory, trigger: TriggerAlgorithm, titles: Mapping[str, str]) -> list[Section]:
    found = gather_rates(run, trigger, titles)
    return [rates_section(found.rates), scores_section(found.scores), efficiency_section(found.efficiency)]


def _overlap(run: RunDirectory, titles: Mapping[str, str], told: list[Verdict]) -> list[Section]:
    found = gather_overlap(run, titles)
    told.append(overlap_verdict(found))
    return [overlap_section(found)]


def _correlation(run: RunDirectory, trigger: TriggerAlgorithm, told: list[Verdict]) -> list[Section]:
    found = gather_correlation(run, trigger)
    told.append(correlation_verdict(found))
    return [correlation_section(found)]


def _accepted(summary: Mapping[str, Any]) -> list[Section]:
    return [acceptance_section(summary["acceptance"])] if "acceptance" in summary else []
