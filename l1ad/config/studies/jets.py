"""The jets study: which dijet events, which networks, which cuts and which bins of the dijet mass."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from l1ad.config.loading import Section
from l1ad.config.studies.families import FitConfig, StudyConfig

__all__ = [
    "BackgroundConfig",
    "DijetsConfig",
    "HuntConfig",
    "JetFamilyConfig",
    "JetsConfig",
    "MadeEventsConfig",
    "ResonanceConfig",
]

Representation = Literal["momenta", "normalised"]
Kept = Annotated[float, Field(gt=0, lt=0.5)]

_HADRONIC_W = ("24:onMode = off", "24:onIfAny = 1 2 3 4 5")
_MASSES = "PhaseSpace:mHatMin = 1200"


class MadeEventsConfig(Section):
    """Events that are made for the study with Pythia."""

    seed: int = Field(1, ge=0, description="Of Pythia and of the smearing")
    beam_energy_gev: float = Field(13_000.0, gt=0, description="Centre-of-mass energy of the two protons")
    settings: tuple[str, ...] = Field(
        ("PartonLevel:MPI = off",),
        description="Pythia settings of every process; without multiparton interactions four times as fast",
    )
    chunk: PositiveInt = Field(4_000, description="Events that are generated at a time")


class BackgroundConfig(Section):
    """QCD dijets, or the events that stand for them."""

    file: str | None = Field(
        None, description="Dijet events of your own: HDF5, from the study's file; null makes them"
    )
    events: PositiveInt = Field(120_000, description="Events to generate, before the selection")
    settings: tuple[str, ...] = Field(
        ("HardQCD:all = on", "PhaseSpace:pTHatMin = 400", _MASSES), description="Pythia settings of the process"
    )


class ResonanceConfig(Section):
    """A signal."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="What files and keys call it")
    title: str = Field(description="What the report calls it")
    mass_gev: float = Field(gt=0, description="Mass of the resonance")
    file: str | None = Field(
        None, description="Dijet events of your own: HDF5, from the study's file; null makes them"
    )
    events: PositiveInt = Field(4_000, description="Events to generate, before the selection")
    settings: tuple[str, ...] = Field((), description="Pythia settings of the process")


class DijetsConfig(Section):
    """How events are made and chosen."""

    made: MadeEventsConfig = MadeEventsConfig()
    jet_radius: float = Field(0.8, gt=0, le=1.5, description="R of the anti-kT jets")
    jet_pt_gev: float = Field(
        450.0, gt=0, description="Least pT of both jets; above pTHatMin, or the generator's edge is seen"
    )
    jet_eta_max: float = Field(2.5, gt=0, description="Largest |η| of both jets")
    mass_gev: float = Field(1_300.0, gt=0, description="Least dijet mass; above mHatMin likewise")
    delta_eta: float = Field(
        1.4, gt=0, description="|Δη| of the jets that parts the signal region, below, from the sideband"
    )
    constituents: PositiveInt = Field(100, description="Leading particles of a jet that are kept")


