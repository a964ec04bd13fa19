"""The studies that there are, each told by its `kind`, and reading their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l1ad.config.loading import parse_config, read_document
from l1ad.config.studies.data_quality import DataQualityConfig
from l1ad.config.studies.families import StudyConfig
from l1ad.config.studies.generation import GenerationConfig
from l1ad.config.studies.hlt_and_l1 import HltAndL1Config
from l1ad.config.studies.jets import JetsConfig
from l1ad.config.studies.lepton_plus_x import LeptonPlusXConfig
from l1ad.config.studies.without_signal import WithoutSignalConfig
from l1ad.core.errors import ConfigError

__all__ = ["STUDIES", "load_study", "parse_study"]

STUDIES: Mapping[str, type[StudyConfig]] = {
    "data_quality": DataQualityConfig,
    "jets": JetsConfig,
    "hlt_and_l1": HltAndL1Config,
    "generation": GenerationConfig,
    "lepton_plus_x": LeptonPlusXConfig,
    "without_signal": WithoutSignalConfig,
}
"""The model of each kind of study; a new kind is a model with its `kind`, and a line here."""


def load_study(path: Path) -> StudyConfig:
    """Read a study file; its key `kind` says which study it is, and paths in it count from the file.

    Raises:
        ConfigError: If the file is missing, the kind is none, or a key or value is not known.
    """
    return parse_study(read_document(path), where=str(path)).located(path.parent)


def parse_study(document: Mapping[str, Any], *, where: str) -> StudyConfig:
    """Read the keys and values of a study.

    Args:
        document: Keys and values, `kind` among them.
        where: What messages call it.

    Raises:
        ConfigError: If the kind is none, or a key or value is not known.
    """
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in STUDIES:
        raise ConfigError(f"{where}: kind = {kind!r} is no study; kinds are {', '.join(STUDIES)}")
    return parse_config(dict(document), STUDIES[kind], where=where)
