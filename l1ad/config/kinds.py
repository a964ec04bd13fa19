"""The kinds of YAML files that l1ad reads: told apart by their keys, each checked to its last fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from l1ad.config.acceptance import AcceptanceConfig
from l1ad.config.faults import Location, faults_of
from l1ad.config.importing import ImportConfig
from l1ad.config.layout import LayoutConfig
from l1ad.config.loading import Section, load_config, read_document
from l1ad.config.run import RunConfig
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.config.scan import ScanConfig
from l1ad.config.study import STUDIES
from l1ad.config.target import TargetConfig
from l1ad.core.errors import ConfigError

__all__ = ["MODELS", "CheckedFile", "Kind", "KindFault", "checked_file", "kind_of", "line_of"]


class Kind(StrEnum):
    """What a file configures."""

    RUN = "run"
    SCAN = "scan"
    TARGET = "target"
    LAYOUT = "layout"
    ACCEPTANCE = "acceptance"
    SAMPLE = "sample"
    POOL = "pool"
    IMPORT = "import"
    STUDY_DATA_QUALITY = "study_data_quality"
    STUDY_JETS = "study_jets"
    STUDY_HLT_AND_L1 = "study_hlt_and_l1"
    STUDY_GENERATION = "study_generation"
    STUDY_LEPTON_PLUS_X = "study_lepton_plus_x"
    STUDY_WITHOUT_SIGNAL = "study_without_signal"


MODELS: Mapping[Kind, type[Section]] = {
    Kind.RUN: RunConfig,
    Kind.SCAN: ScanConfig,
    Kind.TARGET: TargetConfig,
    Kind.LAYOUT: LayoutConfig,
    Kind.ACCEPTANCE: AcceptanceConfig,
    Kind.SAMPLE: SampleConfig,
    Kind.POOL: PoolConfig,
    Kind.IMPORT: ImportConfig,
    **{Kind(f"study_{kind}"): model for kind, model in STUDIES.items()},
}
"""The model of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFault:
    """One thing that is wrong with a file.

    Attributes:
        line: Line of the key, from 1; None where no line says it.
        sentence: What is wrong, with the path to the key and a suggestion.
    """

    line: int | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A file that was read as one of the kinds.

    Attributes:
        path: The file.
        kind: What it was taken for.
        config: Its configuration with every default; None with faults.
        faults: What is wrong, in the order of its keys.
    """

    path: Path
    kind: Kind
    config: Section | None
    faults: tuple[KindFault, ...] = ()


def kind_of(document: Mapping[Any, Any]) -> Kind:
    """Tell what a document configures: by its `kind`, which studies have, or else by its keys.

    The kind is taken that knows most keys of it, with the fewest unknown and missing ones.
    """
    if isinstance(named := document.get("kind"), str) and named in STUDIES:
        return Kind(f"study_{named}")
    return max(Kind, key=lambda kind: _likeness(set(map(str, document)), MODELS[kind]))


def checked_file(path: Path, kind: Kind | None = None) -> CheckedFile:
    """Read a file, and find everything that is wrong with it.

    Args:
        path: The file.
        kind: What it configures; None finds out.

    Raises:
        ConfigError: If it is missing or not YAML.
    """
    document = read_document(path)
    kind = kind or kind_of(document)
    if kind is Kind.SCAN and isinstance(document.get("base"), str):
        try:
            document["base"] = load_config(path.parent / document["base"], RunConfig)
        except ConfigError as fault:
            wrong = KindFault(line=line_of(path, [("base",)]), sentence=f"base: {fault}")
            return CheckedFile(path=path, kind=kind, config=None, faults=(wrong,))
    try:
        return CheckedFile(path=path, kind=kind, config=MODELS[kind].model_validate(document))
    except ValidationError as fault:
        told = faults_of(fault, MODELS[kind], document)
    faults = tuple(KindFault(line=line_of(path, one.places), sentence=one.sentence) for one in told)
    return CheckedFile(path=path, kind=kind, config=None, faults=faults)


def _likeness(keys: set[str], model: type[Section]) -> int:
    known = set(model.model_fields)
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    return len(keys & known) - len(keys - known) - len(needed - keys)


def line_of(path: Path, places: Iterable[Location]) -> int | None:
    """Find the line of the first of some keys that a file has, or of the deepest section on the way to one.

    Args:
        path: The file, which is YAML.
        places: Ways to keys, the one most wanted first; the empty way leads to the top.

    Returns:
        The line, from 1; None if the file has nothing of them.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    if node is None:
        return None
    reached = [_reached(node, place) for place in places]
    whole = next((line for line, is_whole in reached if is_whole), None)
    return whole or max((line for line, _ in reached if line is not None), default=None)


def _reached(node: yaml.Node, place: Location) -> tuple[int | None, bool]:
    """Follow a way as far as a document has it: the line of its last part there, and whether that is all."""
    line = None if place else node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                return line, False
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line, False
    return line, True
