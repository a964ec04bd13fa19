"""JSON schemas of l1ad's YAML files: what an editor completes and checks while they are written."""

import json
from pathlib import Path
from typing import Any

from l1ad.config.kinds import MODELS, Kind
from l1ad.core.trigger_file import write_text_safely

__all__ = ["editor_line", "json_schema", "save_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: Kind) -> dict[str, Any]:
    """Give the schema of a kind of file: every key with its meaning, type, limits and default.

    It knows what one value may be; what two of them must be beside each other only `l1ad config check` knows.
    """
    document = MODELS[kind].model_json_schema()
    if kind is Kind.SCAN:  # a file names the run it starts from, as `load_scan` reads it
        base = document["properties"]["base"]
        run = {"$ref": base.pop("$ref")}
        base["anyOf"] = [
            run,
            {"type": "string", "description": "Path of a run's configuration, from the scan's"},
        ]
        base.pop("default", None)
    return {"$schema": _DIALECT, **document, "title": f"l1ad {kind}"}


def save_schema(kind: Kind, path: Path) -> None:
    """Write the schema of a kind of file."""
    write_text_safely(path, json.dumps(json_schema(kind), indent=1, ensure_ascii=False) + "\n")


def editor_line(schema: str) -> str:
    """Give the first line of a YAML file that tells an editor its schema.

    VS Code's YAML extension and other users of yaml-language-server read it.

    Args:
        schema: Path of the schema from the YAML file, or its URL.
    """
    return f"# yaml-language-server: $schema={schema}"
