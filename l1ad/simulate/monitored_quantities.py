"""What is monitored of a lumi section: 400 quantities, each a histogram that seven numbers summarise.

The counts are those of Pol et al., EPJ Web Conf. 214 (2019) 06008 (from memory): 400 quantities with five
quantiles, mean and RMS each, and 6 conditions, are 2,806 features; 37 chosen quantities are 259. Which
quantities they were is not taken from there: these are ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "CHOSEN_FEATURES",
    "CONDITIONS",
    "FEATURES",
    "QUANTILES",
    "QUANTITIES",
    "SUMMARIES",
    "Quantity",
    "Shape",
]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SUMMARIES = ("q05", "q25", "q50", "q75", "q95", "mean", "rms")
"""Names of the seven numbers; the RMS is about the mean, as of a ROOT histogram."""

CONDITIONS = (
    "instantaneous_luminosity",
    "pileup",
    "minutes_in_fill",
    "colliding_bunches",
    "dead_time",
    "recorded_luminosity",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A distribution: `location + width · (exp(skew · z) − 1) / skew` of a standard normal z (Tukey's g).

    Attributes:
        location: Median.
        width: Standard deviation where the skewness vanishes.
        skew: How much longer the upper tail is; 0 is a Gaussian.
    """

    location: float
    width: float
    skew: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A histogram that is filled in every lumi section.

    Attributes:
        thing: What it is of, e.g. `photon`, `ecal`.
        part: Where, e.g. `barrel`; empty of what has no parts.
        variable: What is filled, e.g. `pt`.
        shape: Its distribution in a section of mean conditions.
        entries: Entries in such a section.
    """

    thing: str
    part: str
    variable: str
    shape: Shape
    entries: int

    @property
    def name(self) -> str:
        """Its parts with underscores between, e.g. `photon_barrel_pt`."""
        return "_".join(filter(None, (self.thing, self.part, self.variable)))


_ETA, _PHI = Shape(location=0.0, width=1.2), Shape(location=0.0, width=1.8)
_PARTICLE = {"pt": Shape(location=25, width=12, skew=0.6), "eta": _ETA, "phi": _PHI,
             "energy": Shape(location=45, width=25, skew=0.7)}  # fmt: skip
_CHI2 = Shape(location=1.0, width=0.3, skew=0.4)
_HITS = Shape(location=14, width=3, skew=-0.2)
_D0, _DZ = Shape(location=0.0, width=0.02), Shape(location=0.0, width=3.5)
_SHARE = Shape(location=0.3, width=0.1, skew=0.3)
_TIME = Shape(location=0.0, width=1.0)

_OBJECTS: dict[str, tuple[int, dict[str, Shape]]] = {
    "photon": (2_000, {**_PARTICLE, "r9": _SHARE, "sigma_eta": _SHARE, "hoe": _SHARE, "time": _TIME}),
    "electron": (1_500, {**_PARTICLE, "hoe": _SHARE, "sigma_eta": _SHARE, "d0": _D0, "dz": _DZ, "hits": _HITS,
                       "isolation": _SHARE}),
    "muon": (1_500, {**_PARTICLE, "d0": _D0, "dz": _DZ, "chi2": _CHI2, "hits": _HITS, "isolation": _SHARE,
                   "time": _TIME}),
    "jet": (3_000, {**_PARTICLE, "emf": _SHARE, "constituents": _HITS, "mass": _PARTICLE["pt"], "time": _TIME,
                    "charge": _SHARE}),
    "tau": (1_000, {**_PARTICLE, "emf": _SHARE, "mass": _PARTICLE["pt"], "isolation": _SHARE}),
    "track": (20_000, {**_PARTICLE, "d0": _D0, "dz": _DZ, "hits": _HITS, "chi2": _CHI2, "pixel_hits": _HITS,
                       "charge": _SHARE}),
}  # fmt: skip
"""Particles in four parts of the detector each: entries of the whole, and variables."""

_REGIONS = {"all": 1.0, "barrel": 0.6, "endcap_plus": 0.2, "endcap_minus": 0.2}
"""Parts of the detector, and their share of the entries."""

_OCCUPANCY = Shape(location=120, width=30, skew=0.2)
_TOWERS = {"occupancy": _OCCUPANCY, "energy": Shape(location=2, width=1, skew=0.8), "time": _TIME,
           "chi2": _CHI2, "noise": _SHARE}  # fmt: skip
_TOWER_PARTS = tuple(
    f"{side}_{half}"
    for side in ("barrel_plus", "barrel_minus", "endcap_plus", "endcap_minus")
    for half in ("top", "bottom")
)
_LAYERS = {"occupancy": _OCCUPANCY, "charge": Shape(location=30, width=8, skew=0.3),
           "size": Shape(location=3, width=1, skew=0.3), "residual": _D0}  # fmt: skip
_STATIONS = {"occupancy": _OCCUPANCY, "time": _TIME, "segments": _HITS}

_WHOLE: dict[str, tuple[int, dict[str, Shape]]] = {
    "met": (20_000, {"pt": Shape(location=20, width=10, skew=0.5), "phi": _PHI,
                     "sum_et": Shape(location=900, width=150, skew=0.2), "significance": _CHI2,
                     "ratio": _SHARE}),
    "vertex": (5_000, {"number": Shape(location=35, width=6), "x": Shape(location=0.08, width=0.004),
                       "y": Shape(location=-0.03, width=0.004), "z": Shape(location=0.0, width=3.5),
                       "chi2": _CHI2, "tracks": Shape(location=25, width=10, skew=0.5),
                       "sum_pt2": _PARTICLE["energy"], "ndof": _HITS}),
    "trigger": (5_000, {name: Shape(location=rate, width=0.15 * rate) for name, rate in
                        {"egamma": 20.0, "muon": 15.0, "jet": 12.0, "met": 5.0, "tau": 10.0, "total": 90.0,
                         "cross": 18.0}.items()}),
}  # fmt: skip


def _quantities() -> Iterator[Quantity]:
    for thing, (entries, variables) in _OBJECTS.items():
        for part, share in _REGIONS.items():
            for variable, shape in variables.items():
                yield Quantity(
                    thing=thing, part=part, variable=variable, shape=shape, entries=int(share * entries)
                )
    systems: tuple[tuple[str, tuple[str, ...], dict[str, Shape]], ...] = (
        ("ecal", _TOWER_PARTS, _TOWERS),
        ("hcal", _TOWER_PARTS, _TOWERS),
        ("pixel", tuple(f"layer_{number}" for number in range(1, 5)), _LAYERS),
        ("strip", tuple(f"layer_{number}" for number in range(1, 9)), _LAYERS),
        *((chamber, tuple(f"station_{n}" for n in range(1, 5)), _STATIONS) for chamber in ("dt", "csc", "rpc")),
    )
    for thing, parts, variables in systems:
        for part in parts:
            for variable, shape in variables.items():
                yield Quantity(thing=thing, part=part, variable=variable, shape=shape, entries=10_000)
    for thing, (entries, variables) in _WHOLE.items():
        for variable, shape in variables.items():
            yield Quantity(thing=thing, part="", variable=variable, shape=shape, entries=entries)


QUANTITIES = tuple(_quantities())
"""The 400 quantities."""

_CHOSEN = {
    "photon_all": ("pt", "eta", "phi", "energy", "r9"),
    "electron_all": ("pt", "eta", "phi", "energy", "hoe"),
    "muon_all": ("pt", "eta", "phi", "d0", "chi2", "hits"),
    "jet_all": ("pt", "eta", "phi", "energy", "emf"),
    "track_all": ("pt", "eta", "phi", "hits", "chi2"),
    "met": ("pt", "phi", "sum_et"),
    "vertex": ("number", "x", "y", "z"),
    "trigger": ("egamma", "muon", "jet", "met"),
}

FEATURES = (*(f"{one.name}_{number}" for one in QUANTITIES for number in SUMMARIES), *CONDITIONS)
"""Names of all 2,806 features, in the order of a generated table."""

CHOSEN_FEATURES = tuple(
    f"{thing}_{variable}_{number}"
    for thing, variables in _CHOSEN.items()
    for variable in variables
    for number in SUMMARIES
)
"""The 259 features of the 37 chosen quantities."""
