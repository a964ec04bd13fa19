"""A trigger menu: the seeds whose decisions come with each event, and their prescales."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Menu"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Names and prescales of the seeds of a menu, in the order of their bits.

    Attributes:
        names: Name of each seed, e.g. `L1_SingleMu22`.
        prescales: One of so many of its events each seed lets pass; 1 all of them, 0 none (it only monitors).
    """

    names: tuple[str, ...]
    prescales: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("a menu has at least one seed")
        if len(self.prescales) != len(self.names):
            raise ValueError(f"{len(self.prescales)} prescales for {len(self.names)} seeds")
        if any(not name or not isinstance(name, str) for name in self.names):
            raise ValueError("a seed has no name")
        twice = next((name for name in self.names if self.names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"seed {twice!r} is in the menu twice")
        if any(type(one) is not int or one < 0 for one in self.prescales):
            raise ValueError(f"prescales are whole numbers from 0 on, not {self.prescales}")

    @property
    def unprescaled(self) -> NDArray[np.bool_]:
        """Whether each seed lets every one of its events pass, shape (n_seeds,)."""
        return np.array([one == 1 for one in self.prescales])

    def rows(self) -> list[list[Any]]:
        """Lay the menu out for files, as `from_rows` reads it."""
        return [[name, prescale] for name, prescale in zip(self.names, self.prescales, strict=True)]

    @classmethod
    def from_rows(cls, rows: Any) -> "Menu":
        """Read the rows that files hold: name, prescale.

        Raises:
            ValueError: If they are none.
        """
        try:
            pairs = [(name, prescale) for name, prescale in rows]
        except (TypeError, ValueError) as fault:
            raise ValueError(f"a menu is a list of [name, prescale] ({fault})") from None
        return cls(names=tuple(name for name, _ in pairs), prescales=tuple(one for _, one in pairs))
