"""The parametrised trigger-level detector: what particles leave in it, and how the trigger reads it."""

from pydantic import Field

from l1ad.config.loading import Section

__all__ = ["DetectorConfig", "TriggerConfig"]


class DetectorConfig(Section):
    """What particles leave in the detector. Energies in GeV; σ(E)/E = √(stochastic²/E + constant²).

    The values are round figures of the size of CMS's (resolutions: JINST 3 (2008) S08004; the reach of the
    field: 3.8 T at 1.29 m), not a fit to it.
    """

    magnetic_reach_gev: float = Field(
        0.735,
        ge=0,
        description="pT below which a track curls up before the calorimeter: 0.3 · 3.8 T · 1.29 m / 2",
    )
    calorimeter_radius_m: float = Field(1.29, gt=0, description="Room in which pions and kaons can decay")
    em_stochastic: float = Field(0.10, ge=0, description="Stochastic term of electrons and photons, √GeV")
    em_constant: float = Field(0.02, ge=0, description="Constant term of electrons and photons")
    hadron_stochastic: float = Field(1.0, ge=0, description="Stochastic term of hadrons, √GeV")
    hadron_constant: float = Field(0.08, ge=0, description="Constant term of hadrons")
    early_shower_probability: float = Field(
        0.6,
        ge=0,
        le=1,
        description="Hadrons that begin their shower in "
        "the electromagnetic part; an even share of up to 0.8 of their "
        "energy stays there",
    )
    deposit_threshold_gev: float = Field(
        0.05, ge=0, description="Deposits below this in one tower by one collision are left out"
    )
    muon_threshold_gev: float = Field(3.0, gt=0, description="Lowest true pT that reaches the muon chambers")
    muon_eta_max: float = Field(2.4, gt=0, description="Reach of the muon chambers in |η|")


class TriggerConfig(Section):
    """How the trigger reads the detector. Energies in GeV.

    Algorithms after CMS's Stage-2 calorimeter trigger (JINST 15 (2020) P10017), simplified as each field says.
    """

    noise_gev: float = Field(0.15, ge=0, description="Width of the noise of each part of a tower, in energy ET")
    zero_suppression_gev: float = Field(
        0.5, ge=0, description="Electromagnetic and hadronic parts of a tower below this are dropped"
    )
    tower_saturation_gev: float = Field(255.5, gt=0, description="Highest energy of a tower")
    pileup_rings: int = Field(
        4,
        ge=1,
        le=20,
        description="Towers over 0 in so many rings on each side of η = 0 "
        "are counted as the measure of pile-up",
    )
    egamma_seed_gev: float = Field(2.0, gt=0, description="Lowest electromagnetic tower that starts a cluster")
    egamma_member_gev: float = Field(1.0, gt=0, description="Lowest tower that joins it, in 3 x 3")
    egamma_threshold_gev: float = Field(5.0, gt=0, description="Lowest cluster")
    egamma_eta_max: float = Field(2.5, gt=0, description="Reach of clusters in |η|")
    egamma_hadronic_fraction: float = Field(
        0.1, ge=0, description="Largest hadronic energy in the seed tower over the cluster's, beside 0.5 GeV"
    )
    egamma_scale: float = Field(1.03, gt=0, description="Calibration of the cluster")
    isolation_fraction: float = Field(
        0.15, ge=0, description="Energy in 9 x 9 around a cluster that leaves it isolated, over its own"
    )
    isolation_per_tower_gev: float = Field(0.22, ge=0, description="More of it for each pile-up tower counted")
    jet_seed_gev: float = Field(4.0, gt=0, description="Lowest tower that starts a jet of 9 x 9 towers")
    jet_threshold_gev: float = Field(10.0, gt=0, description="Lowest jet, pile-up subtracted, calibrated")
    jet_eta_max: float = Field(5.0, gt=0, description="Reach of jets in |η|")
    jet_scale: float = Field(1.08, gt=0, description="Calibration of jets, the same everywhere")
    sums_jet_gev: float = Field(30.0, gt=0, description="Lowest jet in HTT")
    sums_jet_eta_max: float = Field(2.4, gt=0, description="Reach of the jets in HTT in |η|")
    met_eta_max: float = Field(
        3.0, gt=0, description="Edge of the towers of MET; the forward ones are left out"
    )
    met_pileup_gev: float = Field(
        0.005,
        ge=0,
        description="Towers below this times the pile-up towers counted "
        "times the number of their ring stay out of MET",
    )
    muon_efficiency: float = Field(0.92, ge=0, le=1, description="Muons in reach that are found")
    muon_scale: float = Field(
        1.15, gt=0, description="Measured over true pT: thresholds are quoted where most muons pass"
    )
    muon_pt_resolution: float = Field(0.25, ge=0, description="Width of ln(measured / true pT)")
    muon_tail_probability: float = Field(0.04, ge=0, le=1, description="Muons measured with three times it")
    muon_angle_resolution: float = Field(0.01, ge=0, description="In η and in φ (rad), at the vertex")
    muon_reach_cm: float = Field(
        50.0,
        gt=0,
        description="Impact parameter d at which the measured pT, which "
        "takes the vertex for granted, is half the true one: 1 / (1 + d / reach)",
    )
