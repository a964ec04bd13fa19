"""What a simulated sample is: the pool of collisions, the process on top, the fill, the menu."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from l1ad.config.detector import DetectorConfig, TriggerConfig
from l1ad.config.faults import at_keys
from l1ad.config.loading import Section

__all__ = [
    "FillConfig",
    "HardConfig",
    "PileupConfig",
    "PoolConfig",
    "ProcessConfig",
    "SampleConfig",
    "SeedConfig",
]

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
Settings = Annotated[list[str], Field(min_length=1)]


class HardConfig(Section):
    """A hard process that a crossing may hold, at the rate of its cross section."""

    name: Name = Field(description="Name of its file in the pool")
    pythia: Settings = Field(description="Pythia 8 settings, e.g. 'HardQCD:all = on'")
    pthat_gev: tuple[float, float] | None = Field(
        None,
        description="Range of the transverse momentum exchanged; without it the settings alone say what it is",
    )
    events: int = Field(gt=0, description="Collisions to make")

    @model_validator(mode="after")
    def _rises(self) -> "HardConfig":
        if self.pthat_gev is not None and not 0 < self.pthat_gev[0] < self.pthat_gev[1]:
            raise at_keys("pthat_gev is a lower and a higher end, both over 0", "pthat_gev")
        return self


class PoolConfig(Section):
    """A pool of single collisions that crossings are put together from; made once.

    Soft collisions are those of `minimum_bias` whose hardest exchange lies below the lowest bin of `hard`;
    from there on the bins take over, as Pythia's example main08 joins them.
    """

    name: Name = Field(description="Name of the pool and of its folder")
    beam_energy_gev: float = Field(13_000.0, gt=0, description="Proton-proton centre-of-mass energy")
    minimum_bias: Settings = Field(
        ["SoftQCD:inelastic = on"], description="Pythia 8 settings of soft collisions"
    )
    events: int = Field(gt=0, description="Soft collisions to make")
    hard: list[HardConfig] = Field([], description="Hard processes, bins of pT-hat in rising order")
    seed: int = Field(1, ge=0, description="Of Pythia and of the detector")
    detector: DetectorConfig = DetectorConfig()

    @model_validator(mode="after")
    def _bins_join(self) -> "PoolConfig":
        bins = [(place, one.pthat_gev) for place, one in enumerate(self.hard) if one.pthat_gev is not None]
        for (_, lower), (place, upper) in pairwise(bins):
            if upper[0] != lower[1]:
                raise at_keys(
                    "each bin of pthat_gev must begin where the one before it ends",
                    ("hard", place, "pthat_gev"),
                )
        names = [one.name for one in self.hard]
        if (twice := _first_twice(names)) is not None:
            raise at_keys("two hard processes have the same name", ("hard", twice, "name"))
        if "minimum_bias" in names:
            raise at_keys(
                "minimum_bias is the name of the soft collisions; call the hard process otherwise",
                ("hard", names.index("minimum_bias"), "name"),
            )
        return self

    @property
    def softest_gev(self) -> float | None:
        """Where the bins take over from minimum bias, GeV."""
        ranges = [one.pthat_gev for one in self.hard if one.pthat_gev is not None]
        return ranges[0][0] if ranges else None


class PileupConfig(Section):
    """Collisions expected in a crossing; their number is Poisson-distributed around it."""

    mean: float | None = Field(None, ge=0, le=300, description="One expectation for every crossing")
    profile: dict[float, float] | None = Field(None, description="Or: expectation -> its relative frequency")

    @model_validator(mode="after")
    def _one_of_two(self) -> "PileupConfig":
        if (self.mean is None) == (self.profile is None):
            raise at_keys("give either a mean or a profile", "mean", "profile")
        if self.profile is not None:
            if not self.profile or any(not 0 <= one <= 300 for one in self.profile):
                raise at_keys("a profile gives frequencies of expectations of 0 to 300", "profile")
            if min(self.profile.values()) < 0 or not sum(self.profile.values()) > 0:
                raise at_keys("frequencies of a profile are positive", "profile")
        return self


class FillConfig(Section):
    """The fill that zero-bias crossings are taken from: what stability studies look at."""

    run: int = Field(1, ge=1, description="Run number that the events bear")
    lumi_sections: int = Field(100, ge=1, description="Lumi sections of 23.3 s, equally many events in each")
    lifetime_hours: float | None = Field(
        None,
        gt=0,
        description="Pile-up decays with it from the first lumi section on; without it, it is levelled",
    )
    trains: int = Field(49, ge=1, description="Trains of bunches in the orbit, evenly spread")
    bunches_per_train: int = Field(48, ge=1, description="Colliding bunches in each; 49 x 48 = 2352")
    bunch_spread: float = Field(
        0.05,
        ge=0,
        lt=0.3,
        description="Relative spread of pile-up from bunch to bunch, the same in every lumi section",
    )

    @model_validator(mode="after")
    def _fits_the_orbit(self) -> "FillConfig":
        if self.trains * (self.bunches_per_train + 8) > 3564:
            raise at_keys(
                "trains with 8 empty slots between them do not fit the 3564 slots of an orbit",
                "trains",
                "bunches_per_train",
            )
        return self


class ProcessConfig(Section):
    """A process whose collisions stand on top of the pile-up."""

    name: Name = Field(description="Name of the process")
    title: str = Field("", description="For tables, e.g. 'W → ℓν'")
    pythia: Settings = Field(description="Pythia 8 settings, e.g. 'Top:gg2ttbar = on'")
    share: float = Field(1.0, gt=0, description="Relative number of its events, after the filter")


class SeedConfig(Section):
    """One seed of the trigger menu: at least `count` objects over a threshold, or a sum over it."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="Name of the seed, e.g. L1_SingleMu22")
    objects: Literal["eg", "iso_eg", "mu", "jet", "htt", "etm"] = Field(
        description="What it looks at: objects of a kind, or a sum"
    )
    thresholds_gev: list[float] = Field(min_length=1, description="Of the first, the second, ... object")
    eta_max: float | None = Field(None, gt=0, description="Objects beyond it do not count")
    prescale: int = Field(1, ge=0, description="0: it only monitors")

    @model_validator(mode="after")
    def _counts(self) -> "SeedConfig":
        if self.objects in ("htt", "etm") and (len(self.thresholds_gev) != 1 or self.eta_max is not None):
            wrong = "thresholds_gev" if len(self.thresholds_gev) != 1 else "eta_max"
            raise at_keys("a sum has one threshold and no η", wrong, "objects")
        if sorted(self.thresholds_gev, reverse=True) != self.thresholds_gev:
            raise at_keys("thresholds_gev fall from the first object to the last", "thresholds_gev")
        return self