class JetFamilyConfig(Section):
    """A network that reads the constituents of one jet."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="What the report calls it")
    kind: Literal["vanilla", "variational", "convolutional_variational"] = Field(
        description="Dense; dense with the KL divergence; two- and one-dimensional convolutions with it"
    )
    inputs: Representation = Field(
        description="momenta: px, py, pz; normalised: pT/pT(jet), η − η(jet), φ − φ(jet)"
    )
    weight: float = Field(0.01, ge=0, description="β of the KL divergence beside the summed squared error")
    hidden: tuple[PositiveInt, ...] = Field(
        (64, 32, 16), min_length=1, description="Widths of the encoder's dense layers; the decoder mirrors them"
    )
    latent: PositiveInt = Field(12, description="Size of the code")
    activation: Literal["elu", "relu", "leaky_relu", "tanh"] = Field("elu", description="Between the layers")


class HuntConfig(Section):
    """What is cut on, and how the dijet mass is searched."""

    score: Literal["reconstruction", "kl", "total"] = Field(
        "total",
        description="Score of a jet: reconstruction + β·KL is total; a network without KL has the first",
    )
    of_event: Literal["smaller", "larger", "sum"] = Field(
        "smaller", description="Score of an event from those of its two jets"
    )
    kept: tuple[Kept, ...] = Field(
        (0.1, 0.01), min_length=1, description="Fractions of QCD that a cut keeps at every dijet mass"
    )
    fitted_in: Literal["each", "sideband"] = Field(
        "each", description="Where quantiles are fitted: in each region for itself, or in the sideband for both"
    )
    folds: int = Field(5, ge=2, description="Parts of the cross-fit: each is judged by a fit to the others")
    prediction: Literal["smooth", "bins"] = Field(
        "smooth", description="Share that passes in the sideband: a logistic line in ln m(jj), or bin by bin"
    )
    mass_edges_gev: tuple[float, ...] = Field(
        (1300.0, 1400.0, 1510.0, 1630.0, 1760.0, 1900.0, 2050.0, 2210.0, 2400.0, 2650.0, 3000.0, 4000.0),
        min_length=3,
        description="Bins of the dijet mass",
    )
    window: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="Half width of the mass window, over the mass, in which areas are compared",
    )
    injected: PositiveInt = Field(
        500, description="Selected signal events, in both regions together, that are put among the QCD events"
    )

    @model_validator(mode="after")
    def _rises(self) -> "HuntConfig":
        if any(high <= low for low, high in pairwise(self.mass_edges_gev)):
            raise ValueError("mass_edges_gev must rise")
        if list(self.kept) != sorted(set(self.kept), reverse=True):
            raise ValueError("kept must fall, e.g. [0.1, 0.01]")
        return self


class JetsConfig(StudyConfig):
    """QCD dijets learned where no resonance is sought, and resonances sought in their mass."""

    kind: Literal["jets"] = Field("jets", description="Which study")
    seed: int = Field(1, ge=0, description="Of splits, weights, orders and folds")
    data: DijetsConfig = DijetsConfig()
    background: BackgroundConfig = BackgroundConfig()
    signals: tuple[ResonanceConfig, ...] = Field(
        (
            ResonanceConfig(
                name="graviton_ww", title="G* → WW (2 prongs)", mass_gev=2_000.0,
                settings=(
                    "ExtraDimensionsG*:gg2G* = on", "ExtraDimensionsG*:SMinBulk = on",
                    "ExtraDimensionsG*:VLVL = on", "5100039:m0 = 2000", "5100039:onMode = off",
                    "5100039:onIfAny = 24", *_HADRONIC_W, _MASSES,
                ),
            ),
            ResonanceConfig(
                name="zprime_tt", title="Z' → tt (3 prongs)", mass_gev=2_000.0,
                settings=(
                    "NewGaugeBoson:ffbar2gmZZprime = on", "Zprime:gmZmode = 3", "32:m0 = 2000",
                    "32:onMode = off", "32:onIfAny = 6", *_HADRONIC_W, _MASSES,
                ),
            ),
            ResonanceConfig(
                name="wprime_qq", title="W' → qq' (1 prong)", mass_gev=2_000.0,
                settings=(
                    "NewGaugeBoson:ffbar2Wprime = on", "34:m0 = 2000", "34:onMode = off",
                    "34:onIfAny = 2 4", _MASSES,
                ),
            ),
        ),
        min_length=1,
        description="What is looked for",
    )  # fmt: skip
    training_share: float = Field(
        2 / 3, gt=0, lt=1, description="Part of the sideband that is trained on; the rest watches, and predicts"
    )
    most_jets: PositiveInt = Field(
        20_000, description="Jets to train on at most, and half as many to watch the loss on"
    )
    families: tuple[JetFamilyConfig, ...] = Field(
        (
            JetFamilyConfig(name="dense_momenta", kind="vanilla", inputs="momenta"),
            JetFamilyConfig(name="dense_normalised", kind="vanilla", inputs="normalised"),
            JetFamilyConfig(name="dense_vae_momenta", kind="variational", inputs="momenta"),
            JetFamilyConfig(name="dense_vae_normalised", kind="variational", inputs="normalised"),
            JetFamilyConfig(
                name="conv_vae_momenta", kind="convolutional_variational", inputs="momenta", hidden=(200, 70)
            ),
            JetFamilyConfig(
                name="conv_vae_normalised", kind="convolutional_variational", inputs="normalised",
                hidden=(200, 70),
            ),
        ),
        min_length=1,
        description="What is compared",
    )  # fmt: skip
    trainings: PositiveInt = Field(
        3, description="Of each network, from other weights; the first hunts, and all tell how areas spread"
    )
    fit: FitConfig = FitConfig(epochs=30, batch=128, learning_rate=1e-3, learning_rate_decay=0.93)
    hunt: HuntConfig = HuntConfig()

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "JetsConfig":
        for what, names in (
            ("families", [one.name for one in self.families]),
            ("signals", [one.name for one in self.signals]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"two {what} have one name; rename one")
        if any(one.name == "background" for one in self.signals):
            raise ValueError("a signal cannot be called background; rename it")
        for one in self.signals:
            if one.file is None and not one.settings:
                raise ValueError(f"signal {one.name!r} has neither a file nor Pythia settings; give one")
        if self.hunt.mass_edges_gev[0] < self.data.mass_gev:
            raise ValueError(
                f"mass_edges_gev begin at {self.hunt.mass_edges_gev[0]:g}, below the least dijet mass of "
                f"{self.data.mass_gev:g} GeV"
            )
        return self

    def located(self, folder: Path) -> Self:
        """Take paths of events as counting from the folder of the study file."""

        def placed(file: str | None) -> str | None:
            return None if file is None else str(folder / file)

        background = self.background.model_copy(update={"file": placed(self.background.file)})
        signals = tuple(one.model_copy(update={"file": placed(one.file)}) for one in self.signals)
        return self.model_copy(update={"background": background, "signals": signals})
