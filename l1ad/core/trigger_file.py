"""`trigger.json`: one readable file that is the whole algorithm, guarded by digests."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from l1ad.core.errors import L1adError, TriggerFileError
from l1ad.core.fixed import FixedType
from l1ad.core.layer_file import layer_document, layer_from
from l1ad.core.layout import InputLayout
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

__all__ = ["algorithm_digest", "load_trigger", "save_trigger", "trigger_digest", "write_text_safely"]

FORMAT = "l1ad trigger algorithm, version 1"


def algorithm_digest(trigger: TriggerAlgorithm) -> str:
    """Digest what decides the score: layout, scaling, network, score. Thresholds and name do not count."""
    return _digests(_document(trigger))["algorithm"]


def trigger_digest(trigger: TriggerAlgorithm) -> str:
    """Digest what decides the accept bits: the algorithm, its name and its thresholds."""
    return _digests(_document(trigger))["trigger"]


def save_trigger(trigger: TriggerAlgorithm, path: Path) -> None:
    """Write the algorithm to a file, at once or not at all."""
    try:
        document = json.loads(json.dumps(_document(trigger), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as fault:
        raise TriggerFileError(f"{path}: the provenance does not fit into JSON ({fault})") from None
    document["digests"] = _digests(document)
    write_text_safely(path, _readable(document) + "\n")


def load_trigger(path: Path) -> TriggerAlgorithm:
    """Read an algorithm and check that it is the one that was saved.

    Raises:
        TriggerFileError: If the file is missing, truncated, foreign, or was changed by hand.
    """
    document = _parsed(path)
    try:
        given = dict(document.pop("digests"))
        digests = _digests(document)
        trigger = _trigger(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as fault:
        detail = f"no {fault}" if isinstance(fault, KeyError) else str(fault)
        raise TriggerFileError(f"{path}: not a complete trigger algorithm ({detail})") from None
    except L1adError as fault:
        raise TriggerFileError(f"{path}: {fault}") from None
    for what, digest in digests.items():
        if given.get(what) != digest:
            raise TriggerFileError(
                f"{path}: the {what} digest is {digest[:12]}, the file says {str(given.get(what))[:12]}; "
                "was it changed by hand? Freeze again, or set thresholds with `l1ad rates thresholds`"
            )
    if _canonical(_document(trigger)) != _canonical(document):
        raise TriggerFileError(f"{path}: holds parts that no trigger algorithm has; was it changed by hand?")
    return trigger


def write_text_safely(path: Path, text: str) -> None:
    """Write a file under a temporary name and rename it, so that no reader meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


_SCORE_PARTS = ("layout", "scaling", "network", "score")


def _document(trigger: TriggerAlgorithm) -> dict[str, Any]:
    layout, scaling = trigger.layout, trigger.scaling
    return {
        "format": FORMAT,
        "name": trigger.name,
        "layout": {
            "name": layout.name,
            "fields": layout.rows(),
        },
        "scaling": {
            "formula": "(x - offset) >> shift",
            "offsets": list(scaling.offsets),
            "shifts": list(scaling.shifts),
            "working_type": str(scaling.working),
            "result_type": scaling.result.spelling,
        },
        "network": [layer_document(layer) for layer in trigger.network.layers],
        "score": {"formula": trigger.score.function.value, "type": str(trigger.score.result)},
        "thresholds": dict(trigger.thresholds),
        "provenance": dict(trigger.provenance),
    }


def _trigger(document: dict[str, Any]) -> TriggerAlgorithm:
    layout = InputLayout.from_rows(document["layout"]["name"], document["layout"]["fields"])
    part = document["scaling"]
    scaling = Scaling(
        layout=layout, offsets=tuple(part["offsets"]), shifts=tuple(part["shifts"]),
        working=FixedType.from_cpp(part["working_type"]),
        result=TensorType.from_spelling(part["result_type"]),
    )  # fmt: skip
    return TriggerAlgorithm(
        name=document["name"],
        scaling=scaling,
        network=FrozenNetwork(
            n_inputs=layout.n_inputs, input_type=scaling.result,
            layers=tuple(layer_from(layer) for layer in document["network"]),
        ),
        score=Score(FixedType.from_cpp(document["score"]["type"]), ScoreFunction(document["score"]["formula"])),
        thresholds=document["thresholds"],
        provenance=document["provenance"],
    )  # fmt: skip


def _parsed(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except FileNotFoundError:
        raise TriggerFileError(f"{path}: no such file; `l1ad freeze` writes it") from None
    except OSError as fault:
        raise TriggerFileError(f"{path}: {fault.strerror or fault}") from None
    except (ValueError, RecursionError) as fault:
        raise TriggerFileError(f"{path}: not JSON ({fault}); is the file complete?") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        said = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise TriggerFileError(f"{path}: format {said!r} is not {FORMAT!r}")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice, of which JSON takes the last in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key stands twice among {', '.join(key for key, _ in pairs)}")
    return found


def _digests(document: dict[str, Any]) -> dict[str, str]:
    return {
        "algorithm": _digest({key: document[key] for key in _SCORE_PARTS}),
        "trigger": _digest({key: part for key, part in document.items() if key != "provenance"}),
    }


def _digest(part: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(part).encode()).hexdigest()


def _canonical(part: dict[str, Any]) -> str:
    return json.dumps(part, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _readable(value: Any, indent: int = 0) -> str:
    """Lay JSON out with one object key or one matrix row a line, so that a person can read and diff it."""
    pad, inner = " " * indent, " " * (indent + 1)
    if isinstance(value, dict) and value:
        rows = [f"{inner}{json.dumps(key)}: {_readable(one, indent + 1)}" for key, one in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    if isinstance(value, list) and any(isinstance(one, list | dict) for one in value):
        rows = [f"{inner}{_readable(one, indent + 1)}" for one in value]
        return "[\n" + ",\n".join(rows) + f"\n{pad}]"
    return json.dumps(value, allow_nan=False)
