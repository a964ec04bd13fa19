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
        centre: Mean of each feature, 0 of directions, shape (n_features,).
        width: Its standard deviation, of directions over the objects that are there; 1 where it never varies.
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
    plain, counted = _plain(background), _counted(background)
    centre, width = np.zeros(plain.shape[1]), np.ones(plain.shape[1])
    for feature in range(plain.shape[1]):
        # Directions are symmetric about zero, where absent objects lie; those would only shrink the width.
        values = plain[:, feature] if counted[feature] is None else plain[counted[feature], feature]
        if len(values) and np.ptp(values) > 0:
            # Sums of 32 bits would leave a feature that never varies a width, and others a growing error.
            width[feature] = values.std(dtype=np.float64)
        if counted[feature] is None:
            centre[feature] = values.mean(dtype=np.float64)
    return Features(layout=background.layout, centre=centre.astype(np.float32), width=width.astype(np.float32))


def _counted(events: EventBatch) -> list[NDArray[np.bool_] | None]:
    """Give the events whose object is there, for each feature that is a direction; None for the others."""
    present = events.layout.present(events.inputs_raw)
    counted: list[NDArray[np.bool_] | None] = []
    for column, field in enumerate(events.layout.fields):
        if field.quantity == "phi":
            counted += [present[:, column], present[:, column]]
        else:
            counted.append(present[:, column] if field.quantity == "eta" else None)
    return counted


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
