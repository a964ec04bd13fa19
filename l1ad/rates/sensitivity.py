"""Which cross section of a signal a trigger would see: events a month, and signal over background."""

__all__ = ["PB_A_FB", "section_for_events", "section_for_purity"]

PB_A_FB = 1_000.0
"""1 pb in fb."""


def section_for_events(events: float, *, luminosity_fb: float, acceptance: float, efficiency: float) -> float:
    """Find the cross section in pb of which so many events pass: σ = N/(L·A·ε).

    As the last step of Cerri et al., arXiv:1811.10276 *(from memory)*.

    Args:
        events: Accepted events wanted, N.
        luminosity_fb: Integrated luminosity L in 1/fb.
        acceptance: Share of the signal that the stream has, A; 1 gives the cross section within the stream.
        efficiency: Share of those that the threshold accepts, ε.

    Returns:
        The cross section; infinite where nothing passes.
    """
    seen = luminosity_fb * PB_A_FB * acceptance * efficiency
    return events / seen if seen > 0 else float("inf")


def section_for_purity(
    ratio: float, *, share: float, stream_pb: float, acceptance: float, efficiency: float
) -> float:
    """Find the cross section in pb at which a signal is so much of the background accepted: σ = r·f·σ_s/(A·ε).

    The luminosity cancels. The background is that of the stream alone, whose share f the threshold accepts.

    Args:
        ratio: Signal over background wanted, r.
        share: Share of the stream that is accepted, f.
        stream_pb: Cross section of the stream in pb, σ_s.
        acceptance: Share of the signal that the stream has, A.
        efficiency: Share of those that the threshold accepts, ε.

    Returns:
        The cross section; infinite where nothing passes.
    """
    seen = acceptance * efficiency
    return ratio * share * stream_pb / seen if seen > 0 else float("inf")
