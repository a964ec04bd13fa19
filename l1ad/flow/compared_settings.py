"""Where the configurations of compared runs differ, key by key."""

from collections.abc import Mapping, Sequence
from typing import Any

from l1ad.config.run import RunConfig
from l1ad.flow.run_directory import RunDirectory

__all__ = ["differing_settings", "flat_settings"]

_NOT_SHOWN = ("name", "data", "firmware.folder")
"""Keys that differ between any two runs or are compared by digest."""


def differing_settings(runs: Sequence[RunDirectory]) -> dict[str, tuple[str, ...]]:
    """List the keys whose values are not the same in all runs, and the value of each run, in words.

    The name of a run, where its firmware lies, and its events (compared by their digests) are left out.
    """
    flat = [flat_settings(run.config) for run in runs]
    keys = dict.fromkeys(key for one in flat for key in one)
    found = {key: tuple(one.get(key, "–") for one in flat) for key in keys if not _is_hidden(key)}
    return {key: values for key, values in found.items() if len(set(values)) > 1}


def flat_settings(config: RunConfig) -> dict[str, str]:
    """List every key of a configuration as a path, with its value in words."""
    return dict(_flat(config.model_dump(mode="json")))


def _is_hidden(key: str) -> bool:
    return any(key == one or key.startswith(f"{one}.") for one in _NOT_SHOWN)


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in document.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat += _flat(value, f"{path}.")
        elif isinstance(value, list):
            flat.append((path, ", ".join(map(str, value)) or "none"))
        elif not isinstance(value, Mapping):  # an empty mapping has no keys to compare
            flat.append((path, "none" if value is None else str(value)))
    return flat
