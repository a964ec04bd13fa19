"""Step `study`: families of networks trained, measured and compared as a study file says."""

import json
from pathlib import Path

from l1ad.config.studies.data_quality import DataQualityConfig
from l1ad.config.studies.families import StudyConfig
from l1ad.config.studies.generation import GenerationConfig
from l1ad.config.studies.hlt_and_l1 import HltAndL1Config
from l1ad.config.studies.jets import JetsConfig
from l1ad.config.studies.lepton_plus_x import LeptonPlusXConfig
from l1ad.config.studies.without_signal import WithoutSignalConfig
from l1ad.core.errors import ConfigError
from l1ad.core.progress import Progress, silent
from l1ad.flow.studies.data_quality.study import data_quality_study
from l1ad.flow.studies.generation.study import generation_study
from l1ad.flow.studies.hlt_and_l1.study import hlt_and_l1_study
from l1ad.flow.studies.jets.study import jets_study
from l1ad.flow.studies.lepton_plus_x.study import lepton_plus_x_study
from l1ad.flow.studies.without_signal.study import without_signal_study
from l1ad.report.document import Document
from l1ad.report.studies.data_quality.document import data_quality_document
from l1ad.report.studies.generation.document import generation_document
from l1ad.report.studies.hlt_and_l1.document import hlt_and_l1_document
from l1ad.report.studies.jets.document import jets_document
from l1ad.report.studies.lepton_plus_x.document import lepton_plus_x_document
from l1ad.report.studies.without_signal.document import without_signal_document
from l1ad.report.writing import write_document

__all__ = ["save_study", "study"]

NAME = "study"


def study(config: StudyConfig, folder: Path, *, workers: int = 1, progress: Progress = silent) -> Document:
    """Do a study, or go on with what is left of it, and lay its results out.

    What is done is kept in the folder: Ctrl-C and kills cost the trials that were under way. A changed study
    file does anew what the change concerns.

    Args:
        config: The study, as `load_study` reads it; its class says which one.
        folder: Where it is kept.
        workers: Processes on this machine; results do not depend on their number.
        progress: Told what is done.

    Raises:
        ConfigError: If nobody does studies of this kind, or the folder is a file or has one of another kind.
    """
    _check_folder(folder, config.kind)
    # A new kind of study is a case here and a line in `config.study.STUDIES`.
    match config:
        case DataQualityConfig():
            return data_quality_document(data_quality_study(config, folder, workers=workers, progress=progress))
        case JetsConfig():
            return jets_document(jets_study(config, folder, workers=workers, progress=progress))
        case HltAndL1Config():
            return hlt_and_l1_document(hlt_and_l1_study(config, folder, workers=workers, progress=progress))
        case GenerationConfig():
            return generation_document(generation_study(config, folder, workers=workers, progress=progress))
        case LeptonPlusXConfig():
            return lepton_plus_x_document(
                lepton_plus_x_study(config, folder, workers=workers, progress=progress)
            )
        case WithoutSignalConfig():
            return without_signal_document(
                without_signal_study(config, folder, workers=workers, progress=progress)
            )
    raise ConfigError(f"{config.kind!r} is no study")


def _check_folder(folder: Path, kind: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; name a folder that the study can have for itself")
    try:
        found = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))["data"]["kind"]
    except (OSError, ValueError, LookupError, TypeError):  # none that is finished
        return
    if found != kind:
        raise ConfigError(f"{folder}: holds a study of the kind {found!r}; give one of {kind!r} another folder")


def save_study(document: Document, folder: Path, *, progress: Progress = silent) -> Path:
    """Write `study.html`, `.md` and `.json`, with figures and tables, and give the path of the page."""
    return write_document(document, folder, name=NAME, progress=progress)
