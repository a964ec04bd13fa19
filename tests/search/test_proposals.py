"""Settings proposed from those before: reproducible, within the space, and better than chance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

pytest.importorskip("optuna", reason="the extra 'search' is not installed")

from l1ad.config.scan import Choice, Range
from l1ad.search.proposals import Tried, proposed_settings

SPACE: dict[str, Choice | Range] = {
    "rate": Range(low=1e-4, high=1e-1, log=True),
    "width": Choice(choices=(16, 32, 64)),
    "activation": Choice(choices=("elu", "tanh")),
}


def value(settings: Mapping[str, Any]) -> float:
    return float(abs(np.log10(settings["rate"]) + 2) + (settings["width"] != 32))


def search(trials: int, seed: int) -> list[Tried]:
    history: list[Tried] = []
    for _ in range(trials):
        settings = proposed_settings(SPACE, history, seed=seed, first_trials=8)
        history.append(Tried(settings=settings, value=value(settings)))
    return history


def test_settings_are_of_the_space_and_of_its_kinds() -> None:
    for one in search(12, 1):
        assert 1e-4 <= one.settings["rate"] <= 1e-1
        assert one.settings["width"] in (16, 32, 64)
        assert isinstance(one.settings["width"], int)
        assert one.settings["activation"] in ("elu", "tanh")


def test_equal_histories_have_equal_next_settings() -> None:
    history = search(10, 1)
    first, second = (proposed_settings(SPACE, history, seed=1, first_trials=8) for _ in range(2))
    assert first == second
    assert proposed_settings(SPACE, history, seed=2, first_trials=8) != first


def test_the_search_learns() -> None:
    early, late = [], []
    for seed in range(8):
        values = [one.value or 0.0 for one in search(30, seed)]
        early += values[:8]
        late += values[-8:]
    assert mannwhitneyu(late, early, alternative="less").pvalue < 0.01


def test_settings_outside_of_the_space_and_failures_are_no_obstacle() -> None:
    history = [
        Tried(settings={"rate": 0.5, "width": 32, "activation": "elu"}, value=0.1),
        Tried(settings={"rate": 1e-2, "width": 64, "activation": "elu"}, value=None),
    ]
    found = proposed_settings(SPACE, history, seed=1, first_trials=1)
    assert set(found) == set(SPACE)
