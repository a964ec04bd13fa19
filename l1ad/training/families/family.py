"""What a family is: how its networks are built, what is minimised, and how they score."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Family", "Network", "Variables"]

Variables = Sequence[Any]
"""Keras variables."""


class Network(Protocol):
    """A network, or several that are trained together."""

    @property
    def variables(self) -> Variables:
        """All variables, in a fixed order: what is kept of the best epoch."""

    @property
    def trainable_variables(self) -> Variables:
        """Those that training moves, in a fixed order."""


class Family(ABC):
    """A family of networks with a loss of its own, which `Trainer` trains.

    Attributes:
        deployable: Whether training gives Σµ² of the encoder alone, which firmware computes, a meaning:
            that it pulls the codes of what is normal towards 0.
        terms: Names of what `losses` reports; the first is what early stopping watches.
    """

    deployable: bool = False
    terms: tuple[str, ...] = ("loss",)

    @abstractmethod
    def __init__(self, config: Any) -> None:
        """Take the configuration of a member of the family."""

    @property
    @abstractmethod
    def noise_size(self) -> int:
        """Random numbers of N(0, 1) that a row needs while training."""

    @abstractmethod
    def built(self, n_inputs: int, seed: int) -> Any:
        """Build a network, which has what `Network` names, with the weights that the seed says."""

    @abstractmethod
    def losses(self, network: Any, shown: Any, noise: Any | None) -> tuple[Sequence[Any], Any]:
        """Give the losses of a batch, and what they are made of.

        Args:
            network: What `built` gave.
            shown: Inputs, shape (n, n_inputs).
            noise: Numbers from N(0, 1), shape (n, noise_size), while training; None evaluates without them.

        Returns:
            One Keras scalar for each group of variables, and the `terms`, shape (n_terms,).
        """

    @abstractmethod
    def scores(self, network: Any, shown: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Score rows of shape (n, n_inputs), larger for the more anomalous, shape (n,) each."""

    def groups(self, network: Any) -> Sequence[Variables]:
        """Give the variables that each loss moves, by an optimiser of its own; one with all of them."""
        return (network.trainable_variables,)
