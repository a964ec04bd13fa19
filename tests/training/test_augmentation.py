"""Changed views of events: properties that hold for every draw, on simulated zero bias."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.layout import find_layout
from l1ad.config.training import AugmentationConfig
from l1ad.core.errors import ConfigError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import hlt_57, regions_18x14, ugt_57
from l1ad.data.event_file import read_events
from l1ad.data.samples import shipped_samples
from l1ad.training.augmentation import Augmentation
from l1ad.training.inputs import InputMap, hardware_inputs, standardised_inputs
from l1ad.training.scaling import chosen_scaling

Raw = NDArray[np.int64]
INPUT_TYPE = FixedType.from_cpp("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")
EVENTS = read_events(shipped_samples()["zero_bias"], stop=3000)
LAYOUT, RAW = EVENTS.layout, EVENTS.inputs_raw.astype(np.int64)
PRESENT = LAYOUT.present(RAW)
SCALING = chosen_scaling(EVENTS, INPUT_TYPE)
MAPS = {
    "cast": hardware_inputs(SCALING, INPUT_TYPE),
    "cut off": hardware_inputs(SCALING, FixedType.from_cpp("ap_fixed<6,2,AP_TRN,AP_SAT>")),
    "not cast": hardware_inputs(SCALING, None),
    "standardised": standardised_inputs(LAYOUT, RAW),
}
EVERYTHING = AugmentationConfig(mask_objects=0.2, rotate_phi=True, smear_pt=0.3)


def seed(number: int = 1) -> Any:
    import keras

    return keras.random.SeedGenerator(number)


def view(inputs: InputMap, *, raw: Raw = RAW, **asked: Any) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Give a view of events, and the objects left in it."""
    augmentation = Augmentation(inputs, AugmentationConfig(**asked))
    shown, present = augmentation(inputs.shown(raw), inputs.layout.present(raw), seed())
    return np.asarray(shown), np.asarray(present)


def raw_view(**asked: Any) -> Raw:
    """Give a view in hardware integers, which without a cast are exact."""
    inputs = MAPS["not cast"]
    shown, _ = view(inputs, **asked)
    integers = shown.astype(np.float64) / inputs.scale + inputs.offset
    np.testing.assert_array_equal(integers, np.rint(integers))
    return integers.astype(np.int64)


def columns(chosen: Callable[[InputField], bool]) -> NDArray[np.int64]:
    return np.flatnonzero([chosen(field) for field in LAYOUT.fields])


PHI, PT = columns(lambda f: f.quantity == "phi"), columns(lambda f: f.quantity == "pt")


def test_without_an_augmentation_nothing_changes() -> None:
    inputs = MAPS["cast"]
    augmentation = Augmentation(inputs, AugmentationConfig())
    for present in (PRESENT, PRESENT.astype(np.float32)):
        shown, still = augmentation(inputs.shown(RAW), present, seed())
        np.testing.assert_array_equal(shown, inputs.shown(RAW))
        np.testing.assert_array_equal(still, present)
        assert np.asarray(still).dtype == present.dtype


@pytest.mark.parametrize("kind", MAPS)
def test_every_value_is_one_that_the_map_shows_of_some_hardware_integer(kind: str) -> None:
    inputs = MAPS[kind]
    shown, present = view(inputs, **EVERYTHING.model_dump())
    ramp = np.minimum(np.arange(LAYOUT.raw_max.max() + 1)[:, None], LAYOUT.raw_max)
    known = inputs.shown(np.where(np.isin(np.arange(57), PT), np.maximum(ramp, 1), ramp))
    for column in (*PHI, *PT):
        here = present[:, column]
        assert np.isin(shown[here, column], known[:, column]).all(), LAYOUT.names[column]
        assert here.sum() == 0 or len(np.unique(shown[here, column])) > 1
    others = np.setdiff1d(np.arange(57), [*PHI, *PT])
    np.testing.assert_array_equal(
        shown[:, others][present[:, others]], inputs.shown(RAW)[:, others][present[:, others]]
    )
    np.testing.assert_array_equal(shown[~present], np.broadcast_to(inputs.absent, shown.shape)[~present])
    if kind == "standardised":
        assert (shown[~present] == 0).all()


