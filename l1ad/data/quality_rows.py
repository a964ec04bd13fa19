"""Lumi sections as arrays: features, labels, and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError

__all__ = ["QualityRows", "check_rows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityRows:
    """Sections.

    Attributes:
        features: Numbers of each section, shape (n_sections, n_features).
        good: Whether people called it good, shape (n_sections,).
        failure_mode: What went wrong, `none` where nothing did, shape (n_sections,).
        run: Its run, shape (n_sections,).
        lumi_section: Its number in the run, shape (n_sections,).
    """

    features: NDArray[np.float32]
    good: NDArray[np.bool_]
    failure_mode: NDArray[np.str_]
    run: NDArray[np.int64]
    lumi_section: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.good)

    def of(self, columns: Sequence[int]) -> "QualityRows":
        """Take some features, in that order."""
        return QualityRows(
            features=self.features[:, columns], good=self.good, failure_mode=self.failure_mode, run=self.run,
            lumi_section=self.lumi_section,
        )  # fmt: skip

    @classmethod
    def joined(cls, pieces: Sequence["QualityRows"]) -> "QualityRows":
        """Put sections one after the other."""
        return cls(
            features=np.concatenate([one.features for one in pieces]),
            good=np.concatenate([one.good for one in pieces]),
            failure_mode=np.concatenate([one.failure_mode for one in pieces]),
            run=np.concatenate([one.run for one in pieces]),
            lumi_section=np.concatenate([one.lumi_section for one in pieces]),
        )


def check_rows(rows: QualityRows, names: Sequence[str], where: str) -> None:
    """Refuse arrays that do not fit each other, and numbers that are none.

    Raises:
        DataError: If they do not.
    """
    if rows.features.shape != (len(rows), len(names)):
        raise DataError(
            f"{where}: features of shape {rows.features.shape} for {len(rows)} sections and {len(names)} names"
        )
    for name in ("failure_mode", "run", "lumi_section"):
        if len(getattr(rows, name)) != len(rows):
            raise DataError(f"{where}: {len(getattr(rows, name))} values of {name!r} for {len(rows)} sections")
    finite = np.isfinite(rows.features)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(
            f"{where}: section {rows.lumi_section[row]} of run {rows.run[row]}: {names[column]!r} is "
            f"{rows.features[row, column]}; every feature of every section must be a finite number"
        )
