"""What goes wrong with a detector, by name: which histograms it reaches, and what it does to them."""

from collections.abc import Mapping
from dataclasses import dataclass

from l1ad.simulate.monitored_quantities import Quantity

__all__ = ["FAILURE_MODES", "NO_FAILURE", "Effect", "FailureMode"]

NO_FAILURE = "none"
"""Name of the mode of a section in which nothing went wrong."""

_EVERYTHING = ("photon", "electron", "muon", "jet", "tau", "track", "ecal", "hcal", "pixel", "strip", "dt",
               "csc", "rpc", "met", "vertex")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a failure of severity 1 does to some histograms; at severity s it does s of it.

    Attributes:
        things: Whose histograms, e.g. `photon`.
        variables: Which of theirs; empty are all.
        parts: In which parts; empty are all.
        shift: By how many widths the distribution moves.
        widen: Factor of its width.
        lost: Share of the entries that are lost.
        spike: Share of entries that are put at one value.
        spike_at: That value, in widths from the median before the skew.
        hole: Share of the entries between two quantiles that are lost.
        hole_from: The lower of these quantiles.
        hole_to: The upper one.
    """

    things: tuple[str, ...]
    variables: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    shift: float = 0.0
    widen: float = 1.0
    lost: float = 0.0
    spike: float = 0.0
    spike_at: float = 0.0
    hole: float = 0.0
    hole_from: float = 0.0
    hole_to: float = 0.0

    def reaches(self, quantity: Quantity) -> bool:
        """Tell whether a histogram is touched."""
        return (
            quantity.thing in self.things
            and (not self.variables or quantity.variable in self.variables)
            and (not self.parts or not quantity.part or quantity.part in self.parts)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureMode:
    """A way to fail.

    Attributes:
        what: What happens, in one sentence.
        effects: What it does to histograms.
        harmless: Whether a section with it is good all the same.
    """

    what: str
    effects: tuple[Effect, ...]
    harmless: bool = False


_TOP = ("all", "barrel", "barrel_plus_top")
_CALORIMETRIC = ("photon", "electron", "jet", "tau")

FAILURE_MODES: Mapping[str, FailureMode] = {
    "dead_calorimeter_region": FailureMode(
        what="A part of the calorimeter gives nothing: a hole in φ, and momentum that is missing opposite it.",
        effects=(
            Effect(
                things=_CALORIMETRIC, variables=("phi",), parts=_TOP, hole=0.9, hole_from=0.52, hole_to=0.62
            ),
            Effect(things=_CALORIMETRIC, variables=("energy", "pt"), parts=_TOP, shift=-0.08, lost=0.08),
            Effect(things=("ecal", "hcal"), variables=("occupancy",), parts=_TOP, shift=-0.8, lost=0.3),
            Effect(things=("met",), variables=("pt",), shift=0.12),
            Effect(things=("met",), variables=("phi",), spike=0.06, spike_at=-1.2),
        ),
    ),
    "noisy_tower": FailureMode(
        what="One tower fires in every crossing: entries at one place, and triggers on them.",
        effects=(
            Effect(things=("photon", "jet"), variables=("eta",), parts=_TOP, spike=0.08, spike_at=0.9),
            Effect(things=("photon", "jet"), variables=("phi",), parts=_TOP, spike=0.08, spike_at=-0.6),
            Effect(things=("photon", "jet"), variables=("emf", "r9"), parts=_TOP, spike=0.08, spike_at=2.5),
            Effect(things=("ecal",), variables=("occupancy", "noise"), parts=_TOP, shift=0.6),
            Effect(things=("trigger",), variables=("egamma", "total"), shift=0.3),
        ),
    ),
    "muon_chamber_trip": FailureMode(
        what="The high voltage of muon chambers trips: a hole in the muons' φ, fewer hits and triggers.",
        effects=(
            Effect(things=("muon",), variables=("phi",), hole=0.9, hole_from=0.28, hole_to=0.4),
            Effect(things=("muon",), variables=("hits",), shift=-0.3, lost=0.12),
            Effect(things=("muon",), variables=("chi2",), shift=0.15),
            Effect(things=("dt", "rpc"), variables=("occupancy", "segments"), shift=-0.8, lost=0.3),
            Effect(things=("trigger",), variables=("muon", "total"), shift=-0.3),
        ),
    ),
    "tracker_high_voltage_off": FailureMode(
        what="A sector of the tracker is without high voltage: tracks lose hits there, or are not found.",
        effects=(
            Effect(things=("track",), variables=("phi",), hole=0.6, hole_from=0.7, hole_to=0.8),
            Effect(things=("track",), variables=("hits", "pixel_hits"), shift=-0.15, widen=1.08),
            Effect(things=("track", "muon"), variables=("chi2",), shift=0.08),
            Effect(things=("strip",), variables=("charge", "occupancy"), shift=-0.6, lost=0.2),
            Effect(things=("vertex",), variables=("number", "tracks"), shift=-0.1),
        ),
    ),
    "energy_scale_shift": FailureMode(
        what="The calorimeters' calibration is wrong: energies of electrons, photons and jets move together.",
        effects=(
            Effect(things=_CALORIMETRIC, variables=("pt", "energy"), shift=0.25),
            Effect(things=("ecal", "hcal"), variables=("energy",), shift=0.25),
            Effect(things=("met",), variables=("sum_et",), shift=0.3),
        ),
    ),
    "trigger_rate_loss": FailureMode(
        what="A part of the trigger is masked or throttled: its rates fall, and fewer objects are read out.",
        effects=(
            Effect(things=("trigger",), variables=("egamma", "jet", "total"), shift=-0.5),
            Effect(things=_EVERYTHING, lost=0.3),
        ),
    ),
    "beam_spot_shift": FailureMode(
        what="The beam spot moved and the reconstruction does not know: impact parameters widen.",
        effects=(
            Effect(things=("vertex",), variables=("x",), shift=0.8),
            Effect(things=("vertex",), variables=("y",), shift=-0.5),
            Effect(things=("muon", "electron", "track"), variables=("d0",), widen=1.3),
            Effect(things=("pixel",), variables=("residual",), widen=1.2),
        ),
    ),
    "wrong_timing": FailureMode(
        what="The calorimeters are read out at a wrong phase: late pulses, lower energies.",
        effects=(
            Effect(things=("ecal", "hcal", "photon", "jet"), variables=("time",), shift=1.0),
            Effect(things=_CALORIMETRIC, variables=("pt", "energy"), shift=-0.12, lost=0.1),
            Effect(things=("photon", "jet"), variables=("r9", "emf"), shift=-0.15),
            Effect(things=("trigger",), variables=("egamma",), shift=-0.3),
        ),
    ),
    "pixel_misalignment": FailureMode(
        what="Pixel modules moved: wider residuals and impact parameters, worse fits, fewer vertices.",
        effects=(
            Effect(things=("muon", "electron", "track"), variables=("d0", "dz"), widen=1.2),
            Effect(things=("track", "muon"), variables=("chi2",), shift=0.15, widen=1.1),
            Effect(things=("vertex",), variables=("number",), shift=-0.12),
            Effect(things=("vertex",), variables=("chi2",), shift=0.3),
            Effect(things=("pixel",), variables=("residual",), widen=2.0),
        ),
    ),
    "low_statistics": FailureMode(
        what="A short section or few collisions: the same distributions from a fifth of the entries.",
        effects=(Effect(things=_EVERYTHING, lost=0.8),),
        harmless=True,
    ),
}
"""Every mode by its name."""