def test_a_rotation_keeps_the_angles_between_objects() -> None:
    turned = raw_view(rotate_phi=True)
    np.testing.assert_array_equal(turned[~PRESENT], RAW[~PRESENT])
    np.testing.assert_array_equal(np.delete(turned, PHI, axis=1), np.delete(RAW, PHI, axis=1))
    angles = []
    for steps, some in ((576, columns(lambda f: f.quantity == "phi" and f.object_type == "mu")),
                        (144, columns(lambda f: f.quantity == "phi" and f.object_type != "mu"))):  # fmt: skip
        by = np.where(PRESENT[:, some], (turned - RAW)[:, some] % steps, -1)
        largest = by.max(axis=1, keepdims=True)
        assert ((by == largest) | (by == -1)).all()
        assert (turned[:, some][PRESENT[:, some]] < steps).all()
        angles.append(np.where(largest[:, 0] < 0, np.nan, largest[:, 0] / steps))
    muons, others = angles
    apart = np.abs((muons - others + 0.5) % 1 - 0.5)[np.isfinite(muons) & np.isfinite(others)]
    assert len(apart) > 10
    assert apart.max() <= 0.5 / 144 + 0.5 / 576 + 1e-12
    drawn = others[np.isfinite(others)]
    assert len(np.unique(drawn)) > 130
    assert abs(np.exp(2j * math.pi * drawn).mean()) < 4 / math.sqrt(len(drawn))


def test_through_the_cast_angles_are_kept_to_a_step_of_the_grid() -> None:
    inputs = MAPS["cast"]
    shown, _ = view(inputs, rotate_phi=True)
    before = inputs.shown(RAW)
    first, second = (LAYOUT.names.index(f"jet_{n}_phi") for n in (1, 2))
    both = PRESENT[:, first] & PRESENT[:, second]
    turn = 144 * inputs.scale[first]
    change = (shown[:, first] - shown[:, second] - before[:, first] + before[:, second])[both]
    apart = np.abs((change + turn / 2) % turn - turn / 2)
    assert both.sum() > 500
    assert apart.max() <= max(2.0**-INPUT_TYPE.fraction, inputs.scale[first])


def test_whole_objects_are_taken_away_as_often_as_asked() -> None:
    masked = raw_view(mask_objects=0.25)
    for pt in PT:
        of_object = np.flatnonzero(LAYOUT.pt_of_input == pt)
        gone = masked[:, pt] == 0
        assert (masked[gone][:, of_object] == 0).all()
        np.testing.assert_array_equal(masked[~gone][:, of_object], RAW[~gone][:, of_object])
    there, taken = PRESENT[:, PT], PRESENT[:, PT] & (masked[:, PT] == 0)
    expected, spread = 0.25 * there.sum(), math.sqrt(0.25 * 0.75 * there.sum())
    assert abs(taken.sum() - expected) < 4 * spread
    assert taken[:, 0].sum() > 0  # MET is an object too
    n = int((there[:, 9] & there[:, 10]).sum())
    together = int((taken[:, 9] & taken[:, 10]).sum())
    assert abs(together - n / 16) < 4 * math.sqrt(n / 16)


def test_a_smeared_pt_has_the_mean_and_the_width_asked_for() -> None:
    raw = np.zeros((4000, 57), dtype=np.int64)
    pt, muon_pt = LAYOUT.names.index("jet_1_pt"), LAYOUT.names.index("mu_1_pt")
    raw[:, pt], raw[:, muon_pt] = 800, 201
    inputs = MAPS["not cast"]
    shown, _ = view(inputs, raw=raw, smear_pt=0.1)
    smeared = shown / inputs.scale + inputs.offset
    for ratio in (smeared[:, pt] / 800, (smeared[:, muon_pt] - 1) / 200):
        assert abs(ratio.mean() - 1) < 4 * 0.1 / math.sqrt(4000)
        assert abs(ratio.std() - 0.1) < 4 * 0.1 / math.sqrt(8000)
    rest = np.delete(np.arange(57), [pt, muon_pt])
    np.testing.assert_array_equal(smeared[:, rest], 0)


def test_a_smeared_pt_stays_between_one_step_and_the_end_of_its_word() -> None:
    raw = np.zeros((500, 57), dtype=np.int64)
    for name, steps in (("jet_1_pt", 2000), ("jet_2_pt", 1), ("mu_1_pt", 1), ("eg_1_pt", 500)):
        raw[:, LAYOUT.names.index(name)] = steps
    inputs = MAPS["not cast"]
    shown, present = view(inputs, raw=raw, smear_pt=0.9)
    smeared = (shown / inputs.scale + inputs.offset)[:, PT]
    there = LAYOUT.present(raw)[:, PT]
    assert smeared[there].min() == 1
    assert (smeared <= LAYOUT.raw_max[PT]).all()
    assert (smeared == LAYOUT.raw_max[PT])[there].any()
    # The first index of a muon is 0 GeV, and no factor makes it more.
    assert (smeared[:, [LAYOUT.names[c] for c in PT].index("mu_1_pt")] == 1).all()
    np.testing.assert_array_equal(present, LAYOUT.present(raw))


