"""The study of HLT and L1 objects together: which events, how the HLT sees them, which networks, how often."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from l1ad.config.loading import Section
from l1ad.config.studies.families import FamilyConfig, FitConfig, SplitSection, StudyConfig
from l1ad.config.texts import FormatText

__all__ = [
    "ACCEPTED",
    "ZERO_BIAS",
    "BothConfig",
    "BothDataConfig",
    "BothSplitConfig",
    "HltAndL1Config",
    "HltConfig",
    "MadeBothConfig",
]

ZERO_BIAS, ACCEPTED = "zero_bias", "accepted"
Share = Annotated[float, Field(gt=0, lt=1)]
SampleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]


class HltConfig(Section):
    """How the HLT is taken to see the detector. Energies in GeV.

    Round figures of the size of CMS's and ATLAS's (from memory), not a fit. Hadrons keep the resolution of
    the calorimeter, which the pool bears: tracks take pile-up away and measure nothing better here.
    """

    tracker_eta_max: float = Field(2.5, gt=0, description="Reach of the tracks in |η|")
    charged_share: float = Field(
        0.6, ge=0, le=1, description="Part of a pile-up collision's energy in reach that its tracks take away"
    )
    noise_gev: float = Field(0.1, ge=0, description="Width of the noise of a tower, in energy ET")
    jet_radius: float = Field(0.4, gt=0, le=1.5, description="R of anti-kT jets of towers")
    jet_threshold_gev: float = Field(8.0, gt=0, description="Lowest jet, calibrated")
    jet_scale: float = Field(1.1, gt=0, description="Calibration of jets, the same everywhere")
    egamma_seed_gev: float = Field(1.5, gt=0, description="Lowest electromagnetic tower that starts a cluster")
    egamma_threshold_gev: float = Field(3.0, gt=0, description="Lowest cluster of 3 x 3 towers")
    egamma_scale: float = Field(1.02, gt=0, description="Calibration of clusters")
    egamma_hadronic_fraction: float = Field(
        0.05, ge=0, description="Largest hadronic energy behind a cluster, over its own, beside 0.25 GeV"
    )
    egamma_around_fraction: float = Field(
        0.2, ge=0, description="Largest energy in 7 x 7 towers around a cluster, over its own, beside 1 GeV"
    )
    met_eta_max: float = Field(3.0, gt=0, description="Edge of the towers of MET, as at L1")
    met_scale: float = Field(1.1, gt=0, description="Calibration of MET")
    muon_threshold_gev: float = Field(2.5, gt=0, description="Lowest muon; the chambers see those from 3 GeV")
    muon_efficiency: float = Field(
        0.97, ge=0, le=1, description="Muons in reach of the chambers that are found"
    )
    muon_pt_resolution: float = Field(0.02, ge=0, description="Width of measured / true pT, with tracks")
    muon_angle_resolution: float = Field(0.001, ge=0, description="In η and in φ (rad)")


class MadeBothConfig(Section):
    """Crossings that are made for the study, each seen by L1 and by the HLT."""

    seed: int = Field(1, ge=0, description="Of every random choice; the samples' own are not used")
    zero_bias: str = Field("../samples/zero_bias.yaml", description="Sample file of the crossings")
    events: int = Field(80_000, ge=250, description="Crossings of zero bias")
    accepted_crossings: int = Field(
        160_000, ge=250, description="Crossings of which those are kept that L1 accepts: what the HLT is given"
    )
    accepted_enrichment: float = Field(
        0.5, ge=0, lt=1, description="Share of them with one hard process more; weights put it right"
    )
    accepted_lowest_weight: float = Field(
        0.02, gt=0, lt=1, description="Accepted crossings of less weight are thinned out to this weight"
    )
    signals: dict[SampleName, str] = Field(
        {
            "a_to_4l": "../samples/a_to_4l.yaml",
            "ttbar": "../samples/ttbar.yaml",
            "z_to_nunu_jet": "../samples/z_to_nunu_jet.yaml",
        },
        min_length=1,
        description="Sample file of each signal",
    )
    signal_events: int = Field(2_000, ge=50, description="Events of each")
    hlt: HltConfig = HltConfig()


class BothConfig(Section):
    """Events of your own, seen twice: two event files of layout ugt_57 with the same event numbers in order."""

    l1: str = Field(description="L1 objects, with menu bits; from the study's file")
    hlt: str = Field(description="HLT objects of the same events in the same steps")


class BothDataConfig(Section):
    """Where the events are."""

    own: dict[SampleName, BothConfig] = Field(
        {}, description="Your own: zero_bias, accepted, and signals by their names; empty makes them"
    )
    made: MadeBothConfig = MadeBothConfig()

    @model_validator(mode="after")
    def _is_whole(self) -> "BothDataConfig":
        missing = [name for name in (ZERO_BIAS, ACCEPTED) if self.own and name not in self.own]
        if missing or len(self.own) in (1, 2):
            raise ValueError("own events are zero_bias, accepted and at least one signal")
        if taken := {ZERO_BIAS, ACCEPTED} & set(self.made.signals):
            raise ValueError(f"no signal can be called {sorted(taken)[0]}; give it another name")
        return self


class BothSplitConfig(SplitSection):
    """Parts of zero bias and of what L1 accepts, in the order of the events; the rest is the test."""


_SHAPE = {"hidden": (32, 16), "latent": 4, "activation": "relu"}


class HltAndL1Config(StudyConfig):
    """The same networks on HLT objects and on L1 objects, each asked about the other's events."""

    kind: Literal["hlt_and_l1"] = Field("hlt_and_l1", description="Which study")
    seed: int = Field(1, ge=0, description="Of weights and the order of events")
    data: BothDataConfig = BothDataConfig()
    split: BothSplitConfig = BothSplitConfig()
    input_type: FormatText = Field(
        "ap_fixed<10,7,AP_RND_CONV,AP_SAT>",
        description="Format of the scaled inputs, which float networks are shown too",
    )
    families: tuple[FamilyConfig, ...] = Field(
        (
            FamilyConfig.model_validate({"name": "vanilla", "kind": "vanilla", **_SHAPE}),
            FamilyConfig.model_validate({"name": "variational", "kind": "variational", **_SHAPE}),
        ),
        min_length=1,
        description="Networks that are trained on L1 objects, on HLT objects, and on what L1 accepts",
    )
    deployed: FamilyConfig | None = Field(
        FamilyConfig.model_validate({"name": "deployed", "kind": "variational", "backend": "qkeras", **_SHAPE}),
        description="A quantised network, on L1 objects of zero bias, made a run directory; null: none",
    )
    fit: FitConfig = FitConfig(epochs=30, batch=512, patience_epochs=6)
    trainings: int = Field(10, ge=2, description="Trainings of each, with other weights and orders")
    false_positive_rates: tuple[Share, ...] = Field(
        (0.01, 0.001), min_length=1, description="Shares of zero bias that may pass, falling"
    )
    stream_shares: tuple[Share, ...] = Field(
        (0.1, 0.01), min_length=1, description="Shares of what L1 accepts that may pass at the HLT, falling"
    )

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "HltAndL1Config":
        names = [one.name for one in (*self.families, *([self.deployed] if self.deployed else []))]
        if len(set(names)) != len(names):
            raise ValueError("two networks have one name; rename one")
        if self.deployed is not None and (self.deployed.backend == "float" or self.deployed.kind == "vanilla"):
            raise ValueError(
                "what is deployed is a sparse or variational network with backend qkeras or hgq; its encoder "
                "alone makes the score"
            )
        for shares in (self.false_positive_rates, self.stream_shares):
            if list(shares) != sorted(set(shares), reverse=True):
                raise ValueError("false_positive_rates and stream_shares fall, e.g. [0.01, 0.001]")
        return self

    def located(self, folder: Path) -> Self:
        """Take paths of samples and events as counting from the folder of the study file."""
        made, own = self.data.made, self.data.own
        found = self.data.model_copy(
            update={
                "own": {
                    name: BothConfig(l1=str(folder / one.l1), hlt=str(folder / one.hlt))
                    for name, one in own.items()
                },
                "made": made.model_copy(
                    update={
                        "zero_bias": str(folder / made.zero_bias),
                        "signals": {name: str(folder / one) for name, one in made.signals.items()},
                    }
                ),
            }
        )
        return self.model_copy(update={"data": found})
