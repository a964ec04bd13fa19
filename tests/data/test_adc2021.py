"""Files of the challenge of 2021: against a plain reading of each event, there and back, and refusals."""

import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import hlt_57, regions_18x14, ugt_57
from l1ad.core.menu import Menu
from l1ad.data.adc2021.writer import writing_adc2021
from l1ad.data.events import EventBatch
from l1ad.data.opening import ReadOptions, load_events, open_events
from l1ad.data.reader import EventFormat

KINDS = {"met": (0, 1, 1), "eg": (1, 5, 2), "mu": (5, 9, 3), "jet": (9, 19, 4)}
"""First row, one past the last, class."""


def physics(n_events: int, seed: int) -> NDArray[np.float64]:
    """Draw events as the challenge has them: sorted, padded with zeros, φ from -π to π."""
    rng = np.random.default_rng(seed)
    particles = np.zeros((n_events, 19, 4))
    for kind, (start, stop, code) in KINDS.items():
        slots = stop - start
        there = np.sort(rng.random((n_events, slots)) < (1.0 if kind == "met" else 0.6), axis=1)[:, ::-1]
        pt = np.sort(rng.exponential(60, (n_events, slots)) + 3, axis=1)[:, ::-1]
        eta = rng.uniform(-1, 1, pt.shape) * {"met": 0, "eg": 3, "mu": 2.1, "jet": 5}[kind]
        phi = rng.uniform(-math.pi, math.pi, pt.shape)
        objects = np.stack([pt, eta, phi, np.full(pt.shape, code)], axis=-1)
        particles[:, start:stop] = objects * there[..., None]
    return particles


def plainly(event: NDArray[np.float64]) -> list[int]:
    """Turn one event into 57 integers, object by object; Python rounds ties to even as we do."""
    inputs: list[int] = []
    for kind, (start, stop, _) in KINDS.items():
        eta_step, bins = (0.010875, 576) if kind == "mu" else (0.0435, 144)
        eta_end = {"met": 0, "mu": 225}.get(kind, 127)
        pt_end = {"met": 4095, "eg": 511, "mu": 511, "jet": 2047}[kind]
        objects = []
        for pt, eta, phi in event[start:stop, :3].tolist():
            raw = round(pt / 0.5) + (1 if kind == "mu" else 0)
            if pt > 0 and raw > 0:
                eta_raw = max(-eta_end, min(eta_end, round(eta / eta_step)))
                phi_raw = round(phi / (2 * math.pi / bins)) % bins
                objects.append((pt, [min(raw, pt_end), eta_raw, phi_raw]))
        objects.sort(key=lambda one: -one[0])
        objects += [(0.0, [0, 0, 0])] * (stop - start - len(objects))
        inputs += [number for _, numbers in objects for number in numbers]
    return inputs


def written(path: Path, particles: NDArray[Any], name: str = "Particles") -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset(name, data=particles)
        file["Particles_Names"] = [b"Pt", b"Eta", b"Phi", b"Class"]
        file["Particles_Classes"] = [
            b"MET_class_1",
            b"Four_Ele_class_2",
            b"Four_Mu_class_3",
            b"Ten_Jet_class_4",
        ]
    return path


