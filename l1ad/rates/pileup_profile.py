"""How crossings share over pile-up: of one mean, of a histogram, or read from a file."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError

__all__ = ["PileupProfile"]

_TAIL = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PileupProfile:
    """How the crossings of a fill share over pile-up.

    Attributes:
        pileup: Whole numbers of collisions, ascending, shape (n,); 50 stands for 50 up to but not 51.
        share: Share of the crossings at each, shape (n,); adds up to 1.
    """

    pileup: NDArray[np.int64]
    share: NDArray[np.float64]

    @classmethod
    def poisson(cls, mean: float) -> "PileupProfile":
        """Take crossings that all have one mean: true pile-up is then Poisson.

        Raises:
            DataError: If the mean is no positive number.
        """
        if not 0 < mean < math.inf:
            raise DataError(f"a mean pile-up of {mean:g} is none; it is a positive number, e.g. 60")
        last = int(stats.poisson.isf(_TAIL, mean))
        share = stats.poisson.pmf(np.arange(last + 1), mean)
        return cls(pileup=np.arange(last + 1), share=share / share.sum())

    @classmethod
    def of(cls, weights: Mapping[int, float], *, where: str = "pile-up profile") -> "PileupProfile":
        """Take a histogram of whole pile-up and weight, on any scale.

        Raises:
            DataError: If a pile-up or a weight is negative or not finite, or nothing weighs anything.
        """
        wrong = next(((n, w) for n, w in weights.items() if n < 0 or not 0 <= w < math.inf), None)
        if wrong is not None:
            raise DataError(
                f"{where}: pile-up {wrong[0]} has weight {wrong[1]}; it is not negative, and finite"
            )
        pileup = np.array(sorted(weights), dtype=np.int64)
        share = np.array([float(weights[one]) for one in pileup.tolist()])
        if not share.sum() > 0:
            raise DataError(f"{where}: no pile-up has a weight; give one at least")
        return cls(pileup=pileup, share=share / share.sum())

    @classmethod
    def read(cls, path: Path) -> "PileupProfile":
        """Read a CSV file with the columns `pileup`, whole numbers, and `weight`.

        Raises:
            DataError: If the file is none, or names a pile-up twice.
        """
        try:
            rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), skipinitialspace=True)
        except FileNotFoundError:
            raise DataError(f"{path}: no such file") from None
        except (OSError, UnicodeDecodeError) as fault:
            raise DataError(f"{path}: not a pile-up profile ({fault})") from None
        if rows.fieldnames is None or not {"pileup", "weight"} <= set(rows.fieldnames):
            raise DataError(
                f"{path}: its first line names {rows.fieldnames}; a profile has 'pileup' and 'weight'"
            )
        weights: dict[int, float] = {}
        for row in rows:
            try:
                pileup, weight = int(row["pileup"]), float(row["weight"])
            except (TypeError, ValueError):
                raise DataError(
                    f"{path}, line {rows.line_num}: {row['pileup']!r}, {row['weight']!r} is no whole pile-up "
                    "and its weight, e.g. '50, 0.03'"
                ) from None
            if pileup in weights:
                raise DataError(f"{path}, line {rows.line_num}: pile-up {pileup} is there twice")
            weights[pileup] = weight
        return cls.of(weights, where=str(path))

    @property
    def mean(self) -> float:
        """Mean pile-up."""
        return float(self.pileup @ self.share)
