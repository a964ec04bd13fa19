"""What a report says of the latent space: the deployed integers of unseen background and of signals."""

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.score import ScoreFunction
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import open_events
from l1ad.emulate.engine import trace
from l1ad.flow.events import BACKGROUND, seen_events, sources
from l1ad.flow.report_model import read_evaluation
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.latent_section import LatentContent, LatentFigures, LatentPoints, Spectra

__all__ = ["TRACED_EVENTS", "drawn_events", "gather_latent", "outputs_raw"]

Integers = NDArray[np.signedinteger]
Reals = NDArray[np.float64]

TRACED_EVENTS = 2_048
"""Events of which every tensor is kept at a time: a convolution's are large."""

_MOST_BACKGROUND, _MOST_SIGNAL = 20_000, 5_000
_MOST_BACKGROUND_POINTS, _MOST_SIGNAL_POINTS = 800, 100
_MOST_LATENTS, _MOST_SPECTRA = 16, 8
_BINS = 64


def drawn_events(run: RunDirectory, trigger: TriggerAlgorithm) -> dict[str, Integers]:
    """Draw events of every sample, the background first and only of its part that no training has seen.

    The draw is that of the run's seed, and in the order of the events.

    Returns:
        Hardware integers by sample, shape (n_events, n_inputs); up to 20,000 of background and 5,000 of a
        signal.

    Raises:
        DataError: If a sample has another layout than the algorithm.
    """
    rng = np.random.default_rng(run.config.training.seed)
    found: dict[str, Integers] = {}
    for name, source in sources(run.config.data).items():
        reader = open_events(source)
        if reader.layout != trigger.layout:
            raise DataError(f"{source}: events of {reader.layout.told_apart(trigger.layout)}")
        first = seen_events(run.config.data, reader.n_events) if name == BACKGROUND else 0
        most = _MOST_BACKGROUND if name == BACKGROUND else _MOST_SIGNAL
        left = reader.n_events - first
        chosen = first + np.sort(rng.choice(left, size=min(most, left), replace=False))
        parts, start = [], first
        for block in reader.blocks(start=first):
            inside = chosen[np.searchsorted(chosen, start) : np.searchsorted(chosen, start + len(block))]
            parts.append(block.inputs_raw[inside - start])
            start += len(block)
        found[name] = np.concatenate(parts)
    return found


def outputs_raw(trigger: TriggerAlgorithm, inputs_raw: Integers) -> NDArray[np.int64]:
    """Give the encoder mean as the emulator traces it, raw integers of shape (n_events, n_outputs)."""
    name = trigger.network.layers[-1].name
    blocks = range(0, len(inputs_raw), TRACED_EVENTS)
    return np.concatenate([trace(trigger, inputs_raw[start : start + TRACED_EVENTS])[name] for start in blocks])


def gather_latent(run: RunDirectory, trigger: TriggerAlgorithm) -> LatentContent:
    """Measure the latent space of the deployed integers.

    Raises:
        DataError: If a sample is of another layout, or the evaluation of another training.
    """
    events = drawn_events(run, trigger)
    raw = {name: outputs_raw(trigger, inputs_raw) for name, inputs_raw in events.items()}
    step = 2.0**-trigger.network.output_type.fraction
    counts = {name: len(one) for name, one in events.items()}
    if trigger.score.function is ScoreFunction.OUTPUT:
        return LatentContent(events=counts, spectra=_spectra({n: one[:, 0] for n, one in raw.items()}, step))
    real = {name: (one * step).astype(np.float64) for name, one in raw.items()}
    background, squares = real[BACKGROUND], {name: np.square(one).mean(axis=0) for name, one in real.items()}
    by_share = np.argsort(-squares[BACKGROUND], kind="stable")
    shown = np.sort(by_share[:_MOST_LATENTS])
    below = squares[BACKGROUND][shown]
    evaluated = read_evaluation(run)
    return LatentContent(
        events=counts,
        spectra=_spectra(
            {f"µ{latent}": raw[BACKGROUND][:, latent] for latent in np.sort(by_share[:_MOST_SPECTRA])}, step
        ),
        latents=_figures(trigger, events[BACKGROUND], raw[BACKGROUND]),
        shown=tuple(int(latent) for latent in shown),
        relative={
            name: np.where(below > 0, one[shown] / np.where(below > 0, below, 1.0), np.nan)
            for name, one in squares.items()
            if name != BACKGROUND
        },
        correlation=np.abs(_correlations(background[:, shown], background[:, shown])),
        points=_points(run, real, by_share),
        criteria={} if evaluated is None else evaluated["criteria"],
    )


def _figures(
    trigger: TriggerAlgorithm, inputs_raw: Integers, latents_raw: NDArray[np.int64]
) -> tuple[LatentFigures, ...]:
    kind, names = trigger.network.output_type, trigger.layout.names
    real = (latents_raw * 2.0**-kind.fraction).astype(np.float64)
    squares = np.square(real).mean(axis=0)
    shares = squares / (squares.sum() or 1.0)
    low, high = kind.raw_bounds(real.shape[1])
    at_limits = np.where(low < high, ((latents_raw <= low) | (latents_raw >= high)).mean(axis=0), np.nan)
    correlations = _correlations(real, inputs_raw.astype(np.float64))
    found = []
    for latent, of_inputs in enumerate(correlations):
        moves = bool(np.isfinite(of_inputs).any())
        most = int(np.nanargmax(np.abs(of_inputs))) if moves else 0
        found.append(
            LatentFigures(
                number=latent,
                mean=float(real[:, latent].mean()),
                width=float(real[:, latent].std()),
                share=float(shares[latent]),
                at_limits=float(at_limits[latent]),
                input=names[most] if moves else "",
                correlation=float(of_inputs[most]),
            )
        )
    return tuple(found)


def _correlations(first: Reals, second: Reals) -> Reals:
    """Correlate each column with each of another array; NaN where one never moves."""
    centred = [one - one.mean(axis=0) for one in (first, second)]
    # Rounding of the mean would leave a column that never moves a width.
    widths = [
        np.where(np.ptp(one, axis=0) > 0, np.sqrt(np.square(part).sum(axis=0)), np.nan)
        for one, part in zip((first, second), centred, strict=True)
    ]
    return np.asarray(centred[0].T @ centred[1] / np.outer(*widths))


def _points(run: RunDirectory, real: dict[str, Reals], by_share: NDArray[np.intp]) -> LatentPoints | None:
    if len(by_share) < 2:
        return None
    rng = np.random.default_rng(run.config.training.seed)
    pair = by_share[:2]
    few: dict[str, Reals] = {}
    for name, one in real.items():
        most = _MOST_BACKGROUND_POINTS if name == BACKGROUND else _MOST_SIGNAL_POINTS
        few[name] = one[np.sort(rng.choice(len(one), size=min(most, len(one)), replace=False))][:, pair]
    return LatentPoints(first=int(pair[0]), second=int(pair[1]), of=few)


def _spectra(raw: dict[str, NDArray[np.int64]], step: float) -> Spectra:
    """Count raw integers in bins of whole hardware steps, so that no bin has a step more than its neighbour."""
    low, high = (int(of(of(one) for one in raw.values())) for of in (min, max))
    width = -(-(high - low + 1) // _BINS)
    edges = low - 0.5 + width * np.arange(-(-(high - low + 1) // width) + 1)
    shares = {name: np.histogram(one, bins=edges)[0] / max(1, len(one)) for name, one in raw.items()}
    return Spectra(edges=np.asarray(edges * step, dtype=np.float64), shares=shares)