def zeroed_in_place(particles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take jets beyond |η| = 4 out as the published code does: pT and η become 0, φ and the class survive."""
    zeroed = particles.copy()
    jets = zeroed[:, 9:19]  # a view
    far = np.abs(jets[..., 1]) > 4
    jets[..., 0][far] = 0
    jets[..., 1][far] = 0
    return zeroed


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path / "Ato4l_lepFilter_13TeV.h5", physics(1200, 1))


def test_events_are_what_a_plain_reading_of_each_gives(good: Path) -> None:
    read = load_events(good)
    assert read.inputs_raw.tolist() == [plainly(event) for event in physics(1200, 1)]
    assert read.layout == ugt_57()
    assert read.sample == "Ato4l_lepFilter_13TeV"
    assert read.event_number.tolist() == list(range(1200))


def test_the_format_is_found_out_and_a_good_file_is_not_repaired_but_saturates(good: Path) -> None:
    reader = open_events(good)
    list(reader.blocks(500))
    assert reader.format is EventFormat.ADC2021
    assert (reader.n_events, reader.provenance) == (1200, {})
    pt = physics(1200, 1)[..., 0]
    assert reader.repairs.counts == {
        "eg pt saturated": int((pt[:, 1:5] > 255.75).sum()),
        "mu pt saturated": int((pt[:, 5:9] > 255.25).sum()),
    }


def test_jets_zeroed_in_place_are_removed_whole_and_the_gap_closes(tmp_path: Path) -> None:
    particles = zeroed_in_place(physics(1500, 2))
    jets = particles[:, 9:19]
    survived = int(((jets[..., 0] == 0) & (jets[..., 2] != 0)).sum())
    gaps = int((jets[:, 1:, 0] > jets[:, :-1, 0]).any(axis=1).sum())
    assert survived > 500 and gaps > 500
    reader = open_events(written(tmp_path / "zeroed.h5", particles))
    blocks = list(reader.blocks())
    assert blocks[0].inputs_raw.tolist() == [plainly(event) for event in particles]
    repaired = {what: n for what, n in reader.repairs.counts.items() if not what.endswith("saturated")}
    assert repaired == {
        "objects without pT whose η or φ survived, removed": survived,
        "lists of jet sorted by pT": gaps,
    }
    absent = blocks[0].inputs_raw[:, blocks[0].layout.pt_of_input] == 0
    assert not blocks[0].inputs_raw[absent].any()


def test_an_object_whose_pt_rounds_to_nothing_leaves_no_angle_behind(tmp_path: Path) -> None:
    particles = physics(3, 3)
    particles[:, 0, 0] = [0.25, 0.26, 0.0]  # the tie goes to the even step, which is none
    reader = open_events(written(tmp_path / "soft.h5", particles))
    inputs = next(iter(reader.blocks())).inputs_raw
    assert inputs[:, 0].tolist() == [0, 1, 0]
    assert inputs[0, 2] == inputs[2, 2] == 0 != inputs[1, 2]
    assert reader.repairs.counts["objects with a pT of less than half a step, removed"] == 1


@pytest.mark.parametrize("block_events", [7, 500, 1199, 1200, 5000])
def test_the_size_of_the_blocks_makes_no_difference(good: Path, block_events: int) -> None:
    blocks = list(open_events(good).blocks(block_events))
    assert [len(block) for block in blocks[:-1]] == [block_events] * (len(blocks) - 1)
    expected = load_events(good)
    np.testing.assert_array_equal(np.concatenate([one.inputs_raw for one in blocks]), expected.inputs_raw)
    np.testing.assert_array_equal(np.concatenate([one.event_number for one in blocks]), np.arange(1200))


def test_reading_may_start_anywhere(good: Path) -> None:
    blocks = list(open_events(good).blocks(300, start=734))
    np.testing.assert_array_equal(
        np.concatenate([one.inputs_raw for one in blocks]), load_events(good).inputs_raw[734:]
    )
    assert blocks[0].event_number[0] == 734


@pytest.mark.parametrize("form", ["without class", "57 columns", "56 columns", "32 bits", "another name"])
def test_the_copies_that_go_round_hold_the_same_events(tmp_path: Path, form: str) -> None:
    particles, options = physics(1500, 4).astype(np.float32).astype(np.float64), ReadOptions()
    expected = [plainly(event) for event in particles]
    copy: NDArray[Any] = particles[..., :3]
    if form == "57 columns":
        copy = copy.reshape(-1, 57)
    elif form == "56 columns":
        copy = np.delete(copy.reshape(-1, 57), 1, axis=1)
    elif form == "32 bits":
        copy = particles.astype(np.float32)
    path = written(tmp_path / "copy.h5", copy, "X_train" if form == "another name" else "Particles")
    if form == "another name":
        options = ReadOptions(format=EventFormat.ADC2021, dataset="X_train", sample="mine")
    read = load_events(path, options)
    assert read.inputs_raw.tolist() == expected
    assert read.sample == (options.sample or "copy")


def test_finer_steps_come_from_the_layout_that_is_asked_for(good: Path) -> None:
    read = load_events(good, ReadOptions(layout=hlt_57()))
    values = physics(1200, 1)[..., :3].reshape(1200, 57)
    column = read.layout.names.index("jet_1_pt")
    assert read.inputs_raw[:, column].tolist() == [round(pt / 0.125) for pt in values[:, column].tolist()]


def trigger_events(layout: InputLayout, n_events: int, seed: int) -> EventBatch:
    """Draw events over the whole range, sorted by pT and absent objects all 0, as the trigger sends them."""
    rng = np.random.default_rng(seed)
    inputs = rng.integers(layout.raw_min, layout.raw_max + 1, (n_events, 57))
    for start, stop, _ in KINDS.values():
        pt = np.sort(inputs[:, 3 * start : 3 * stop : 3], axis=1)[:, ::-1]
        there = np.sort(rng.random(pt.shape) < 0.7, axis=1)[:, ::-1]
        edges = rng.random(pt.shape) < 0.1
        inputs[:, 3 * start : 3 * stop : 3] = np.sort(np.where(edges, 1, pt) * there, axis=1)[:, ::-1]
    inputs[inputs[:, layout.pt_of_input] == 0] = 0
    return EventBatch(
        layout=layout, inputs_raw=inputs.astype(layout.dtype), event_number=np.arange(n_events), sample="drawn"
    )


@given(n_events=st.integers(1, 60), seed=st.integers(0, 2**32 - 1), fine=st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_integer_for_integer(
    tmp_path_factory: pytest.TempPathFactory, n_events: int, seed: int, fine: bool
) -> None:
    layout = hlt_57() if fine else ugt_57()
    events = trigger_events(layout, n_events, seed)
    # The file ends at |η| of 5.2, for muons at 2.5, as the reader does.
    limit = np.where([name.startswith("mu") for name in layout.names], 2.4, 5.1)
    steps = np.array([field.lsb if field.quantity == "eta" else np.inf for field in layout.fields])
    bound = np.minimum(limit / steps, 1 << 30).astype(np.int64)
    bound[np.isinf(steps)] = 1 << 30
    inputs = np.clip(events.inputs_raw.astype(np.int64), -bound, bound).astype(layout.dtype)
    path = tmp_path_factory.mktemp("adc") / "events.h5"
    with writing_adc2021(path, {"seed": seed}) as writer:
        for start in range(0, n_events, 25):
            part = events.select(start, start + 25)
            writer.append(
                EventBatch(
                    layout=layout,
                    inputs_raw=inputs[start : start + 25],
                    event_number=part.event_number,
                    sample="drawn",
                )
            )
    reader = open_events(path, ReadOptions(layout=layout))
    read = next(iter(reader.blocks()))
    np.testing.assert_array_equal(read.inputs_raw, inputs)
    assert not reader.repairs.counts
    assert (reader.sample, reader.provenance) == ("drawn", {"seed": seed})


def test_every_integer_of_every_quantity_survives_the_file(tmp_path: Path) -> None:
    layout = ugt_57()
    inputs = np.zeros((4096, 57), dtype=np.int16)
    for column, field in enumerate(layout.fields):
        values = np.arange(field.raw_min, field.raw_max + 1)
        if field.quantity == "eta":
            values = values[np.abs(values * field.lsb) <= (2.5 if field.object_type == "mu" else 5.2)]
        if field.quantity == "pt":
            values = values[values > 0]
        inputs[:, column] = np.resize(values, 4096)
    for start, stop, _ in KINDS.values():  # one slot after another repeats, so that lists stay sorted
        inputs[:, 3 * start : 3 * stop : 3] = inputs[:, [3 * start]]
    events = EventBatch(layout=layout, inputs_raw=inputs, event_number=np.arange(4096), sample="all")
    with writing_adc2021(tmp_path / "all.h5", {}) as writer:
        writer.append(events)
    np.testing.assert_array_equal(load_events(tmp_path / "all.h5").inputs_raw, inputs)


def test_a_written_file_is_in_the_published_form(tmp_path: Path) -> None:
    with writing_adc2021(tmp_path / "events.h5", {}) as writer:
        writer.append(trigger_events(ugt_57(), 50, 5))
    with h5py.File(tmp_path / "events.h5") as file:
        particles = file["Particles"][:]
        assert list(file["Particles_Names"]) == [b"Pt", b"Eta", b"Phi", b"Class"]
        assert file["Particles_Classes"][0] == b"MET_class_1"
    assert (particles.shape, particles.dtype) == ((50, 19, 4), np.float32)
    assert np.abs(particles[..., 2]).max() <= np.float32(math.pi)
    for start, stop, code in KINDS.values():
        there = particles[:, start:stop, 0] > 0
        assert (particles[:, start:stop, 3] == np.where(there, code, 0)).all()


def test_what_the_format_has_no_place_for_is_named(tmp_path: Path) -> None:
    events = EventBatch(
        layout=ugt_57(),
        inputs_raw=np.zeros((2, 57), dtype=np.int16),
        event_number=np.arange(2),
        sample="s",
        run=np.array([1, 1]),
        menu=Menu(names=("L1_SingleMu22",), prescales=(1,)),
        menu_bits=np.array([[True], [False]]),
    )
    with writing_adc2021(tmp_path / "events.h5", {}) as writer:
        writer.append(events)
    assert writer.left_out == ("run", "L1_SingleMu22")


def test_only_layouts_of_the_19_objects_are_written(tmp_path: Path) -> None:
    layout = regions_18x14()
    events = EventBatch(
        layout=layout, inputs_raw=np.zeros((2, 252), dtype=np.int16), event_number=np.arange(2), sample="s"
    )
    with (
        pytest.raises(
            DataError, match=r"events\.h5: layout 'regions_18x14' has no 'met_pt'; the challenge has MET"
        ),
        writing_adc2021(tmp_path / "events.h5", {}) as writer,
    ):
        writer.append(events)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_events_is_not_written(tmp_path: Path) -> None:
    with (
        pytest.raises(DataError, match=r"events\.h5: no events to write"),
        writing_adc2021(tmp_path / "events.h5", {}),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def refusal(path: Path, options: ReadOptions | None = None) -> str:
    """Read a file that must be refused; give the message without the path it begins with."""
    with pytest.raises(DataError) as caught:
        list(open_events(path, options or ReadOptions(format=EventFormat.ADC2021)).blocks(300))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_hardware_integers_are_refused_with_what_they_are(tmp_path: Path) -> None:
    raw = np.array([plainly(event) for event in physics(1200, 6)], dtype=np.float64)
    message = refusal(written(tmp_path / "raw.h5", raw))
    assert "these look like hardware integers of the global trigger, not physical units" in message
    assert "η up to" in message and "multiply them by their steps" in message


@pytest.mark.parametrize(
    ("row", "quantity", "value", "words"),
    [
        (10, 1, 5.3, "event 777, jet 2: η is 5.3; η up to 5.3 and φ up to"),
        (5, 1, -2.6, "event 777, mu 1: η is -2.6"),
        (2, 2, 90.5, "event 777, eg 2: φ is 90.5; φ up to 90.5: are these degrees?"),
        (9, 0, -0.4, "event 777, jet 1: pT is -0.4; these look like standardised inputs"),
        (0, 0, np.nan, "event 777, met: pT is nan; every value must be a finite number"),
        (8, 2, -np.inf, "event 777, mu 4: φ is -inf; every value must be a finite number"),
        (18, 3, np.nan, "event 777, jet 10: class is nan"),
        (9, 3, 3.0, "event 777, jet 1 is of class 3; in its row it is 4, or 0 where there is none"),
        (0, 3, 2.0, "event 777, met is of class 2; in its row it is 1"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_event_and_object(
    tmp_path: Path, row: int, quantity: int, value: float, words: str
) -> None:
    particles = physics(1000, 7)
    particles[777, row, quantity] = value
    assert refusal(written(tmp_path / "spoilt.h5", particles)).startswith(words)


def test_objects_of_class_0_with_pt_are_kept_and_counted(tmp_path: Path) -> None:
    particles = physics(20, 8)
    particles[..., 3] = 0
    reader = open_events(written(tmp_path / "classless.h5", particles))
    assert next(iter(reader.blocks())).inputs_raw.tolist() == [plainly(event) for event in particles]
    kept = int((particles[..., 0] > 0).sum())
    assert reader.repairs.counts["objects with pT though their class is 0, kept"] == kept


def test_scaled_inputs_are_refused_from_a_thousand_events_on(tmp_path: Path) -> None:
    scaled = physics(1000, 9)
    scaled[..., 0] /= 1000
    path = written(tmp_path / "scaled.h5", scaled)
    assert refusal(path).startswith("no pT of the first 1000 events is above 0.")
    assert len(load_events(written(tmp_path / "few.h5", scaled[:999]))) == 999


@pytest.mark.parametrize("shape", [(5, 58), (5, 19, 5), (5, 18, 4), (57,), (5, 19, 4, 1)])
def test_particles_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    message = refusal(written(tmp_path / "shape.h5", np.zeros(shape)))
    assert message.startswith(f"'Particles' is float64 of shape {shape}; the challenge has numbers of")


def test_a_file_without_particles_says_what_it_has(tmp_path: Path) -> None:
    path = written(tmp_path / "other.h5", physics(3, 1), "particles")
    assert refusal(path) == "no dataset 'Particles'; did you mean 'particles'?"
    options = ReadOptions(format=EventFormat.ADC2021, dataset="X_train")
    assert (
        refusal(path, options) == "no dataset 'X_train'; it has Particles_Classes, Particles_Names, particles"
    )


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "empty.h5", np.zeros((0, 19, 4)))) == "holds no events"


@pytest.mark.parametrize("kept", [0.97, 0.5, 0.02])
def test_a_file_cut_off_is_refused(good: Path, kept: float) -> None:
    whole = good.read_bytes()
    good.write_bytes(whole[: int(kept * len(whole))])
    assert refusal(good).endswith("is it complete?")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.h5") == "no such file"


def test_quantities_named_in_another_order_are_refused(good: Path) -> None:
    with h5py.File(good, "r+") as file:
        del file["Particles_Names"]
        file["Particles_Names"] = [b"Eta", b"Phi", b"Pt", b"Class"]
    assert refusal(good) == "'Particles_Names' says eta, phi, pt, class; the order is Pt, Eta, Phi, Class"


def test_classes_numbered_otherwise_are_refused(good: Path) -> None:
    with h5py.File(good, "r+") as file:
        del file["Particles_Classes"]
        file["Particles_Classes"] = [b"MET_class_0", b"Ele_class_1", b"Mu_class_2", b"Jet_class_3"]
    assert refusal(good).startswith("'Particles_Classes' says MET_class_0")


def test_a_layout_of_other_objects_is_refused(good: Path) -> None:
    assert "layout 'regions_18x14' has no 'met_pt'" in refusal(good, ReadOptions(layout=regions_18x14()))