def test_what_is_left_in_the_place_of_an_absent_object_is_not_touched() -> None:
    raw = RAW.copy()
    jet = LAYOUT.names.index("jet_10_phi")
    raw[:, jet] = 17
    shown, present = view(MAPS["not cast"], raw=raw, **EVERYTHING.model_dump())
    absent = ~LAYOUT.present(raw)[:, jet]
    assert absent.sum() > 100
    np.testing.assert_array_equal(shown[absent, jet], MAPS["not cast"].shown(raw)[absent, jet])
    assert not present[absent, jet].any()


def test_compiled_draws_differ_from_call_to_call_and_repeat_from_the_state() -> None:
    import tensorflow as tf

    inputs = MAPS["cast"]
    augmentation, shown = Augmentation(inputs, EVERYTHING), inputs.shown(RAW[:64])
    given = tf.constant(shown), tf.constant(PRESENT[:64].astype(np.float32))
    random = seed(7)
    compiled = tf.function(lambda events, present: augmentation(events, present, random), jit_compile=True)
    first, second = compiled(*given), compiled(*given)
    assert (first[0].numpy() != second[0].numpy()).any()
    assert (first[1].numpy() != second[1].numpy()).any()
    random.state.assign(seed(7).state)
    for one, other in zip(first, compiled(*given), strict=True):
        np.testing.assert_array_equal(one, other)


def test_finer_steps_are_read_back_too() -> None:
    layout = hlt_57()
    rng = np.random.default_rng(2)
    raw = rng.integers(layout.raw_min, layout.raw_max + 1, (300, 57))
    raw[:, layout.pt_of_input] = np.maximum(raw[:, layout.pt_of_input], 1)
    inputs = standardised_inputs(layout, raw)
    shown, _ = view(inputs, raw=raw, rotate_phi=True)
    phi = layout.names.index("jet_4_phi")
    integers = shown[:, phi].astype(np.float64) / inputs.scale[phi] + inputs.offset[phi]
    np.testing.assert_allclose(integers, np.rint(integers), atol=2e-3)
    other = layout.names.index("mu_1_phi")
    others = shown[:, other].astype(np.float64) / inputs.scale[other] + inputs.offset[other]
    change = np.rint(integers - others).astype(np.int64) - raw[:, phi] + raw[:, other]
    assert (change % 2**14 == 0).all()


def one_object(*quantities: tuple[str, float, str, int, int]) -> InputMap:
    rows = [("tau", 0, *quantity) for quantity in quantities]
    layout = InputLayout.from_rows("one_tau", rows)
    ones = np.ones(len(rows))
    return InputMap(layout=layout, offset=0 * ones, scale=ones, grid=None)


def plain_map(layout: InputLayout, grid: FixedType | None = None) -> InputMap:
    ones = np.ones(layout.n_inputs)
    return InputMap(layout=layout, offset=0 * ones, scale=ones, grid=grid)


@pytest.mark.parametrize(
    ("inputs", "asked", "words"),
    [
        (plain_map(find_layout("lepton_plus_x")), {"mask_objects": 0.1}, "has no objects"),
        (plain_map(regions_18x14()), {"rotate_phi": True}, "no object with phi, which augmentation.rotate_phi"),
        (one_object(("phi", 0.1, "rad", -10, 10)), {"rotate_phi": True}, "21 of the 63 steps of a turn"),
        (one_object(("pt", 0.1, "GeV", 0, 1 << 17)), {"smear_pt": 0.1}, "up to 16 bits, not 131073 steps"),
        (
            plain_map(ugt_57(), FixedType.from_cpp("ap_fixed<8,8>")),
            {"smear_pt": 0.1},
            "'met_pt' does not fit ap_fixed<8,8>, where far values look alike",
        ),
    ],
)
def test_what_could_not_be_changed_is_refused(inputs: InputMap, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Augmentation(inputs, AugmentationConfig(**asked))
