"""Layout files: those that ship, a user's own, there and back, and what is refused."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.config.layout import find_layout, layout_document, save_layout, shipped_layouts
from l1ad.core.errors import ConfigError
from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.core.layouts import regions_18x14, ugt_57

SHIPPED = {"lepton_plus_x": 21, "z_gamma": 18, "constituents_100x3": 300}


def test_each_layout_that_ships_is_named_as_its_file_and_has_its_inputs() -> None:
    assert set(shipped_layouts()) == set(SHIPPED)
    for name, n_inputs in SHIPPED.items():
        layout = find_layout(name)
        assert (layout.name, layout.n_inputs) == (name, n_inputs)


def test_lepton_plus_x_has_the_features_of_the_paper_by_name() -> None:
    assert find_layout("lepton_plus_x").names == (
        "lepton_pt", "lepton_charged_isolation", "lepton_neutral_isolation", "lepton_photon_isolation",
        "lepton_charge", "lepton_is_electron", "st", "n_jets", "jets_mass", "n_b_jets", "met_parallel",
        "met_orthogonal", "transverse_mass", "n_muons", "muons_mass", "muons_pt", "n_electrons",
        "electrons_mass", "electrons_pt", "n_charged_hadrons", "n_neutral_hadrons",
    )  # fmt: skip


def test_the_features_of_a_table_are_there_in_every_event() -> None:
    assert {field.object_type for field in find_layout("z_gamma").fields} == {FEATURE}


def test_constituents_are_numbered_objects_of_three_quantities() -> None:
    names = find_layout("constituents_100x3").names
    assert names[:4] == (
        "constituent_1_pt",
        "constituent_1_eta_rel",
        "constituent_1_phi_rel",
        "constituent_2_pt",
    )
    assert names[-1] == "constituent_100_phi_rel"


def test_the_layouts_of_the_core_are_found_by_name() -> None:
    assert find_layout("ugt_57") == ugt_57()


OWN: dict[str, Any] = {
    "name": "own",
    "features": [
        {"name": "st", "unit": "GeV", "step": 0.1, "max": 102.3, "description": "a sum"},
        {"name": "met_parallel", "unit": "GeV", "step": 0.5, "min": -512, "max": 511.5},
        {"name": "phi", "unit": "rad", "step": 2 * math.pi / 144, "max": 143 * 2 * math.pi / 144},
        {"name": "n_jets", "step": 1, "max": 31},
    ],
}


def own(tmp_path: Path, **changes: Any) -> Path:
    """Write the layout above with changes: to the layout, or with `feature_` to its first feature."""
    document = {key: value for key, value in OWN.items() if key not in changes}
    first = {k.removeprefix("feature_"): v for k, v in changes.items() if k.startswith("feature_")}
    document |= {k: v for k, v in changes.items() if not k.startswith("feature_") and v is not None}
    if "features" in document and first:
        document["features"] = [{**OWN["features"][0], **first}, *OWN["features"][1:]]
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_ends_in_physical_units_become_integers(tmp_path: Path) -> None:
    layout = find_layout(str(own(tmp_path)))
    rows = [(f.name, f.lsb, f.unit, f.raw_min, f.raw_max) for f in layout.fields]
    assert rows == [
        ("st", 0.1, "GeV", 0, 1023),
        ("met_parallel", 0.5, "GeV", -1024, 1023),
        ("phi", 2 * math.pi / 144, "rad", 0, 143),
        ("n_jets", 1.0, "1", 0, 31),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"feature_max": 10.25},
            "max 10.25 of 'st' is not a multiple of its step 0.1; the nearest are 10.2 and 10.3",
        ),
        ({"feature_min": -0.05}, "min -0.05 of 'st' is not a multiple of its step 0.1"),
        ({"feature_min": 1.0}, "features.0.min = 1.0: input should be less than or equal to 0"),
        ({"feature_max": 0}, "features.0.max = 0: input should be greater than 0"),
        ({"feature_step": 0}, "features.0.step = 0: input should be greater than 0"),
        ({"feature_name": "jet pt"}, "quantity 'jet pt' is not a C++ identifier"),
        ({"feature_name": "n_jets"}, "layout 'own' names an input twice"),
        ({"feature_stepp": 1}, "unknown key 'features.0.stepp'; did you mean 'step'?"),
        (
            {"feature_unit": "rad"},
            "'st' is an angle from 0, which comes round, but its full turn would be 102.4",
        ),
        ({"features": None}, "a layout has either 'features' or 'images'"),
        ({"name": "ugt_57"}, "'ugt_57' is the name of a layout that l1ad knows; choose another"),
        (
            {"images": {"object": "jet", "slots": 2, "quantities": [{"name": "pt", "step": 1, "max": 9}]}},
            "a layout has either 'features' or 'images'",
        ),
        (
            {
                "features": None,
                "images": {"object": "met", "slots": 2, "quantities": [{"name": "pt", "step": 1, "max": 9}]},
            },
            "objects of type 'met' have no slots",
        ),
    ],
)
def test_an_impossible_layout_is_refused_with_its_key(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        find_layout(str(own(tmp_path, **changes)))
    assert words in str(refused.value)
    assert "own.yaml" in str(refused.value)


def test_an_unknown_layout_is_told_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'lepton' is no layout; there are ugt_57, .*lepton_plus_x, z_gamma"):
        find_layout("lepton")
    with pytest.raises(ConfigError, match=r"gone\.yaml: no such configuration file"):
        find_layout("gone.yaml")


@pytest.mark.parametrize("name", [*SHIPPED, "regions_18x14"])
def test_a_layout_that_is_saved_is_found_again(tmp_path: Path, name: str) -> None:
    layout = InputLayout(name="mine", fields=find_layout(name).fields)
    save_layout(layout, tmp_path / "new" / "mine.yaml")
    assert find_layout(str(tmp_path / "new" / "mine.yaml")) == layout


steps = st.one_of(st.integers(-40, 40).map(lambda power: 2.0**power), st.floats(1e-9, 1e9))


@st.composite
def features(draw: st.DrawFn) -> tuple[InputField, ...]:
    n_features = draw(st.integers(1, 8))
    return tuple(
        InputField(
            object_type=FEATURE, slot=0, quantity=f"x_{i}", lsb=draw(steps),
            unit=draw(st.sampled_from(["1", "GeV"])),
            raw_min=draw(st.integers(-(2**40), 0)), raw_max=draw(st.integers(1, 2**40)),
        )
        for i in range(n_features)
    )  # fmt: skip


@given(fields=features())
@settings(max_examples=60, deadline=None)
def test_any_features_come_back_from_a_file(tmp_path_factory: pytest.TempPathFactory, fields: Any) -> None:
    layout = InputLayout(name="drawn", fields=fields)
    path = tmp_path_factory.mktemp("layout") / "drawn.yaml"
    save_layout(layout, path)
    assert find_layout(str(path)) == layout


def test_objects_of_several_kinds_have_no_layout_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="layout 'ugt_57' has objects of several kinds"):
        save_layout(ugt_57(), tmp_path / "ugt.yaml")
    assert layout_document(regions_18x14())["images"]["slots"] == 252
