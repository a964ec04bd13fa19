"""What scores find at every rate, and how much the events that they accept are the same ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError

__all__ = ["accepted_counts", "common_share", "efficiency_curve"]

Integers = NDArray[np.int64]


def accepted_counts(most: int, n_points: int, wanted: Sequence[int] = ()) -> Integers:
    """Space numbers of accepted background events evenly in their logarithm, from 1 to `most`.

    Args:
        most: Largest number.
        n_points: Numbers to give at most; fewer where neighbours are the same integer.
        wanted: Numbers that are among them in any case.

    Returns:
        Distinct integers, ascending.
    """
    spaced = np.round(np.geomspace(1, max(1, most), n_points)).astype(np.int64)
    return np.unique(np.concatenate([spaced, np.asarray(wanted, np.int64)]))


def efficiency_curve(background_raw: Integers, signal_raw: Integers, allowed: Integers) -> NDArray[np.float64]:
    """Find the share of a signal that passes where so many background events may, ties left out.

    Args:
        background_raw: Scores of the background, shape (n_background,).
        signal_raw: Scores of the signal in the same units, shape (n_signal,).
        allowed: Numbers of background events that may pass, each below n_background, shape (n_points,).

    Returns:
        Share of the signal, shape (n_points,).

    Raises:
        DataError: If there is no signal, or more may pass than there are.
    """
    n_background = len(background_raw)
    if not len(signal_raw):
        raise DataError("no signal events; an efficiency needs at least one")
    if len(allowed) and not 0 <= allowed.min() <= allowed.max() < n_background:
        raise DataError(
            f"{allowed.min()} to {allowed.max()} of {n_background} background events may pass; "
            "a threshold refuses at least one"
        )
    refused = np.sort(background_raw)[n_background - 1 - allowed]
    passed = len(signal_raw) - np.searchsorted(np.sort(signal_raw), refused, side="right")
    return np.asarray(passed / len(signal_raw), dtype=np.float64)


def common_share(scores_raw: Sequence[Integers], allowed: int) -> NDArray[np.float64]:
    """Compare which background events several algorithms accept, each at its own threshold for so many.

    Args:
        scores_raw: Scores of each on the same events in the same order, each of shape (n_background,).
        allowed: Number of events that may pass, ties left out.

    Returns:
        Events that both accept over those that either does, shape (n_algorithms, n_algorithms); NaN where
        neither accepts any.
    """
    n_background = len(scores_raw[0])
    if any(len(one) != n_background for one in scores_raw):
        raise DataError("scores of different numbers of events; decisions are compared on the same ones")
    accepted = np.array([one > np.sort(one)[n_background - 1 - allowed] for one in scores_raw], np.int64)
    both = (accepted @ accepted.T).astype(np.float64)
    either = np.diag(both)[:, None] + np.diag(both) - both
    return np.divide(both, either, out=np.full_like(both, np.nan), where=either > 0)
