"""Events of the jets study in their regions: sideband to train on, the rest of it, signal region."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.jets import JetsConfig
from l1ad.core.errors import DataError
from l1ad.data.jet_file import JetEvents, read_jet_events
from l1ad.flow.studies.jets.data import BACKGROUND

__all__ = ["Regions", "refuse_thin", "split_regions", "studied_events"]

_LEAST = 50
_LEAST_NEAR = 2
"""Of each that an area under a curve is between."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regions:
    """Rows of the background, shape (n,) each.

    Attributes:
        training: Of the sideband, to train on.
        held: The rest of the sideband: watches the loss, and predicts.
        signal: Of the signal region.
    """

    training: NDArray[np.int64]
    held: NDArray[np.int64]
    signal: NDArray[np.int64]

    @property
    def judged(self) -> NDArray[np.int64]:
        """What is scored: the rest of the sideband, then the signal region."""
        return np.concatenate([self.held, self.signal])


@functools.lru_cache(maxsize=8)  # a process does several trials on the same events
def studied_events(path: Path, mass_gev: float, constituents: int) -> JetEvents:
    """Read the events of a file that are heavy enough, with so many constituents.

    Raises:
        DataError: If the file has fewer constituents, or hardly any such events.
    """
    events = read_jet_events(path)
    n_there = events.constituents.shape[2]
    if n_there < constituents:
        raise DataError(f"{path}: {n_there} constituents a jet; the study wants {constituents}")
    chosen = np.flatnonzero(events.mass_gev > mass_gev)
    if len(chosen) < _LEAST:
        raise DataError(
            f"{path}: {len(chosen)} events above {mass_gev:g} GeV; a sample needs at least {_LEAST}"
        )
    chosen_events = events.take(chosen)
    return JetEvents(jets=chosen_events.jets, constituents=chosen_events.constituents[:, :, :constituents])


def split_regions(events: JetEvents, *, delta_eta: float, training_share: float, seed: int) -> Regions:
    """Part the background by |Δη|, and the sideband at random.

    Args:
        events: The background.
        delta_eta: What parts them.
        training_share: Part of the sideband that is trained on.
        seed: Of the order.

    Raises:
        DataError: If a region is all but empty.
    """
    inside = events.delta_eta < delta_eta
    order = np.random.default_rng([seed, 7]).permutation(np.flatnonzero(~inside))
    n_training = round(training_share * len(order))
    found = Regions(training=order[:n_training], held=order[n_training:], signal=np.flatnonzero(inside))
    for name, rows in (("sideband to train on", found.training), ("sideband that is left", found.held),
                       ("signal region", found.signal)):  # fmt: skip
        if len(rows) < _LEAST:
            raise DataError(f"{len(rows)} background events in the {name}; at least {_LEAST} are needed")
    return found


def refuse_thin(config: JetsConfig, samples: Mapping[str, Path]) -> None:
    """Refuse signals that nothing could be measured of, before anything is trained.

    Args:
        config: The study.
        samples: File of each sample.

    Raises:
        DataError: If there are no two events of QCD or of a signal near its mass in the signal region, or none
            of a signal there in the bins of the mass.
    """
    hunt, data = config.hunt, config.data
    inside = {}
    for name, path in samples.items():
        events = studied_events(path, data.mass_gev, data.constituents)
        inside[name] = events.mass_gev[events.delta_eta < data.delta_eta]
    for one in config.signals:
        for name in (BACKGROUND, one.name):
            n_near = np.count_nonzero(np.abs(inside[name] / one.mass_gev - 1) < hunt.window)
            if n_near < _LEAST_NEAR:
                raise DataError(
                    f"{samples[name]}: {n_near} events of the signal region within {100 * hunt.window:g} % of "
                    f"{one.mass_gev:g} GeV, the mass of signal {one.name!r}; at least {_LEAST_NEAR} are needed"
                )
        if not np.histogram(inside[one.name], hunt.mass_edges_gev)[0].any():
            raise DataError(
                f"{samples[one.name]}: no event of the signal region lies in hunt.mass_edges_gev, "
                f"{hunt.mass_edges_gev[0]:g} to {hunt.mass_edges_gev[-1]:g} GeV"
            )
