"""Sections of a repetition: good ones to train on and to watch, and the rest with every bad one to test."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.data_quality import SplitConfig
from l1ad.core.errors import DataError
from l1ad.data.quality_table import QualityTable, read_quality_table
from l1ad.simulate.failure_modes import NO_FAILURE
from l1ad.simulate.monitored_quantities import CHOSEN_FEATURES

__all__ = ["QualitySplit", "is_plain", "split_sections", "studied_table"]

Features = str | tuple[str, ...]
"""`chosen`, `all`, or names and beginnings of names."""

_FEWEST = 2
"""Sections that a group needs so that an area has an interval."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualitySplit:
    """Rows of the table, shape (n,) each.

    Attributes:
        training: Good sections in the order in which they are fed.
        validation: Good sections to watch.
        good: Good sections of the test.
        bad: Bad ones, all that there are.
    """

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    good: NDArray[np.int64]
    bad: NDArray[np.int64]

    def fed(self, fraction: float) -> NDArray[np.int64]:
        """Give the first part of the training sections; the smaller part lies in the larger one."""
        return self.training[: round(fraction * len(self.training))]


def split_sections(good: NDArray[np.bool_], config: SplitConfig, *, seed: int, repetition: int) -> QualitySplit:
    """Draw the sections of a repetition. Shares are of all sections, good and bad.

    Sections are drawn one by one, not by whole runs: the test asks for what went wrong in runs that are known.

    Raises:
        DataError: If training and validation want more good sections than leave any to test, or few are bad.
    """
    n_bad = np.count_nonzero(~good)
    if n_bad < _FEWEST:
        raise DataError(f"{n_bad} of {len(good)} sections are bad; at least {_FEWEST} are tested on")
    order = np.random.default_rng([seed, repetition]).permutation(np.flatnonzero(good))
    n_training, n_validation = round(config.training * len(good)), round(config.validation * len(good))
    left = len(order) - n_training - n_validation
    if left < _FEWEST or n_validation < 1:
        raise DataError(
            f"{n_training} sections to train on and {n_validation} to validate, of {len(good)} with "
            f"{len(order)} good ones, leave too few good ones to test; lower split.training or split.validation"
        )
    return QualitySplit(
        training=order[:n_training],
        validation=order[n_training : n_training + n_validation],
        good=order[n_training + n_validation :],
        bad=np.flatnonzero(~good),
    )


@functools.lru_cache(maxsize=1)  # a process does many trials on one table
def studied_table(path: Path, features: Features, label: str) -> QualityTable:
    """Read the features of a table that a study asks for: `chosen`, `all`, or names and their beginnings."""
    named: Mapping[Features, Sequence[str] | None] = {"chosen": CHOSEN_FEATURES, "all": None}
    return read_quality_table(path, named.get(features, features), label=label)


def is_plain(modes: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Tell in which sections nothing went wrong, not even something harmless."""
    return np.asarray(modes == NO_FAILURE, dtype=np.bool_)
