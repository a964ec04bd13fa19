"""Constituents of jets: against a plain reading of each jet, by name and by position, and what is refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.data.opening import ReadOptions, load_events, open_events
from l1ad.data.reader import EventFormat


def constituents(slots: int) -> InputLayout:
    """Lay out constituents as `constituents_100x3` does, but fewer of them."""
    quantities = [
        ("pt", 0.25, "GeV", 0, 8191),
        ("eta_rel", 2**-8, "1", -256, 255),
        ("phi_rel", 2**-8, "rad", -256, 255),
    ]
    fields = (
        InputField(
            object_type="constituent", slot=slot, quantity=name, lsb=lsb, unit=unit, raw_min=low, raw_max=high
        )
        for slot in range(slots)
        for name, lsb, unit, low, high in quantities
    )
    return InputLayout(name=f"constituents_{slots}x3", fields=tuple(fields))


def options(slots: int, dataset: str | None = None) -> ReadOptions:
    return ReadOptions(format=EventFormat.IMAGES, layout=constituents(slots), dataset=dataset)


def jets(n_jets: int, n_constituents: int, seed: int) -> NDArray[np.float64]:
    """Draw jets sorted by pT and padded with zeros, of pT, η and φ relative to the axis."""
    rng = np.random.default_rng(seed)
    pt = np.sort(rng.exponential(10, (n_jets, n_constituents)) + 0.2, axis=1)[:, ::-1]
    angles = rng.uniform(-0.8, 0.8, (2, n_jets, n_constituents))
    there = np.arange(n_constituents) < rng.integers(1, n_constituents + 1, (n_jets, 1))
    return np.asarray(np.stack([pt, *angles], axis=-1) * there[..., None])


def plainly(jet: NDArray[np.float64], slots: int) -> list[int]:
    """Turn one jet into integers, constituent by constituent; Python rounds ties to even as we do."""
    found = [one for one in jet.tolist() if round(one[0] / 0.25) > 0]
    found.sort(key=lambda one: -one[0])
    raw = [[min(8191, round(pt / 0.25)), round(eta * 256), round(phi * 256)] for pt, eta, phi in found[:slots]]
    return [number for one in raw + [[0, 0, 0]] * (slots - len(raw)) for number in one]


def written(
    path: Path, images: NDArray[Any], name: str = "constituents", names: list[str] | None = None
) -> Path:
    with h5py.File(path, "w") as file:
        file[name] = images
        if names is not None:
            file["particleFeatureNames"] = [one.encode() for one in names]
    return path


@pytest.mark.parametrize("name", ["jetConstituentList", "jetConstituentsList", "constituents", "images"])
@pytest.mark.parametrize("slots", [12, 5, 20])
def test_jets_are_what_a_plain_reading_of_each_gives(tmp_path: Path, name: str, slots: int) -> None:
    images = jets(300, 12, 1)
    reader = open_events(written(tmp_path / "jets.h5", images, name), options(slots))
    batch = next(iter(reader.blocks()))
    assert batch.inputs_raw.tolist() == [plainly(jet, slots) for jet in images]
    assert (reader.format, reader.sample, reader.n_events) == (EventFormat.IMAGES, "jets", 300)
    beyond = int((images[:, slots:, 0] > 0.125).any(axis=1).sum())
    assert (beyond > 0) == (slots < 12)
    assert reader.repairs.counts[f"lists of constituent capped at {slots}"] == beyond
    assert "lists of constituent sorted by pT" not in reader.repairs.counts


def test_constituents_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    images = jets(300, 12, 2)
    images[::3] = images[::3, ::-1]
    reader = open_events(written(tmp_path / "jets.h5", images), options(12))
    read = next(iter(reader.blocks())).inputs_raw
    assert read.tolist() == [plainly(jet, 12) for jet in images]
    several = (images[::3, 1:, 0] > images[::3, :-1, 0]).any(axis=1)
    assert reader.repairs.counts["lists of constituent sorted by pT"] == several.sum() > 0


SIXTEEN = (
    "j1_px", "j1_py", "j1_pz", "j1_e", "j1_erel", "j1_pt", "j1_ptrel", "j1_eta", "j1_etarel", "j1_etarot",
    "j1_phi", "j1_phirel", "j1_phirot", "j1_deltaR", "j1_costheta", "j1_costhetarel",
)  # fmt: skip


def test_quantities_are_taken_by_name_from_the_sixteen_of_the_published_files(tmp_path: Path) -> None:
    names = [*SIXTEEN, "j1_pdgid"]  # 17 names for 16 columns, as published
    images = jets(50, 8, 3)
    published = np.full((50, 8, 16), 7.0)
    published[..., [5, 8, 11]] = images
    read = load_events(written(tmp_path / "jets.h5", published, "jetConstituentList", names), options(8))
    assert read.inputs_raw.tolist() == [plainly(jet, 8) for jet in images]


def test_names_in_another_order_are_followed(tmp_path: Path) -> None:
    images = jets(50, 8, 4)
    path = written(tmp_path / "jets.h5", images[..., [2, 0, 1]], names=["PhiRel", "pt", "eta_rel"])
    assert load_events(path, options(8)).inputs_raw.tolist() == [plainly(jet, 8) for jet in images]


@pytest.mark.parametrize("block_events", [1, 40, 299, 300, 1000])
@pytest.mark.parametrize("start", [0, 123])
def test_the_size_of_blocks_and_pieces_makes_no_difference(
    tmp_path: Path, block_events: int, start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("l1ad.data.images._PIECE_VALUES", 12 * 3 * 17)
    images = jets(300, 12, 5)
    blocks = list(
        open_events(written(tmp_path / "jets.h5", images), options(10)).blocks(block_events, start=start)
    )
    assert [len(one) for one in blocks[:-1]] == [block_events] * (len(blocks) - 1)
    rows = [row for one in blocks for row in one.inputs_raw.tolist()]
    assert rows == [plainly(jet, 10) for jet in images[start:]]
    assert [n for one in blocks for n in one.event_number.tolist()] == list(range(start, 300))


def refusal(path: Path, how: ReadOptions) -> str:
    """Read a file that must be refused; give the message without the path it begins with."""
    with pytest.raises(DataError) as caught:
        list(open_events(path, how).blocks(30))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("quantity", "value", "words"),
    [
        (0, np.nan, "event 77, constituent 4: pt is nan; it must be a finite number"),
        (2, np.inf, "event 77, constituent 4: phi_rel is inf; it must be a finite number"),
        (0, -0.3, "event 77, constituent 4: pt is -0.3; is it standardised? give pT in GeV"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_event_and_constituent(
    tmp_path: Path, quantity: int, value: float, words: str
) -> None:
    images = jets(100, 12, 6)
    images[77, 3, quantity] = value
    assert refusal(written(tmp_path / "jets.h5", images), options(12)).startswith(words)


def test_a_file_without_a_layout_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "jets.h5", jets(3, 2, 1))
    message = refusal(path, ReadOptions(format=EventFormat.IMAGES))
    assert message == "constituents need a layout, e.g. 'constituents_100x3'"


def test_a_layout_of_several_kinds_of_object_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "jets.h5", jets(3, 2, 1))
    message = refusal(path, ReadOptions(format=EventFormat.IMAGES, layout=ugt_57()))
    assert message == "layout 'ugt_57' is not one kind of object with a pT, as constituents are"


@pytest.mark.parametrize(
    ("shape", "names", "words"),
    [
        ((5, 8, 4), None, "'constituents' has 4 quantities and 0 names ('particleFeatureNames'); layout"),
        ((5, 8, 4), ["pt", "eta_rel", "phi_rel"], "'constituents' has 4 quantities and 3 names"),
        ((5, 8, 2), ["pt", "eta_rel"], "no quantity phi_rel among pt, eta_rel"),
        ((5, 8, 3), ["pt", "eta", "phi"], "no quantity eta_rel, phi_rel among pt, eta, phi"),
        ((5, 24), None, "'constituents' is float64 of shape (5, 24); constituents are numbers of (events,"),
        ((0, 8, 3), None, "holds no events"),
    ],
)
def test_images_of_another_form_are_refused(
    tmp_path: Path, shape: tuple[int, ...], names: list[str] | None, words: str
) -> None:
    assert refusal(written(tmp_path / "jets.h5", np.zeros(shape), names=names), options(8)).startswith(words)


def test_a_dataset_of_another_name_must_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "jets.h5", jets(3, 2, 1), "x_train")
    assert refusal(path, options(2)).startswith("has none of jetConstituentList, ")
    assert "but x_train; name the dataset of the constituents" in refusal(path, options(2))
    assert len(load_events(path, options(2, "x_train"))) == 3
    assert refusal(path, options(2, "x_tain")) == "no dataset 'x_tain'; did you mean 'x_train'?"


@pytest.mark.parametrize("kept", [0.97, 0.5, 0.02, 0.0])
def test_a_file_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    path = written(tmp_path / "jets.h5", jets(500, 12, 7))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    assert refusal(path, options(12)).endswith("is it complete?")
