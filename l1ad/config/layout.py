"""Layouts of a user's own: features of a table or constituents of a jet, each with its unit, step and range."""

import math
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section, load_config
from l1ad.core.errors import ConfigError
from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.core.layouts import known_layouts
from l1ad.core.trigger_file import write_text_safely

__all__ = [
    "FeatureConfig",
    "ImagesConfig",
    "LayoutConfig",
    "find_layout",
    "layout_document",
    "save_layout",
    "shipped_layouts",
]

_TOLERANCE = 1e-6
"""Part of a step by which an end may miss a multiple: 2π/144 has no end of digits."""


class FeatureConfig(Section):
    """One number of an event or of an object, in steps of the hardware."""

    name: str = Field(description="Name of the column; letters, digits and '_'")
    unit: str = Field("1", min_length=1, description="GeV, rad, or 1 for numbers and pseudorapidity")
    step: float = Field(gt=0, description="One hardware step, in the unit")
    min: float = Field(0.0, le=0, description="Lowest value, a multiple of the step")
    max: float = Field(gt=0, description="Highest value, a multiple of the step")
    description: str = Field("", description="What it is, for people")

    def field(self, object_type: str, slot: int) -> InputField:
        """Give the input that this is for an object."""
        return InputField(
            object_type=object_type, slot=slot, quantity=self.name, lsb=self.step, unit=self.unit,
            raw_min=round(self.min / self.step), raw_max=round(self.max / self.step),
        )  # fmt: skip

    @model_validator(mode="after")
    def _ends_are_steps(self) -> "FeatureConfig":
        for end, value in (("min", self.min), ("max", self.max)):
            steps = value / self.step
            if abs(steps - round(steps)) > _TOLERANCE + 1e-12 * abs(steps):
                below, above = math.floor(steps) * self.step, math.ceil(steps) * self.step
                raise at_keys(
                    f"{end} {value:g} of {self.name!r} is not a multiple of its step {self.step:g}; the "
                    f"nearest are {below:g} and {above:g}",
                    end,
                    "step",
                )
        field = self.field(FEATURE, 0)
        turn = (field.raw_max + 1) * field.lsb
        if self.unit == "rad" and field.raw_min == 0 and abs(turn - 2 * math.pi) > field.lsb / 2:
            raise at_keys(
                f"{self.name!r} is an angle from 0, which comes round, but its full turn would be {turn:g}; "
                "let it end a step before 2π, give it a negative min, or the unit 1",
                "max",
            )
        return self


class ImagesConfig(Section):
    """Lists of equal objects, such as the constituents of a jet, ordered by pT."""

    object: str = Field(description="Type of the objects; begins the name of each input")
    slots: int = Field(ge=1, le=4096, description="Objects of an event that are read")
    quantities: tuple[FeatureConfig, ...] = Field(min_length=1, description="Numbers of each object, in order")


class LayoutConfig(Section):
    """An input layout: either features or images."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$", description="Name that event files and triggers bear")
    description: str = Field("", description="What it is, for people")
    features: tuple[FeatureConfig, ...] = Field(
        (), description="Numbers of an event, in the order of the inputs"
    )
    images: ImagesConfig | None = Field(None, description="Instead of features: a list of equal objects")

    @property
    def layout(self) -> InputLayout:
        """The layout."""
        if self.images is None:
            return InputLayout(name=self.name, fields=tuple(one.field(FEATURE, 0) for one in self.features))
        cells = product(range(self.images.slots), self.images.quantities)
        fields = tuple(quantity.field(self.images.object, slot) for slot, quantity in cells)
        return InputLayout(name=self.name, fields=fields)

    @model_validator(mode="after")
    def _is_one_layout(self) -> "LayoutConfig":
        if bool(self.features) == (self.images is not None):
            raise at_keys("a layout has either 'features' or 'images'", "features", "images")
        if self.images is not None and self.images.object in (FEATURE, "met"):
            raise at_keys(
                f"objects of type {self.images.object!r} have no slots; name them otherwise",
                ("images", "object"),
            )
        known, layout = known_layouts().get(self.name), self.layout
        if known is not None and known != layout:
            raise at_keys(f"{self.name!r} is the name of a layout that l1ad knows; choose another", "name")
        return self


def shipped_layouts() -> dict[str, Path]:
    """List the layout files that ship, by name."""
    folder = Path(str(files("l1ad.config") / "layouts"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_layout(source: str) -> InputLayout:
    """Find a layout by the name of one that is known or ships, or by the path of a YAML file.

    Raises:
        ConfigError: If there is none of that name, or the file says something impossible.
    """
    known, shipped = known_layouts(), shipped_layouts()
    if source in known:
        return known[source]
    path = shipped.get(source, Path(source))
    if path.suffix in (".yaml", ".yml") or path.exists():
        return load_config(path, LayoutConfig).layout
    names = ", ".join((*known, *shipped))
    raise ConfigError(f"{source!r} is no layout; there are {names}, or give the path of a YAML file")


def layout_document(layout: InputLayout) -> dict[str, Any]:
    """Lay out features, or lists of one kind of object, as a YAML file holds them.

    Raises:
        ConfigError: If the layout has objects of several kinds.
    """
    kinds = {field.object_type for field in layout.fields}
    if kinds == {FEATURE}:
        return {"name": layout.name, "features": [_described(field) for field in layout.fields]}
    slots = 1 + max(field.slot for field in layout.fields)
    quantities = [_described(field) for field in layout.fields if field.slot == 0]
    images = {"object": layout.fields[0].object_type, "slots": slots, "quantities": quantities}
    document = {"name": layout.name, "images": images}
    if kinds & {"met"} or LayoutConfig.model_validate({**document, "name": "_"}).layout.fields != layout.fields:
        raise ConfigError(
            f"layout {layout.name!r} has objects of several kinds, which a layout file cannot say"
        )
    return document


def save_layout(layout: InputLayout, path: Path) -> None:
    """Write a layout file that `find_layout` reads.

    Raises:
        ConfigError: If the layout has objects of several kinds.
    """
    text = yaml.safe_dump(layout_document(layout), sort_keys=False, allow_unicode=True)
    write_text_safely(path, text)


def _described(field: InputField) -> dict[str, Any]:
    ends = {"min": field.raw_min * field.lsb, "max": field.raw_max * field.lsb}
    return {"name": field.quantity, "unit": field.unit, "step": field.lsb, **ends}
