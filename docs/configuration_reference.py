"""The reference of the configuration files, made of their schemas: key, type, default, meaning."""

from collections.abc import Iterator
from typing import Any

from l1ad.config.kinds import Kind
from l1ad.config.schema import json_schema

__all__ = ["keys_of", "rows_of"]

_ELSEWHERE = {"RunConfig": ("run", "a run's configuration"), "DetectorConfig": ("pool", "the detector")}
"""Definitions that are spelled out in one kind alone."""

_MOST_OF_A_DEFAULT = 60


def keys_of(kind: str) -> str:
    """Write the tables of a kind of file: its own keys, then those of each section."""
    schema = json_schema(Kind(kind))
    parts, told = [f"{schema.get('description', '')}"], set[str]()
    for path, definition, rows in rows_of(kind):
        if path:
            either = f" ({definition['title']})" if path in told else ""
            parts.append(f"### {kind}: {path}{either}")
            told.add(path)
            parts.append(definition.get("description", ""))
        cells = [[f"`{path + '.' if path else ''}{name}`", *rest] for name, *rest in rows]
        parts.append(_table(["key", "type", "unless given", "meaning"], cells))
    return "\n\n".join(part for part in parts if part)


def rows_of(kind: str) -> Iterator[tuple[str, dict[str, Any], list[list[str]]]]:
    """Give path, definition and rows (name, type, default, meaning) of each section of a kind of file."""
    schema = json_schema(Kind(kind))
    definitions = schema.get("$defs", {})
    yield from _sections(kind, "", schema, definitions)


def _sections(
    kind: str, path: str, definition: dict[str, Any], definitions: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], list[list[str]]]]:
    rows, inner = [], []
    needed = definition.get("required", ())
    for key, prop in definition.get("properties", {}).items():
        meaning = prop.get("description") or _of_section(prop, definitions)
        for target, suffix in _references(prop):
            elsewhere = _ELSEWHERE.get(target)
            if "properties" in definitions[target] and (elsewhere is None or elsewhere[0] == kind):
                inner.append((target, f"{path}.{key}{suffix}".removeprefix(".")))
        default = "needed" if key in needed else _default(prop)
        rows.append([key, _kind(prop, definitions, kind), default, _escaped(meaning)])
    yield path, definition, rows
    for target, where in inner:
        yield from _sections(kind, where, definitions[target], definitions)


def _of_section(prop: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Take the first sentence that a section says of itself."""
    target = next((name for name, _ in _references(prop)), None)
    said = "" if target is None else str(definitions[target].get("description", ""))
    return said.split("\n\n")[0].split(". ")[0].rstrip(".")


def _references(prop: dict[str, Any], suffix: str = "") -> Iterator[tuple[str, str]]:
    """Find the sections that a key holds, each with what stands for its place in a list or a mapping."""
    if "$ref" in prop:
        yield prop["$ref"].rpartition("/")[2], suffix
    for one in (*prop.get("anyOf", ()), *prop.get("allOf", ()), *prop.get("oneOf", ())):
        yield from _references(one, suffix)
    if isinstance(prop.get("items"), dict):
        yield from _references(prop["items"], f"{suffix}[]")
    for one in _values(prop):
        yield from _references(one, f"{suffix}.NAME")


def _values(prop: dict[str, Any]) -> list[dict[str, Any]]:
    given = [*prop.get("patternProperties", {}).values()]
    extra = prop.get("additionalProperties")
    return given + ([extra] if isinstance(extra, dict) else [])


def _kind(prop: dict[str, Any], definitions: dict[str, Any], kind: str) -> str:
    """Say in words what a key holds."""
    if "$ref" in prop:
        name = prop["$ref"].rpartition("/")[2]
        if name in _ELSEWHERE and _ELSEWHERE[name][0] != kind:
            where, what = _ELSEWHERE[name]
            return f"[{what}](#{where})"
        target = definitions[name]
        return _kind(target, definitions, kind) if "enum" in target else "section"
    if "enum" in prop:
        return "one of " + ", ".join(f"`{one}`" for one in prop["enum"])
    for several in ("anyOf", "oneOf"):
        if several in prop:
            return " or ".join(dict.fromkeys(_kind(one, definitions, kind) for one in prop[several]))
    values = _values(prop)
    if prop.get("type") == "object":
        return f"mapping: name to {_kind(values[0], definitions, kind)}" if values else "mapping"
    if prop.get("type") == "array":
        return _list(prop, definitions, kind)
    words = {"null": "nothing (`null`)", "number": "number", "integer": "whole number", "string": "text",
             "boolean": "`true` or `false`"}  # fmt: skip
    return words.get(prop.get("type", ""), "anything") + _limits(prop)


def _list(prop: dict[str, Any], definitions: dict[str, Any], kind: str) -> str:
    if "prefixItems" in prop:
        first = _kind(prop["prefixItems"][0], definitions, kind)
        return f"list of {len(prop['prefixItems'])}: {first}"
    items = prop.get("items")
    return f"list: {_kind(items, definitions, kind)}" if items else "list"


def _limits(prop: dict[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    told = [f"{sign} {prop[limit]:g}" for limit, sign in signs.items() if limit in prop]
    return f" {', '.join(told)}" if told else ""


def _default(prop: dict[str, Any]) -> str:
    if "default" not in prop:
        return ""
    value = prop["default"]
    if value is None:
        return "`null`"
    if isinstance(value, dict) and value:
        return "as its keys say" if "$ref" in prop or "allOf" in prop else _listed(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{_escaped(text)}`" if len(text) <= _MOST_OF_A_DEFAULT else "as its keys say"


def _listed(value: dict[str, Any]) -> str:
    return "<br>".join(f"`{name}: {one}`" for name, one in value.items())


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