def _first_twice(names: list[str]) -> int | None:
    """Find the first name that is there already."""
    return next((place for place, name in enumerate(names) if name in names[:place]), None)


def _menu() -> list[SeedConfig]:
    """List the default menu, of the kind that ran in 2018 (JINST 15 (2020) P10017, table 4)."""
    rows: list[tuple[str, str, list[float], float | None, int]] = [
        ("SingleMu22", "mu", [22], None, 1),
        ("SingleMu7", "mu", [7], None, 500),
        ("DoubleMu15_7", "mu", [15, 7], None, 1),
        ("SingleEG60", "eg", [60], None, 1),
        ("SingleIsoEG32er2p1", "iso_eg", [32], 2.1, 1),
        ("SingleEG15", "eg", [15], None, 1000),
        ("DoubleEG25_14", "eg", [25, 14], None, 1),
        ("SingleJet180", "jet", [180], None, 1),
        ("SingleJet60", "jet", [60], None, 1000),
        ("DoubleJet150er2p5", "jet", [150, 150], 2.5, 1),
        ("QuadJet60er2p5", "jet", [60, 60, 60, 60], 2.5, 1),
        ("HTT360", "htt", [360], None, 1),
        ("ETM120", "etm", [120], None, 1),
    ]
    return [
        SeedConfig.model_validate(
            {"name": f"L1_{n}", "objects": o, "thresholds_gev": t, "eta_max": eta, "prescale": p}
        )
        for n, o, t, eta, p in rows
    ]


class SampleConfig(Section):
    """One simulated sample: zero bias where no process stands on top, else a signal or a mix."""

    name: Name = Field(description="Name of the sample and of its file")
    title: str = Field(description="What it is, for tables and figures, e.g. 'A → 4ℓ'")
    pool: str = Field(description="Pool file that its pile-up is drawn from, beside the sample file")
    processes: list[ProcessConfig] = Field(
        [], description="What stands on top of the pile-up; empty: zero bias"
    )
    lepton_filter_gev: float | None = Field(
        None, gt=0, description="Keep events whose leading e/γ or µ is over it, as ADC2021 does with 23 GeV"
    )
    pileup: PileupConfig
    fill: FillConfig = FillConfig()
    enrichment: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Zero bias: share of events that are given one hard "
        "process more than nature does, and weights that put it right",
    )
    features: bool = Field(False, description="Write the 21 features of lepton + X too, beside the objects")
    events: int = Field(gt=0, description="Events to write")
    seed: int = Field(1, ge=0, description="Of every random choice; no two samples should share one")
    trigger: TriggerConfig = TriggerConfig()
    menu: list[SeedConfig] = Field(
        default_factory=_menu, min_length=1, description="Seeds whose bits come with each event"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "SampleConfig":
        if self.enrichment and self.processes:
            raise at_keys("enrichment is for zero bias; a signal has its process in every event", "enrichment")
        if self.lepton_filter_gev and not self.processes:
            raise at_keys("lepton_filter_gev filters processes, and there are none", "lepton_filter_gev")
        if self.features and not self.processes:
            raise at_keys(
                "features are those of a process's own particles, and there are no processes", "features"
            )
        if (twice := _first_twice([one.name for one in self.menu])) is not None:
            raise at_keys("two seeds of the menu have the same name", ("menu", twice, "name"))
        return self
