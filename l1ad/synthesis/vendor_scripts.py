"""The Tcl that the vendor's tools run, from templates with @WORDS@ in them."""

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files

from l1ad.core.errors import ToolError

__all__ = ["Script", "fill_script"]

_WORD = re.compile(r"@([A-Z][A-Z_]*)@")
_CODE = re.compile(r"""[\[\]{}$"\\;\n\r]""")
"""What Tcl would take for its own."""


class Script(StrEnum):
    """The templates, by file name.

    The HLS scripts want the words NAME, NETWORK, PART and PERIOD_NS; the out-of-context script FILES (globs,
    with blanks between), TOP, PART, XDC and REPORTS (a folder), of paths as seen from where the script lies.
    """

    VITIS_HLS = "vitis_hls.tcl"
    VIVADO_HLS = "vivado_hls.tcl"
    VIVADO_OOC = "vivado_ooc.tcl"


def fill_script(script: Script, words: Mapping[str, str]) -> str:
    """Fill a template.

    Args:
        script: Which.
        words: Values by name; names that the template does not use do no harm.

    Raises:
        ToolError: If a word has no value, or a value holds a character that Tcl would run.
    """
    text = (files(__package__) / "templates" / script).read_text(encoding="utf-8")
    names = sorted(set(_WORD.findall(text)))
    unfilled = [name for name in names if not words.get(name, "").strip()]
    if unfilled:
        raise ToolError(f"{script}: no value for {', '.join(f'@{name}@' for name in unfilled)}")
    for name in names:
        if _CODE.search(words[name]):
            raise ToolError(
                f"{script}: @{name}@ would be {words[name]!r}, which Tcl would read as code; "
                'give a name or a path without any of [ ] { } $ " \\ ;'
            )
    return _WORD.sub(lambda found: words[found[1]], text)
