"""An hls4ml project as it stands in its files, with number formats and constants looked up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from l1ad.core.fixed import FixedType
from l1ad.exchange.hls4ml.text import Declaration, shortened
from l1ad.exchange.imported import ModelFileError

__all__ = ["STRUCT", "Config", "Constants", "Function", "Hls4mlSource", "Port"]

_WHOLE = re.compile(r"(-?\d+)[uUlL]*", re.ASCII)
_DEEPEST = 20
"""Names that may stand for one another in a row; more are taken for a circle."""

STRUCT = "struct"
"""What stands for a type that is a structure."""

_NOT_FIXED = {"float", "double", "half", "int", "unsigned", "bool"}


@dataclass(frozen=True, slots=True)
class Config:
    """A `struct configN : nnet::dense_config`: its constants and types as text, and the templates it chose."""

    name: str
    base: str
    numbers: Mapping[str, str]
    types: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Constants:
    """An array of constants: the name of its type, its size as text, and its values as text."""

    type_name: str
    size: str
    values: str


@dataclass(frozen=True, slots=True)
class Port:
    """An array that the network is given or gives: name, name of its type, size as text."""

    name: str
    type_name: str
    size: str


@dataclass(frozen=True, slots=True)
class Function:
    """The network's function: name, ports and statements."""

    name: str
    ports: tuple[Port, ...]
    statements: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hls4mlSource:
    """Everything that the files of a project say, as synthesis sees them.

    Attributes:
        root: Folder of the sources.
        function: The network.
        types: Type definitions: name to C++.
        numbers: Named constants: name to C++.
        configs: Layer configurations by name.
        arrays: Arrays of constants by name; those without values are left out.
        text_files: Names of the text files that C simulation reads arrays from instead.
        layer_names: Name of the layer in the comment behind a call, by the call's text without spaces.
    """

    root: Path
    function: Function
    types: Mapping[str, str]
    numbers: Mapping[str, str]
    configs: Mapping[str, Config]
    arrays: Mapping[str, Constants]
    text_files: Mapping[str, str]
    layer_names: Mapping[str, str]

    def config(self, name: str) -> Config:
        """Find a layer configuration.

        Raises:
            ModelFileError: If there is none of that name.
        """
        if name not in self.configs:
            raise ModelFileError(
                f"{self.root}/parameters.h: no 'struct {name}', which {self.function.name} uses"
            )
        return self.configs[name]

    def number(self, text: str, config: Config | None = None, *, depth: int = 0) -> int:
        """Evaluate a whole number: a literal, a named constant, or a product of such."""
        product = 1
        for factor in text.split("*"):
            word = factor.strip()
            scope = config.numbers if config is not None else {}
            following = scope.get(word, self.numbers.get(word))
            if literal := _WHOLE.fullmatch(word):
                product *= int(literal[1])
            elif following is None or depth > _DEEPEST:
                place = f"struct {config.name}: " if config is not None else ""
                raise ModelFileError(f"{self.root}: {place}{shortened(word)!r} is not a known whole number")
            else:
                product *= self.number(following, config, depth=depth + 1)
        return product

    def value(self, config: Config, name: str, default: int | None = None) -> int:
        """Evaluate a number of a layer configuration."""
        if name not in config.numbers:
            if default is not None:
                return default
            raise ModelFileError(f"{self.root}/parameters.h: struct {config.name} does not say {name}")
        return self.number(config.numbers[name], config)

    def spelling(self, name: str, config: Config | None = None) -> str:
        """Follow type definitions to the end: `model_default_t` gives `ap_fixed<16,6>`.

        Raises:
            ModelFileError: If a layer configuration does not name such a type.
        """
        spelled = name.strip()
        if config is not None:
            if name not in config.types:
                raise ModelFileError(f"{self.root}/parameters.h: struct {config.name} does not say {name}")
            spelled = config.types[name]
        seen: set[str] = set()
        while spelled not in seen:
            seen.add(spelled)
            plain = spelled if "<" in spelled else spelled.rpartition("::")[2]
            spelled = self.types.get(plain, spelled)
        return spelled

    def fixed(self, name: str, config: Config | None = None) -> FixedType:
        """Find the number format behind a type, or behind a type of a layer configuration.

        Raises:
            ModelFileError: If it is not defined, or is none of `ap_fixed`, `ap_ufixed`, `ap_int`, `ap_uint`.
        """
        spelled = self.spelling(name, config)
        if spelled.startswith("nnet::array"):
            raise ModelFileError(
                f"{self.root}: type {name} is {spelled}: an io_stream project; only io_parallel is read"
            )
        if spelled == STRUCT:
            raise ModelFileError(
                f"{self.root}: type {name} is a struct; compressed and exponential weights are not read"
            )
        if re.fullmatch(r"[\w:]+", spelled) and spelled not in _NOT_FIXED:
            raise ModelFileError(
                f"{self.root}/defines.h: type {spelled!r} is used but not defined; is the file whole?"
            )
        # The fifth parameter says nothing unless the type wraps; some write AP_SAT there, which is 0.
        fifth = re.sub(r", ?AP_SAT ?>$", ">", spelled) if spelled.count(",") == 4 else spelled
        try:
            return FixedType.from_cpp(fifth)
        except ValueError as error:
            raise ModelFileError(f"{self.root}: type {name}: {error}") from None
