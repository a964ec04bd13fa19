"""What a simulated sample is: the physics process and the detector that sees it."""

from pydantic import Field

from l1ad.config.loading import Section

__all__ = ["DetectorConfig", "SampleConfig"]


class DetectorConfig(Section):
    """The parametrised trigger-level detector. Energies in GeV; σ(E)/E = √(stochastic²/E + constant²).

    The values are round figures of the size of CMS's Level-1 performance (JINST 15 (2020) P10017),
    not a fit to it.
    """

    magnetic_reach_gev: float = Field(0.735, ge=0, description="pT below which a track curls up before the "
                                      "calorimeter: 0.3 · 3.8 T · 1.29 m / 2")  # fmt: skip
    calorimeter_eta_max: float = Field(5.0, gt=0, le=5.0, description="Edge of the towers and of MET")
    em_stochastic: float = Field(0.10, ge=0)
    em_constant: float = Field(0.02, ge=0)
    hadron_stochastic: float = Field(1.2, ge=0)
    hadron_constant: float = Field(0.10, ge=0)
    tower_threshold_gev: float = Field(0.5, ge=0, description="Electromagnetic and hadronic parts of a tower "
                                       "below this are dropped")  # fmt: skip
    egamma_seed_gev: float = Field(1.0, gt=0, description="Lowest electromagnetic tower that starts a cluster")
    egamma_threshold_gev: float = Field(2.0, gt=0, description="Lowest cluster, 3 x 3 towers")
    egamma_eta_max: float = Field(2.5, gt=0)
    egamma_hadronic_fraction: float = Field(0.3, ge=0, description="Largest hadronic over electromagnetic "
                                            "energy in the 3 x 3 towers")  # fmt: skip
    jet_seed_gev: float = Field(1.5, gt=0, description="Lowest tower that starts a jet")
    jet_threshold_gev: float = Field(5.0, gt=0, description="Lowest jet, 9 x 9 towers")
    muon_eta_max: float = Field(2.4, gt=0)
    muon_threshold_gev: float = Field(3.0, gt=0, description="Lowest true pT that reaches the muon chambers")
    muon_efficiency: float = Field(0.9, ge=0, le=1)
    muon_pt_resolution: float = Field(0.15, ge=0, description="Width of ln(measured / true pT)")
    muon_angle_resolution: float = Field(0.01, ge=0, description="In η and in φ (rad), at the vertex")


class SampleConfig(Section):
    """One simulated sample."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="Name of the sample and of its file")
    title: str = Field(description="What it is, for tables and figures, e.g. 'A → 4ℓ'")
    pythia: list[str] = Field(min_length=1, description="Pythia 8 settings, e.g. 'SoftQCD:nonDiffractive = on'")
    beam_energy_gev: float = Field(13_000.0, gt=0, description="Proton-proton centre-of-mass energy")
    events: int = Field(gt=0)
    seed: int = Field(1, ge=0)
    detector: DetectorConfig = DetectorConfig()
