"""Texts of a form of their own, which an editor checks by a pattern while they are written."""

from typing import Annotated

from pydantic import AfterValidator, Field

from l1ad.core.fixed import FixedType, Overflow, Rounding

__all__ = ["FormatText", "RateText"]

_NUMBER = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_RATE = rf"^\s*{_NUMBER}\s*([kK]?[hH][zZ]|[eE][vV][eE][nN][tT][sS]\s*/\s*[dD][aA][yY])\s*$"
_MODES = rf"(,\s*({'|'.join(Rounding)})\s*(,\s*({'|'.join(Overflow)})\s*(,\s*0+\s*)?)?)?"
_FORMAT = rf"^\s*ap_(u?fixed\s*<\s*[0-9]+\s*,\s*-?[0-9]+\s*{_MODES}|u?int\s*<\s*[0-9]+\s*)>\s*$"


def _spelling(text: str) -> str:
    FixedType.from_cpp(text)
    return text


RateText = Annotated[str, Field(json_schema_extra={"pattern": _RATE})]
"""A rate as people write it, e.g. `1 kHz` or `50 events/day`; read where its stream is known."""

FormatText = Annotated[str, AfterValidator(_spelling), Field(json_schema_extra={"pattern": _FORMAT})]
"""A number format as C++ spells it."""
