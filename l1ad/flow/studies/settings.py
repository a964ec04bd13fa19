"""A study's configuration, key by key, for its provenance."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["told_settings"]


def told_settings(document: Mapping[str, Any]) -> dict[str, str]:
    """List the keys of a configuration with their values as JSON.

    Sections are told by their keys, `fit.batch`; what has a name by it, `families.sparse`, as a whole.

    Args:
        document: The configuration as JSON knows it, without paths of whoever ran it.
    """
    return {key: json.dumps(value, ensure_ascii=False) for key, value in _flat(document).items()}


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict) and value:
            found |= {f"{key}.{name}": one for name, one in _flat(value).items()}
        elif isinstance(value, list) and value and all(_has_name(one) for one in value):
            found |= {f"{key}.{one['name']}": one for one in value}
        else:
            found[key] = value
    return found


def _has_name(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value
