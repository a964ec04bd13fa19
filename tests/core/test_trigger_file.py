import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import TriggerFileError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import numbered_inputs
from l1ad.core.network import (
    Activation,
    Conv2D,
    Dense,
    FrozenNetwork,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
)
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import (
    algorithm_digest,
    load_trigger,
    save_trigger,
    trigger_digest,
    write_text_safely,
)


def with_weight(trigger: TriggerAlgorithm, raw: int) -> TriggerAlgorithm:
    first, *others = trigger.network.layers
    assert isinstance(first, Dense)
    weights_raw = first.weights_raw.copy()
    weights_raw[5, 2] = raw
    layers = (replace(first, weights_raw=weights_raw), *others)
    return replace(trigger, network=replace(trigger.network, layers=layers))


def test_a_trigger_comes_back_from_its_file_whole(small_trigger: TriggerAlgorithm, saved: Path) -> None:
    loaded = load_trigger(saved)
    assert (loaded.name, loaded.scaling, loaded.score) == ("small", small_trigger.scaling, small_trigger.score)
    assert dict(loaded.thresholds) == {"tight": 4000, "loose": 800}
    assert dict(loaded.provenance) == {"data": "none", "seed": 2026}
    for before, after in zip(small_trigger.network.layers, loaded.network.layers, strict=True):
        if not isinstance(before, Dense):
            assert after == before
            continue
        assert isinstance(after, Dense)
        np.testing.assert_array_equal(after.weights_raw, before.weights_raw)
        np.testing.assert_array_equal(after.bias_raw, before.bias_raw)
        assert (after.name, after.accumulator) == (before.name, before.accumulator)
        assert (after.weight_type, after.bias_type) == (before.weight_type, before.bias_type)


def test_a_loaded_trigger_computes_and_digests_as_the_saved_one(
    small_trigger: TriggerAlgorithm, saved: Path
) -> None:
    loaded, layout = load_trigger(saved), small_trigger.layout
    inputs_raw = np.random.default_rng(9).integers(layout.raw_min, layout.raw_max + 1, size=(100, 57))
    before, after = (one.network.trace(one.scaling.apply(inputs_raw)) for one in (small_trigger, loaded))
    for name, raw in before.items():
        np.testing.assert_array_equal(after[name], raw)
    assert np.unique(before["mean"]).size > 10
    assert algorithm_digest(loaded) == algorithm_digest(small_trigger)
    assert trigger_digest(loaded) == trigger_digest(small_trigger)


def test_convolutions_pooling_and_an_output_as_score_come_back(tmp_path: Path) -> None:
    layout, word = numbered_inputs(16, width=4, signed=False), FixedType(4, 4, signed=False)
    scaling = Scaling(
        layout=layout, offsets=(0.0,) * 16, shifts=(0,) * 16, working=FixedType(6, 6),
        result=TensorType.uniform(word),
    )  # fmt: skip
    layers = (
        Reshape(name="image", input_shape=(16,), target_shape=(4, 4, 1)),
        Conv2D(
            name="conv", input_shape=(4, 4, 1), weights_raw=np.arange(8).reshape(2, 2, 1, 2), weight_type=word,
            bias_raw=np.array([1, 2]), bias_type=word, accumulator=FixedType(12, 12), strides=(2, 1),
            padding=Padding.SAME,
        ),
        Pooling2D(
            name="pool", function=PoolingFunction.AVERAGE, input_shape=(2, 4, 2), pool=(2, 2), strides=(2, 2)
        ),
        Reshape(name="flat", input_shape=(1, 2, 2), target_shape=(4,)),
        Dense(
            name="dense", weights_raw=np.ones((4, 1), dtype=np.int64), weight_type=word,
            bias_raw=np.zeros(1, dtype=np.int64), bias_type=word, accumulator=FixedType(20, 18),
        ),
    )  # fmt: skip
    score = Score(FixedType.from_cpp("ap_ufixed<16,12,AP_RND,AP_SAT>"), ScoreFunction.OUTPUT)
    network = FrozenNetwork(n_inputs=16, input_type=scaling.result, layers=layers)
    trigger = TriggerAlgorithm(name="image", scaling=scaling, network=network, score=score)
    save_trigger(trigger, tmp_path / "trigger.json")
    loaded = load_trigger(tmp_path / "trigger.json")
    inputs_raw = np.random.default_rng(1).integers(0, 16, (50, 16))
    before, after = (one.network.trace(one.scaling.apply(inputs_raw)) for one in (trigger, loaded))
    for name, raw in before.items():
        np.testing.assert_array_equal(after[name], raw)
    assert loaded.score == score
    assert algorithm_digest(loaded) == algorithm_digest(trigger)


