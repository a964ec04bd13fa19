"""How well inputs come back from the latent space: means and widths, summed block by block."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "Reconstruction"]

Reals = NDArray[np.floating]
Counted = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Number, mean and squared deviations of each column; all arrays have shape (n_columns,).

    Attributes:
        n: Values that were counted.
        mean: Their mean, 0 where there are none.
        squares: Sum of the squares of their distances to the mean.
    """

    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, values: Reals, counted: Counted) -> "Moments":
        """Sum up the values that count, both of shape (n_events, n_columns)."""
        wide = values.astype(np.float64)
        n = counted.sum(axis=0, dtype=np.int64)
        mean = np.where(counted, wide, 0.0).sum(axis=0) / np.maximum(n, 1)
        return cls(n=n, mean=mean, squares=np.square(np.where(counted, wide - mean, 0.0)).sum(axis=0))

    def merged(self, other: "Moments") -> "Moments":
        """Give the moments of both.

        Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
        (1979), *(from memory)*: no large squares are subtracted from each other.
        """
        n = self.n + other.n
        all_of_them = np.maximum(n, 1)
        apart = other.mean - self.mean
        return Moments(
            n=n,
            mean=self.mean + apart * (other.n / all_of_them),
            squares=self.squares + other.squares + np.square(apart) * (self.n * (other.n / all_of_them)),
        )

    def mapped(self, factor: Reals, shift: Reals) -> "Moments":
        """Give the moments of `factor * values + shift`, each of shape (n_columns,)."""
        return Moments(n=self.n, mean=self.mean * factor + shift, squares=self.squares * np.square(factor))

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean of each column, NaN where nothing was counted."""
        return np.where(self.n > 0, self.mean, np.nan)

    @property
    def widths(self) -> NDArray[np.float64]:
        """Standard deviation of each column about its mean, NaN where nothing was counted."""
        return np.where(self.n > 0, np.sqrt(self.squares / np.maximum(self.n, 1)), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reconstruction:
    """How inputs come back, over the events in which the object of each is there.

    Attributes:
        true: The inputs.
        reconstructed: What the decoder gives.
        difference: Reconstructed less true.
    """

    true: Moments
    reconstructed: Moments
    difference: Moments

    @classmethod
    def of(cls, true: Reals, reconstructed: Reals, present: Counted) -> "Reconstruction":
        """Sum up one block of events, all of shape (n_events, n_inputs).

        Args:
            true: The inputs.
            reconstructed: What came back, in the same units.
            present: Whether the object of each input is there; what is absent is not counted.
        """
        # Subtracted in double precision: in single, what is left of two large numbers is their rounding.
        difference = reconstructed.astype(np.float64) - true
        return cls(
            true=Moments.of(true, present),
            reconstructed=Moments.of(reconstructed, present),
            difference=Moments.of(difference, present),
        )

    @classmethod
    def joined(cls, blocks: Iterable["Reconstruction"]) -> "Reconstruction":
        """Put blocks together, at least one."""
        return reduce(cls.merged, blocks)

    def merged(self, other: "Reconstruction") -> "Reconstruction":
        """Give the sums of both."""
        return Reconstruction(
            true=self.true.merged(other.true),
            reconstructed=self.reconstructed.merged(other.reconstructed),
            difference=self.difference.merged(other.difference),
        )

    def mapped(self, factor: Reals, shift: Reals) -> "Reconstruction":
        """Give the same in other units, `factor * value + shift`; differences keep no shift."""
        return Reconstruction(
            true=self.true.mapped(factor, shift),
            reconstructed=self.reconstructed.mapped(factor, shift),
            difference=self.difference.mapped(factor, np.zeros_like(shift)),
        )
