"""Lumi sections as data-quality monitoring sees them: seven numbers of each of 400 histograms, good and bad.

No event is simulated. A histogram has a distribution whose median and width move with pile-up along the fill,
with calibrations from run to run and with the temperature within one, in directions that histograms share;
what makes a section bad is a small step beside them. Its numbers are not drawn entry by entry: 39 of the
order statistics of its entries are drawn, with exactly the joint distribution that they have (gaps between
order statistics of uniform numbers are gamma distributed; Devroye, Non-Uniform Random Variate Generation
(1986), V.3.1, from memory). Quantiles are five of them; mean and RMS are those of the 39, so that the
outermost fortieths do not count: the RMS is smaller than that of all entries, alike in every section.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from l1ad.simulate.failure_modes import FAILURE_MODES, NO_FAILURE, Effect, FailureMode
from l1ad.simulate.monitored_quantities import QUANTILES, QUANTITIES, SUMMARIES

__all__ = ["LumiSections", "Monitoring", "monitored_run"]

Reals = NDArray[np.float64]

_FIRST_RUN = 360_000
_BLOCK_SECTIONS = 5
"""Sections that what went wrong lasts."""

_RANKS = 40
_DETECTOR_SEED = 2806
"""Of how histograms respond to conditions: a detector is the same in every table."""

_FACTORS = ("pileup", "temperature", "ecal", "hcal", "alignment", "beam", "muon", "trigger")
_TOUCHED: dict[str, tuple[str, ...]] = {
    "photon": ("ecal",), "electron": ("ecal", "alignment"), "jet": ("ecal", "hcal"), "tau": ("ecal", "hcal"),
    "met": ("ecal", "hcal"), "ecal": ("ecal",), "hcal": ("hcal",), "muon": ("muon", "alignment"),
    "dt": ("muon",), "csc": ("muon",), "rpc": ("muon",), "track": ("alignment", "beam"),
    "vertex": ("alignment", "beam"), "pixel": ("alignment",), "strip": ("alignment",), "trigger": ("trigger",),
}  # fmt: skip
"""What calibrations reach the histograms of what, beside pile-up and temperature, which reach all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """What decides a table.

    Attributes:
        seed: Of every random choice.
        sections: Lumi sections in a run.
        bad_share: Probability that a block of sections is bad.
        harmless_share: Probability that it shows a harmless failure mode instead.
        severity: Ends of the even distribution of severities; 0 cannot be seen.
    """

    seed: int
    sections: int
    bad_share: float
    harmless_share: float
    severity: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LumiSections:
    """Sections of a run.

    Attributes:
        features: Numbers in the order of `FEATURES`, shape (n_sections, 2806).
        good: Whether each section is good, shape (n_sections,).
        failure_mode: What went wrong; `none` where nothing did, shape (n_sections,).
        severity: Severity of that, 0 without, shape (n_sections,).
        run: Number of the run, shape (n_sections,).
        lumi_section: Number of each section in it, from 1, shape (n_sections,).
    """

    features: NDArray[np.float32]
    good: NDArray[np.bool_]
    failure_mode: NDArray[np.str_]
    severity: NDArray[np.float32]
    run: NDArray[np.int64]
    lumi_section: NDArray[np.int64]


def monitored_run(settings: Monitoring, number: int) -> LumiSections:
    """Make the sections of a run, whatever other runs are made, and where.

    Args:
        settings: What decides the table.
        number: Which run of the table, from 0.
    """
    rng = np.random.default_rng([settings.seed, number])
    conditions, factors = _conditions(settings.sections, rng)
    modes, severity = _failures(settings, rng)
    state = _State.of(conditions[:, 0] / 1.5, factors, rng)
    for name in np.unique(modes):
        if name != NO_FAILURE:
            state.suffer(FAILURE_MODES[str(name)], np.flatnonzero(modes == name), severity)
    summaries = state.summaries(rng).reshape(settings.sections, -1)
    harmless = [name for name, mode in FAILURE_MODES.items() if mode.harmless]
    return LumiSections(
        features=np.concatenate([summaries, conditions], axis=1).astype(np.float32),
        good=np.isin(modes, [NO_FAILURE, *harmless]),
        failure_mode=modes,
        severity=severity.astype(np.float32),
        run=np.full(settings.sections, _FIRST_RUN + number),
        lumi_section=np.arange(1, settings.sections + 1),
    )


