"""What is gathered of a model is what the emulator, the inspection and the events say."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.run import RunConfig
from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import numbered_inputs
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    FrozenNetwork,
    Reshape,
    exact_accumulator,
    exact_conv_accumulator,
)
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.emulate.bounds import before_cast_bounds
from l1ad.emulate.casts import casts, values_before_casts
from l1ad.emulate.engine import trace
from l1ad.emulate.inspection import inspect
from l1ad.flow.freeze import trained_model
from l1ad.flow.report_formats import bits_needed, gather_formats, observed_tensors
from l1ad.flow.report_latent import drawn_events, gather_latent, outputs_raw
from l1ad.flow.report_model import gather_reconstruction, gather_training
from l1ad.flow.run_directory import RunDirectory
from l1ad.training.latents import latents

IMAGE = numbered_inputs(12, width=8, signed=True)
N_BACKGROUND, N_SIGNAL, N_SEEN = 24_000, 700, 2_400


def over_images(n_outputs: int) -> TriggerAlgorithm:
    """A convolution over images of 4 x 3, ReLU and a dense layer; of one output, that is the score."""
    rng = np.random.default_rng(4)
    fixed = FixedType.from_cpp
    none, shifts = (0.0,) * 12, (4,) * 12
    inputs = TensorType.uniform(fixed("ap_fixed<6,4,AP_RND,AP_SAT>"))
    working = lossless_working_type(IMAGE, none, shifts)
    scaling = Scaling(layout=IMAGE, offsets=none, shifts=shifts, working=working, result=inputs)

    def weights(shape: tuple[int, ...]) -> dict[str, Any]:
        drawn = {"weights_raw": rng.integers(-7, 8, shape), "bias_raw": rng.integers(-3, 4, shape[-1])}
        return {**drawn, "weight_type": fixed("ap_fixed<4,1>"), "bias_type": fixed("ap_fixed<4,2>")}

    kernel = weights((2, 2, 1, 2))
    held = exact_conv_accumulator(given=inputs, input_shape=(4, 3, 1), **kernel)
    conv = Conv2D(name="conv", input_shape=(4, 3, 1), accumulator=held, **kernel)
    result = TensorType.uniform(fixed("ap_ufixed<5,3,AP_RND,AP_SAT>"))
    relu = Activation(name="relu", function=ActivationFunction.RELU, n=conv.n_out, result=result)
    last = weights((conv.n_out, n_outputs))
    dense = Dense(name="dense", accumulator=exact_accumulator(given=result, **last), **last)
    flat = Reshape(name="flat", input_shape=conv.result_shape, target_shape=(conv.n_out,))
    # The first output has no bit, the others few: some latents stop at the ends of their format.
    means = [FixedType(0, 0, signed=False)] * (n_outputs > 1)
    means += [fixed("ap_fixed<6,4,AP_RND,AP_SAT>")] * (n_outputs - len(means))
    mean = Activation(
        name="mean", function=ActivationFunction.LINEAR, n=n_outputs, result=TensorType(tuple(means))
    )  # fmt: skip
    image = Reshape(name="image", input_shape=(12,), target_shape=(4, 3, 1))
    network = FrozenNetwork(n_inputs=12, input_type=inputs, layers=(image, conv, relu, flat, dense, mean))
    function = ScoreFunction.OUTPUT if n_outputs == 1 else ScoreFunction.SUM_OF_SQUARES
    score = Score(fixed("ap_ufixed<16,12,AP_TRN,AP_SAT>"), function)
    return TriggerAlgorithm(name="image", scaling=scaling, network=network, score=score)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run without a training, as of an imported model, over small images."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(7)
    where = {}
    for name, n_events, width in (("background", N_BACKGROUND, 15.0), ("signal", N_SIGNAL, 60.0)):
        raw = np.clip(np.rint(rng.normal(0, width, (n_events, 12))), -128, 127).astype(np.int16)
        batch = EventBatch(
            layout=IMAGE, inputs_raw=raw, event_number=np.arange(n_events, dtype=np.int64), sample=name
        )  # fmt: skip
        write_events(folder / f"{name}.h5", batch, {})
        where[name] = str(folder / f"{name}.h5")
    data = {
        "background": where["background"], "signals": {"signal": where["signal"]}, "development": {},
        "training_fraction": 0.05, "validation_fraction": 0.05,
    }  # fmt: skip
    return RunDirectory(folder, RunConfig.model_validate({"name": "image", "data": data}))


def test_events_are_drawn_from_the_unseen_background_once_each_and_always_the_same(
    images: RunDirectory,
) -> None:
    trigger = over_images(3)
    drawn = drawn_events(images, trigger)
    assert {name: len(one) for name, one in drawn.items()} == {"background": 20_000, "signal": N_SIGNAL}
    unseen = load_events(images.config.data.background).inputs_raw[N_SEEN:]
    known = {row.tobytes(): place for place, row in enumerate(unseen)}
    places = [known[row.tobytes()] for row in drawn["background"]]
    assert places == sorted(set(places))
    again = drawn_events(images, trigger)
    np.testing.assert_array_equal(again["background"], drawn["background"])


def test_events_of_another_layout_are_refused(images: RunDirectory) -> None:
    trigger = over_images(3)
    other = replace(trigger.scaling, layout=numbered_inputs(12, width=7, signed=True))
    with pytest.raises(DataError, match=r"background\.h5: events of layout '12_signed_inputs_of_8_bits', not"):
        gather_latent(images, replace(trigger, scaling=other))


def test_latents_are_the_emulators(images: RunDirectory) -> None:
    trigger = over_images(3)
    drawn = drawn_events(images, trigger)
    raw = {name: trace(trigger, one)["mean"] for name, one in drawn.items()}
    np.testing.assert_array_equal(outputs_raw(trigger, drawn["background"]), raw["background"])
    real = {name: one * 0.25 for name, one in raw.items()}
    content = gather_latent(images, trigger)
    squares = {name: np.mean(one**2, axis=0) for name, one in real.items()}
    of_background = real["background"]
    for number, one in enumerate(content.latents):
        mu = of_background[:, number]
        assert one.number == number
        assert (one.mean, one.width) == pytest.approx((mu.mean(), mu.std()))
        assert one.share == pytest.approx(squares["background"][number] / squares["background"].sum())
    silent, *others = content.latents
    assert np.isnan(silent.at_limits)
    assert (silent.input, silent.share) == ("", 0.0)
    for one in others:
        mu = of_background[:, one.number]
        ends = np.mean((mu <= -8.0) | (mu >= 7.75))
        assert one.at_limits == pytest.approx(ends)
        r = [np.corrcoef(mu, column)[0, 1] for column in drawn["background"].T.astype(float)]
        most = int(np.argmax(np.abs(r)))
        assert one.input == IMAGE.names[most]
        assert one.correlation == pytest.approx(r[most])
    assert others[0].at_limits + others[1].at_limits > 0
    relative = content.relative["signal"]
    assert np.isnan(relative[0])
    np.testing.assert_allclose(relative[1:], squares["signal"][1:] / squares["background"][1:])
    expected = abs(np.corrcoef(of_background[:, 1], of_background[:, 2])[0, 1])
    assert content.correlation[1, 2] == pytest.approx(expected)
    assert np.isnan(content.correlation[0]).all()


def test_the_points_are_events_and_lie_in_the_latents_of_the_largest_shares(images: RunDirectory) -> None:
    content = gather_latent(images, over_images(3))
    assert content.points is not None
    shares = [one.share for one in content.latents]
    assert [content.points.first, content.points.second] == list(np.argsort(shares)[::-1][:2])
    assert {name: len(one) for name, one in content.points.of.items()} == {"background": 800, "signal": 100}


def test_every_event_is_in_a_bin_and_bins_are_whole_steps_wide(images: RunDirectory) -> None:
    spectra = gather_latent(images, over_images(3)).spectra
    steps = np.diff(spectra.edges) / 0.25
    np.testing.assert_array_equal(steps, steps[0])
    assert steps[0] == int(steps[0])
    for share in spectra.shares.values():
        assert share.sum() == pytest.approx(1.0)


def test_a_network_whose_output_is_the_score_shows_that_of_every_sample(images: RunDirectory) -> None:
    content = gather_latent(images, over_images(1))
    assert content.latents == ()
    assert list(content.spectra.shares) == ["background", "signal"]
    assert all(share.sum() == pytest.approx(1.0) for share in content.spectra.shares.values())


def test_headroom_is_that_of_the_inspection_and_observed_values_lie_within(images: RunDirectory) -> None:
    trigger = over_images(3)
    content = gather_formats(images, trigger)
    assert (content.n_background, content.n_signal) == (20_000, N_SIGNAL)
    assert list(content.reports) == inspect(trigger)
    for one, seen in zip(content.reports, content.observed, strict=True):
        assert one.low <= seen.low <= seen.high <= one.high
        assert seen.used_bits <= seen.proven_bits
        if one.leaving:
            assert seen.proven_bits > seen.given_bits
        else:
            assert seen.given_bits - seen.proven_bits == one.headroom_bits
            assert not seen.outside
    assert any(one.leaving for one in content.reports)


def outside(values: NDArray[np.int64], fraction: int, kind: FixedType) -> NDArray[np.bool_]:
    """Tell by real numbers what AP_RND, half up, takes out of a format."""
    rounded = np.floor(values * 2.0 ** (kind.fraction - fraction) + 0.5)
    return np.asarray((rounded < kind.raw_min) | (rounded > kind.raw_max))


def test_what_leaves_a_format_is_counted_before_the_cast_block_by_block(images: RunDirectory) -> None:
    trigger = over_images(3)
    inputs_raw = load_events(images.config.data.signals["signal"]).inputs_raw
    many = np.concatenate([inputs_raw] * 4)  # more than a block
    before = values_before_casts(trigger, inputs_raw)
    for cast, seen in zip(casts(trigger), observed_tensors(trigger, many), strict=True):
        values = before[cast.tensor]
        assert (seen.low, seen.high) == (
            values.min() * 2.0**-cast.fraction, values.max() * 2.0**-cast.fraction
        )  # fmt: skip
        if cast.tensor in ("scaled_inputs", "relu", "mean"):
            with_bits = [i for i, one in enumerate(cast.types()) if one.width]
            left = outside(values[:, with_bits], cast.fraction, cast.types()[with_bits[0]])
            assert 0 < seen.outside == pytest.approx(left.mean())


def test_bits_needed_tell_how_far_bounds_go_beyond_a_format() -> None:
    trigger = over_images(3)
    known = before_cast_bounds(trigger)
    relu = next(cast for cast in casts(trigger) if cast.tensor == "relu")
    highest = int(known["relu"].high.max()) * 2.0**-relu.fraction
    assert bits_needed(relu, known["relu"]) == int(np.ceil(np.log2(highest + 0.25))) + 2


def test_an_import_tells_its_origin_and_that_it_has_no_decoder(images: RunDirectory) -> None:
    told = {"imported_from": "net.keras", "kind": "Keras model", "notes": ["x was rounded"]}
    content = gather_training(images, replace(over_images(3), provenance=told))
    assert (content.origin, content.notes) == ("net.keras (Keras model)", ("x was rounded",))
    assert "an imported model has no decoder" in gather_reconstruction(images).missing


@pytest.fixture(scope="module")
def trained(demo: tuple[Path, dict[str, Any]]) -> RunDirectory:
    return RunDirectory.open(demo[0] / "runs" / "demo")


def test_the_reconstruction_is_that_of_all_unseen_events_at_once_in_their_units(trained: RunDirectory) -> None:
    model = trained_model(trained)
    events = model.data.split.rates
    shown = model.data.shown(events)
    mean = latents(model.model, shown.inputs).mean
    back = np.asarray(model.model.decoder.predict(mean, batch_size=8192, verbose=0), dtype=np.float64)
    content = gather_reconstruction(trained)
    scaling, fields = model.data.scaling, events.layout.fields
    for column, (one, field) in enumerate(zip(content.inputs, fields, strict=True)):
        there = shown.present[:, column]
        assert (one.name, one.events) == (field.name, int(there.sum()))
        if not there.any():
            assert np.isnan(one.true.mean)
            continue
        size, offset = 2.0 ** scaling.shifts[column], scaling.offsets[column]
        true, found = (
            (values[there, column].astype(np.float64) * size + offset) * field.lsb
            for values in (shown.inputs, back)
        )
        for spread, values in ((one.true, true), (one.reconstructed, found), (one.difference, found - true)):
            np.testing.assert_allclose([spread.mean, spread.width], [values.mean(), values.std()], atol=2e-3)
    assert set(content.relative_rms) == set(trained.config.data.signals)
    assert "MET η" not in content.kinds  # one and the same everywhere


def test_the_training_is_its_record_with_its_notes_and_costs(trained: RunDirectory) -> None:
    content = gather_training(trained, trained.trigger())
    record = json.loads((trained.path / "training" / "record.json").read_text())
    evaluated = json.loads((trained.path / "evaluation.json").read_text())
    assert list(content.history) == record["history"]
    assert content.best_epoch == record["best_epoch"]
    assert content.notes[:-1] == tuple(record["warnings"])
    points = len(evaluated["points"])
    assert len(content.costs) == points * len(trained.config.data.signals)
    one = content.costs[0]
    assert one.best == evaluated["cost"][one.signal][one.point]["best"]


def test_an_evaluation_that_is_older_or_of_another_training_is_told_apart(demo_copy: Path) -> None:
    run = RunDirectory.open(demo_copy / "runs" / "demo")
    evaluated = run.read_json("evaluation.json", step="evaluate")
    del evaluated["reconstruction"]
    run.write_json("evaluation.json", evaluated)
    assert "run `l1ad evaluate` again" in gather_reconstruction(run).missing
    run.write_json("evaluation.json", {**evaluated, "training_digest": "other"})
    with pytest.raises(DataError, match="is of another training; run `l1ad evaluate"):
        gather_reconstruction(run)
    (run.path / "evaluation.json").unlink()
    assert "it was not measured" in gather_reconstruction(run).missing
    assert gather_training(run, run.trigger()).costs == ()
