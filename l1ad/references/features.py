"""What classical methods are shown of events: numbers of one size, absent objects at zero."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.data.events import EventBatch

__all__ = ["Features", "fitted_features"]

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Standardisation fitted on background.

    Attributes:
        layout: What the columns of the events mean.
        centre: Mean of each feature, shape (n_features,).
        width: Its standard deviation; 1 where it never varies.
    """

    layout: InputLayout
    centre: Float
    width: Float

    def of(self, events: EventBatch) -> Float:
        """Give the features of events, shape (n_events, n_features).

        Raises:
            DataError: If the events are of another layout than the background.
        """
        if events.layout != self.layout:
            told = events.layout.told_apart(self.layout)
            raise DataError(f"{events.where or events.sample}: a reference of other events: {told}")
        return np.asarray((_plain(events) - self.centre) / self.width, dtype=np.float32)


def fitted_features(background: EventBatch) -> Features:
    """Fit the standardisation: ln(1 + pT), η, and sin φ and cos φ, all zero where the object is absent.

    The logarithm tames the tail of pT, and of all else in GeV without a sign, which would else be all that a
    variance sees; sine and cosine have no seam where φ begins anew. φ itself is shown, as the network is shown
    it, and not turned to a direction of the event, so that neither has the advantage.

    Raises:
        DataError: If there are no events.
    """
    if not len(background):
        raise DataError(f"{background.where or background.sample}: no events to standardise features on")
    plain = _plain(background)
    # Sums of 32 bits would leave a feature that never varies a width, and all others an error that grows.
    width = np.where(np.ptp(plain, axis=0) > 0, plain.std(axis=0, dtype=np.float64), 1.0)
    return Features(
        layout=background.layout,
        centre=plain.mean(axis=0, dtype=np.float64).astype(np.float32),
        width=width.astype(np.float32),
    )


def _plain(events: EventBatch) -> Float:
    present = events.layout.present(events.inputs_raw)
    columns = []
    for column, field in enumerate(events.layout.fields):
        values = events.inputs_raw[:, column] * np.float32(field.lsb)
        here = present[:, column]
        if field.unit == "GeV" and not field.signed:
            columns.append(np.log1p(values))
        elif field.quantity == "phi":
            columns += [np.sin(values) * here, np.cos(values) * here]
        else:
            columns.append(values * here)
    return np.stack(columns, axis=1).astype(np.float32)