def _conditions(n: int, rng: np.random.Generator) -> tuple[Reals, Reals]:
    """Give the six conditions of each section, and the factors that move distributions: (n, 6) and (n, 8)."""
    minutes = rng.uniform(0, 300) + 0.39 * np.arange(n)
    bunches = float(rng.choice([1200, 1900, 2340, 2748]))
    peak = rng.uniform(1.4, 2.1)
    decayed = peak * np.exp(-minutes / 600) * np.exp(rng.normal(0, 0.01, n))
    pileup = 35 * decayed / 1.5
    luminosity = decayed * bunches / 2340
    dead = 0.01 + 0.02 * luminosity + np.abs(rng.normal(0, 0.003, n))
    recorded = luminosity * (1 - dead) * 23.3
    drift = np.cumsum(rng.normal(0, 0.05, n)) + 0.4 * rng.normal()
    of_run = rng.normal(0, 1, len(_FACTORS) - 2)
    factors = np.column_stack([pileup / 35 - 1, drift, np.broadcast_to(of_run, (n, len(of_run)))])
    return np.column_stack([luminosity, pileup, minutes, np.full(n, bunches), dead, recorded]), factors


def _failures(settings: Monitoring, rng: np.random.Generator) -> tuple[NDArray[np.str_], Reals]:
    """Choose what goes wrong in each block of sections, and how badly in each section."""
    n_blocks = -(-settings.sections // _BLOCK_SECTIONS)
    bad = [name for name, mode in FAILURE_MODES.items() if not mode.harmless]
    harmless = [name for name, mode in FAILURE_MODES.items() if mode.harmless]
    chance = rng.random(n_blocks)
    chosen = np.where(
        chance < settings.bad_share,
        rng.choice(bad, n_blocks),
        np.where(
            chance < settings.bad_share + settings.harmless_share, rng.choice(harmless, n_blocks), NO_FAILURE
        ),
    )
    severity = rng.uniform(*settings.severity, n_blocks) * (chosen != NO_FAILURE)
    lasting = np.repeat(np.arange(n_blocks), _BLOCK_SECTIONS)[: settings.sections]
    return chosen[lasting], severity[lasting]


def _responses() -> tuple[Reals, Reals, Reals]:
    """Give how medians (in widths) and log widths answer to factors, and medians to pile-up squared."""
    rng = np.random.default_rng(_DETECTOR_SEED)
    reach = np.array(
        [
            [1.0 if name in ("pileup", "temperature", *_TOUCHED[one.thing]) else 0.0 for name in _FACTORS]
            for one in QUANTITIES
        ]
    )
    strength = np.array([0.6, 0.05, 0.08, 0.08, 0.08, 0.08, 0.08, 0.15])
    medians = reach * strength * rng.normal(0, 1, reach.shape)
    widths = 0.3 * reach * strength * rng.normal(0, 1, reach.shape)
    return medians, widths, rng.normal(0, 0.2, len(QUANTITIES))


_MEDIANS, _WIDTHS, _CURVATURES = _responses()
_LOCATION, _WIDTH, _SKEW = (
    np.array([getattr(one.shape, name) for one in QUANTITIES]) for name in ("location", "width", "skew")
)
_ENTRIES = np.array([one.entries for one in QUANTITIES], dtype=np.float64)


@dataclass(slots=True, eq=False)
class _State:
    """Distributions of the histograms of some sections, shape (n_sections, 400) each; failures change them."""

    shift: Reals
    widen: Reals
    entries: Reals
    spike: Reals
    spike_at: Reals
    hole: Reals
    hole_from: Reals
    hole_to: Reals

    @classmethod
    def of(cls, relative_luminosity: Reals, factors: Reals, rng: np.random.Generator) -> "_State":
        shift = factors @ _MEDIANS.T + factors[:, :1] ** 2 * _CURVATURES
        zeros = [np.zeros_like(shift) for _ in range(5)]
        return cls(
            shift + rng.normal(0, 0.01, shift.shape),
            np.exp(factors @ _WIDTHS.T),
            np.maximum(relative_luminosity[:, None] * _ENTRIES, 20.0),
            *zeros,
        )

    def suffer(self, mode: FailureMode, rows: NDArray[np.int64], severity: Reals) -> None:
        """Let a failure act on some sections."""
        for effect in mode.effects:
            columns = np.array([at for at, one in enumerate(QUANTITIES) if effect.reaches(one)])
            self._act(effect, np.ix_(rows, columns), severity[rows, None])

    def _act(self, effect: Effect, at: tuple[NDArray[np.int64], ...], severity: Reals) -> None:
        self.shift[at] += severity * effect.shift
        self.widen[at] *= effect.widen**severity
        self.entries[at] = np.maximum(self.entries[at] * (1 - severity * effect.lost), 20.0)
        if effect.spike:
            self.spike[at], self.spike_at[at] = severity * effect.spike, effect.spike_at
        if effect.hole:
            self.hole[at] = severity * effect.hole
            self.hole_from[at], self.hole_to[at] = effect.hole_from, effect.hole_to

    def summaries(self, rng: np.random.Generator) -> Reals:
        """Draw the seven numbers of each histogram, shape (n_sections, 400, 7)."""
        shape = ((self.entries + 1) / _RANKS)[..., None]
        gaps = rng.standard_gamma(np.broadcast_to(shape, (*self.shift.shape, _RANKS)))
        ends = np.cumsum(gaps, axis=-1)
        levels = self._without_hole(self._without_spike(ends[..., :-1] / ends[..., -1:]))
        z = ndtri(levels)
        skew = _SKEW[None, :, None]
        # Where the skew is 0 the limit is z itself.
        stretched = np.where(skew == 0, z, np.expm1(skew * z) / np.where(skew == 0, 1.0, skew))
        drawn = self.shift[..., None] + self.widen[..., None] * stretched
        found = np.empty((*self.shift.shape, len(SUMMARIES)))
        found[..., : len(QUANTILES)] = drawn[..., [round(level * _RANKS) - 1 for level in QUANTILES]]
        found[..., -2], found[..., -1] = drawn.mean(axis=-1), drawn.std(axis=-1)
        found *= _WIDTH[None, :, None]
        found[..., :-1] += _LOCATION[None, :, None]
        return found

    def _without_spike(self, levels: Reals) -> Reals:
        """Find the level in the distribution itself of each level in the distribution with its spike."""
        at = np.nonzero(self.spike)
        weight, place = self.spike[at][:, None], ndtr(self.spike_at[at])[:, None]
        mixed = levels[at]
        levels[at] = np.where(
            mixed < (1 - weight) * place,
            mixed / (1 - weight),
            np.maximum(place, (mixed - weight) / (1 - weight)),
        )
        return levels

    def _without_hole(self, levels: Reals) -> Reals:
        """Find the level in the whole distribution of each level in the distribution with a hole."""
        at = np.nonzero(self.hole)
        lost, low, high = (values[at][:, None] for values in (self.hole, self.hole_from, self.hole_to))
        left = levels[at] * (1 - lost * (high - low))
        inside = low + (left - low) / (1 - lost)
        levels[at] = np.where(left < low, left, np.where(inside < high, inside, left + lost * (high - low)))
        return levels