def test_saving_a_loaded_trigger_writes_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save_trigger(load_trigger(saved), tmp_path / "deeper" / "again.json")
    assert (tmp_path / "deeper" / "again.json").read_bytes() == saved.read_bytes()


def test_types_of_each_element_come_back(small_trigger: TriggerAlgorithm, tmp_path: Path) -> None:
    *others, mean = small_trigger.network.layers
    assert isinstance(mean, Activation)
    each = TensorType((FixedType(9, 5), FixedType(4, 2, signed=False), FixedType(7, 4)))
    network = FrozenNetwork(
        n_inputs=57,
        input_type=small_trigger.network.input_type,
        layers=(*others, replace(mean, result=each)),
    )
    save_trigger(replace(small_trigger, network=network), tmp_path / "each.json")
    assert load_trigger(tmp_path / "each.json").network.output_type == each


def test_a_person_can_read_one_row_of_weights_on_one_line(small_trigger: TriggerAlgorithm, saved: Path) -> None:
    first = small_trigger.network.layers[0]
    assert isinstance(first, Dense)
    lines = [line.strip().rstrip(",") for line in saved.read_text().splitlines()]
    start = lines.index('"weights_raw": [') + 1
    rows = [json.loads(line) for line in lines[start : start + 57]]
    assert rows == first.weights_raw.tolist()
    assert lines[start + 57] == "]"
    assert '"tight": 4000' in lines


def test_thresholds_change_the_trigger_digest_but_not_that_of_the_algorithm(
    small_trigger: TriggerAlgorithm,
) -> None:
    other = small_trigger.with_thresholds({"tight": 4001, "loose": 800})
    assert algorithm_digest(other) == algorithm_digest(small_trigger)
    assert trigger_digest(other) != trigger_digest(small_trigger)


def test_the_name_changes_the_trigger_digest_but_not_that_of_the_algorithm(
    small_trigger: TriggerAlgorithm,
) -> None:
    other = replace(small_trigger, name="other")
    assert algorithm_digest(other) == algorithm_digest(small_trigger)
    assert trigger_digest(other) != trigger_digest(small_trigger)


def test_provenance_changes_no_digest(small_trigger: TriggerAlgorithm) -> None:
    other = replace(small_trigger, provenance={"data": "others"})
    assert algorithm_digest(other) == algorithm_digest(small_trigger)
    assert trigger_digest(other) == trigger_digest(small_trigger)


def test_one_weight_one_offset_or_the_score_word_changes_both_digests(
    small_trigger: TriggerAlgorithm,
) -> None:
    scaling = small_trigger.scaling
    others = [
        with_weight(small_trigger, 11),
        replace(small_trigger, scaling=replace(scaling, offsets=(21.0, *scaling.offsets[1:]))),
        replace(small_trigger, scaling=replace(scaling, shifts=(5, *scaling.shifts[1:]))),
        replace(small_trigger, score=Score(FixedType(18, 13, signed=False))),
    ]
    for digest_of in (algorithm_digest, trigger_digest):
        assert len({digest_of(one) for one in [small_trigger, *others]}) == 5


@pytest.mark.parametrize("entry", [object(), float("nan"), {1, 2}])
def test_provenance_that_json_cannot_hold_leaves_the_old_file_as_it_was(
    entry: object, small_trigger: TriggerAlgorithm, saved: Path
) -> None:
    before = saved.read_bytes()
    with pytest.raises(TriggerFileError, match=r"the provenance does not fit into JSON"):
        save_trigger(replace(small_trigger, provenance={"entry": entry}), saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["trigger.json"]


def test_a_write_that_fails_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "trigger.json"
    write_text_safely(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text_safely(path, "half \ud800")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["trigger.json"]


def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_text_safely(tmp_path / "safe", "text")
    (tmp_path / "plain").write_text("text")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("safe", "plain")]
    assert modes[0] == modes[1]
