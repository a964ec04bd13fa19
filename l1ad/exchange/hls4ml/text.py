"""The C++ text of an hls4ml project, cut into declarations; no compiler, only what such files hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from l1ad.exchange.imported import ModelFileError

__all__ = ["Declaration", "declarations", "preprocessed", "shortened", "split_arguments"]

_COMMENT_OR_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_PUNCTUATION = re.compile(r'"(?:\\.|[^"\\\n])*"|[;{}]')
_DIRECTIVE = re.compile(r"^\s*#\s*(\w+)\s*(.*?)\s*$")
_CONDITION = re.compile(r"^(?P<not>!?)\s*defined\s*\(?\s*(?P<name>\w+)\s*\)?$")
_LIBRARIES = {"nnet_utils", "ap_types", "ac_types"}


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration or statement: the text before `;` or `{`, and what stands in the braces, if any."""

    head: str
    body: str | None


def preprocessed(path: Path, root: Path, *, defined: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Give a file without comments and directives, with the project's own headers in their places.

    Every file is taken once. Headers of hls4ml and of the vendor are left out.

    Args:
        path: The file.
        root: Folder of the project's sources; headers are searched beside `path` and here.
        defined: Macros that are defined from the start, e.g. `__SYNTHESIS__`.

    Returns:
        The text, and the values of the macros it defines.

    Raises:
        ModelFileError: If a condition is not understood, or a file cannot be read.
    """
    macros = dict.fromkeys(defined, "")
    lines: list[str] = []
    _preprocess(path, root, macros, set(), lines)
    return "\n".join(lines), macros


def _preprocess(path: Path, root: Path, macros: dict[str, str], seen: set[Path], lines: list[str]) -> None:
    seen.add(path.resolve())
    taken: list[bool] = []  # one entry for every condition that is open
    for number, line in enumerate(_without_comments(path).split("\n"), start=1):
        directive = _DIRECTIVE.match(line)
        if directive is None:
            if all(taken):
                lines.append(line)
            continue
        word, rest = directive.groups()
        if word in ("if", "ifdef", "ifndef"):
            taken.append(all(taken) and _holds(word, rest, macros, f"{path}:{number}"))
        elif word in ("else", "elif", "endif") and not taken:
            raise ModelFileError(f"{path}:{number}: #{word} without #if")
        elif word == "else":
            taken[-1] = not taken[-1]
        elif word == "endif":
            taken.pop()
        elif word == "elif":
            raise ModelFileError(f"{path}:{number}: #elif is not read; hls4ml writes #ifdef and #ifndef")
        elif word == "define" and all(taken):
            name, _, value = rest.partition(" ")
            macros[name] = value.strip()
        elif word == "include" and all(taken):
            header = _own_header(rest, path, root)
            if header is not None and header.resolve() not in seen:
                _preprocess(header, root, macros, seen, lines)
    if taken:
        raise ModelFileError(f"{path}: an #if or #ifdef has no #endif; is the file whole?")


def _without_comments(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None
    joined = text.replace("\r\n", "\n").replace("\\\n", " ")
    # A comment keeps its line ends, so that messages name the right line.
    return _COMMENT_OR_STRING.sub(
        lambda found: found[0] if found[0][0] == '"' else " " + "\n" * found[0].count("\n"), joined
    )


def _holds(word: str, rest: str, macros: dict[str, str], where: str) -> bool:
    if word in ("ifdef", "ifndef"):
        return (rest in macros) == (word == "ifdef")
    condition = _CONDITION.match(rest)
    if condition is not None:
        return (condition["name"] in macros) != bool(condition["not"])
    if rest not in ("0", "1"):
        raise ModelFileError(f"{where}: the condition '#if {rest}' is not understood")
    return rest == "1"


def _own_header(rest: str, path: Path, root: Path) -> Path | None:
    """Find a header of the project; None for one of hls4ml, of the vendor or of C++.

    Projects that were moved name their headers by the path they once had; its last parts are tried too.
    """
    named = re.match(r'"([^"]+)"', rest)
    parts = Path(named[1]).parts if named else ()
    if not parts or _LIBRARIES & set(parts):
        return None
    tries = [path.parent.joinpath(*parts), *(root.joinpath(*parts[start:]) for start in range(len(parts)))]
    return next((header for header in tries if header.is_file()), None)


def declarations(text: str, where: str) -> Iterator[Declaration]:
    """Cut preprocessed text into declarations, in order; those in a namespace come out one by one.

    Raises:
        ModelFileError: If braces do not match.
    """
    closing = _closing_braces(text, where)
    start = 0
    skip_to = 0
    for found in _PUNCTUATION.finditer(text):
        if found.start() < skip_to or found[0][0] == '"':
            continue
        head = " ".join(text[start : found.start()].split())
        if found[0] == ";":
            if head:
                yield Declaration(head, None)
            start = found.end()
            continue
        body = text[found.end() : closing[found.start()]]
        start = skip_to = closing[found.start()] + 1
        if re.match(r"(inline )?namespace\b|extern \"C\"$", head):
            yield from declarations(body, where)
        else:
            yield Declaration(head, body)


def _closing_braces(text: str, where: str) -> dict[int, int]:
    """Find the closing brace of every opening one."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for found in _PUNCTUATION.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}":
            if not opened:
                raise ModelFileError(f"{where}: a closing brace too many; is the file whole?")
            closing[opened.pop()] = found.start()
    if opened:
        raise ModelFileError(f"{where}: {len(opened)} closing brace(s) too few; is the file whole?")
    return closing


def split_arguments(text: str) -> list[str]:
    """Cut at the commas that stand in no brackets: `ap_fixed<8,3>, config2` gives two."""
    parts = [""]
    depth = 0
    for piece in re.split(r"([<>(),\[\]])", text):
        depth += {"<": 1, "(": 1, "[": 1, ">": -1, ")": -1, "]": -1}.get(piece, 0)
        if piece == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts] if text.strip() else []


def shortened(text: str, length: int = 80) -> str:
    """Give a piece of C++ for a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 3]}..."
