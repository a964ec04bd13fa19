"""Seeds of a simple trigger menu, decided on the objects of each crossing."""

import numpy as np
from numpy.typing import NDArray

from l1ad.config.sample import SeedConfig
from l1ad.core.menu import Menu
from l1ad.simulate.calorimeter import Candidates
from l1ad.simulate.trigger_objects import TriggerObjects

__all__ = ["configured_menu", "seed_bits"]


def configured_menu(seeds: list[SeedConfig]) -> Menu:
    """Give names and prescales of the seeds."""
    return Menu(names=tuple(one.name for one in seeds), prescales=tuple(one.prescale for one in seeds))


def seed_bits(objects: TriggerObjects, seeds: list[SeedConfig]) -> NDArray[np.bool_]:
    """Decide every seed before its prescale, shape (n_crossings, n_seeds).

    A threshold is reached when pT >= threshold, before pT is cut down to hardware steps; thresholds in whole
    steps decide the same after it.
    """
    return np.stack([_decided(objects, seed) for seed in seeds], axis=1)


def _decided(objects: TriggerObjects, seed: SeedConfig) -> NDArray[np.bool_]:
    if seed.objects == "htt":
        return np.asarray(objects.htt >= seed.thresholds_gev[0])
    if seed.objects == "etm":
        return np.asarray(objects.met.pt >= seed.thresholds_gev[0])
    found, counts = _eligible(objects, seed)
    passed = np.ones(objects.n_crossings, dtype=bool)
    # k objects over the k-th threshold, which falls with k, is the same as some choice of k objects that fits.
    for needed, threshold in enumerate(seed.thresholds_gev, start=1):
        over = counts & (found.pt >= threshold)
        passed &= np.bincount(found.event[over], minlength=objects.n_crossings) >= needed
    return passed


def _eligible(objects: TriggerObjects, seed: SeedConfig) -> tuple[Candidates, NDArray[np.bool_]]:
    found = {"mu": objects.muons, "jet": objects.jets}.get(seed.objects, objects.egamma)
    counts = np.abs(found.eta) < (np.inf if seed.eta_max is None else seed.eta_max)
    return found, counts & found.isolated if seed.objects == "iso_eg" else counts
