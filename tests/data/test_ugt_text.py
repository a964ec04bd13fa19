"""µGT test vectors: what is written is read, whatever the spelling, and what is no test vector is refused."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError, NotExactError
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import regions_18x14, ugt_57
from l1ad.core.menu import Menu
from l1ad.core.ports import Interface, input_ports
from l1ad.data.events import EventBatch, concatenated
from l1ad.data.opening import ReadOptions, load_events, open_events
from l1ad.data.ugt.lines import read_ugt_lines, ugt_lines
from l1ad.data.ugt.reader import UgtFile
from l1ad.data.ugt.writer import writing_ugt

Events = Callable[[int, int], EventBatch]
NAMES = ugt_57().names


def with_menu(events: EventBatch, names: tuple[str, ...], seed: int = 1) -> EventBatch:
    bits = np.random.default_rng(seed).random((len(events), len(names))) < 0.3
    bits[0] = True
    return replace(events, menu=Menu(names=names, prescales=(1,) * len(names)), menu_bits=bits)


def write(path: Path, *blocks: EventBatch) -> Path:
    with writing_ugt(path, {}) as writer:
        for block in blocks:
            writer.append(block)
    return path


@pytest.fixture
def path(tmp_path: Path, random_events: Events) -> Path:
    """Give the path of a good file of 20 events, to be spoilt."""
    return write(tmp_path / "events.txt", random_events(20, 5))


def spoil(path: Path, line: int, field: int, value: str) -> None:
    lines = [one.split(" ") for one in path.read_text().splitlines()]
    lines[line - 1][field] = value
    path.write_text("".join(" ".join(one) + "\n" for one in lines))


def test_what_is_written_is_read_to_the_last_bit(tmp_path: Path, random_events: Events) -> None:
    crossings = np.random.default_rng(3).integers(0, 3564, 9000)
    events = replace(random_events(9000, 1), bunch_crossing=crossings)
    events = with_menu(events, tuple(f"algo_{number:03d}" for number in (0, 7, 8, 63, 64, 300, 511)))
    path = write(tmp_path / "events.txt", events.select(0, 10), events.select(10, 9000))
    read = load_events(path)
    assert events.menu_bits is not None
    assert read.menu_bits is not None
    np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw)
    np.testing.assert_array_equal(read.menu_bits, events.menu_bits)
    np.testing.assert_array_equal(read.bunch_crossing, crossings)
    np.testing.assert_array_equal(read.event_number, np.arange(9000))
    assert (read.menu, read.layout, read.sample) == (events.menu, ugt_57(), "events")
    assert read.inputs_raw.dtype == ugt_57().dtype


def test_every_hexadecimal_digit_is_read_in_both_cases() -> None:
    words = np.random.default_rng(4).integers(0, 1 << 32, (50, 56), dtype=np.uint64)
    words[:, :8] <<= np.uint64(32)
    text = ugt_lines(np.arange(50), words, np.random.default_rng(5).random((50, 512)) < 0.5)
    for spelled in (text, text.upper(), text.replace(b"a", b"A"), text.replace(b"f ", b"F ")):
        np.testing.assert_array_equal(read_ugt_lines(spelled, first=1, where="here").words, words)


def test_a_line_is_spelled_as_the_test_vectors_of_the_field_are() -> None:
    words = np.zeros((1, 56), dtype=np.uint64)
    words[0, [0, 8, 55]] = [0x123456789ABCDEF0, 0xDEADBEEF, 1]
    line = ugt_lines(np.array([42]), words, np.array([[0, 1, 0, 0, 1]])).decode()
    fields = line.removesuffix("\n").split(" ")
    assert len(line) == 769
    assert fields[0] == "0042"
    assert (fields[1], fields[9], fields[56]) == ("123456789abcdef0", "deadbeef", "00000001")
    assert fields[57:] == ["0" * 64, "12".zfill(128), "1"]


@pytest.mark.parametrize(
    ("what", "spelling"),
    [
        (
            "comments and empty lines",
            lambda text: "# made by hand\n\n" + text.replace("\n", "\n\n  # more\n", 3),
        ),
        ("Windows lines", lambda text: text.replace("\n", "\r\n")),
        ("tabs and runs of spaces", lambda text: text.replace(" ", "\t", 70).replace(" ", "   ", 40)),
        ("no leading zeros", lambda text: re.sub(r"\b0+(?=[0-9a-f])", "", text)),
        ("too many leading zeros", lambda text: text.replace(" ", " 00")),
        ("no end of the last line", lambda text: text[:-1]),
    ],
)
def test_lines_of_other_widths_are_read_too(
    what: str, spelling: Callable[[str], str], path: Path, random_events: Events
) -> None:
    path.write_text(spelling(path.read_text()), newline="")
    read = load_events(path)
    np.testing.assert_array_equal(read.inputs_raw, random_events(20, 5).inputs_raw, err_msg=what)
    np.testing.assert_array_equal(read.bunch_crossing, np.arange(20))


@pytest.mark.parametrize(("block_events", "start"), [(1, 0), (7, 0), (7, 3), (20, 19), (1000, 0), (5, 15)])
def test_blocks_in_a_row_are_the_rest_of_the_file(
    path: Path, random_events: Events, block_events: int, start: int
) -> None:
    blocks = list(open_events(path).blocks(block_events, start=start))
    assert {len(block) for block in blocks[:-1]} <= {block_events}
    read = concatenated(blocks)
    np.testing.assert_array_equal(read.inputs_raw, random_events(20, 5).inputs_raw[start:])
    np.testing.assert_array_equal(read.event_number, np.arange(start, 20))


def test_a_file_of_many_pieces_is_read_from_any_event(tmp_path: Path, random_events: Events) -> None:
    events = random_events(12_000, 8)  # 9 MB, in pieces of 4 MiB
    path = write(tmp_path / "events.txt", events)
    for start, block_events in ((0, 5000), (5454, 3000), (11_999, 10)):
        read = concatenated(list(open_events(path).blocks(block_events, start=start)))
        np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw[start:])


def test_without_crossings_events_follow_each_other_through_the_orbit(
    tmp_path: Path, random_events: Events
) -> None:
    read = load_events(write(tmp_path / "events.txt", random_events(4000, 2)))
    np.testing.assert_array_equal(read.bunch_crossing, np.arange(4000) % 3564)


def test_seeds_of_other_names_are_the_first_algorithm_bits(tmp_path: Path, random_events: Events) -> None:
    events = with_menu(random_events(50, 3), ("L1_SingleMu22", "L1_ETM"))
    read = load_events(write(tmp_path / "events.txt", events))
    assert read.menu == Menu(names=("algo_000", "algo_001"), prescales=(1, 1))
    assert read.menu_bits is not None
    assert events.menu_bits is not None
    np.testing.assert_array_equal(read.menu_bits, events.menu_bits)


def test_a_file_whose_algorithms_never_fired_has_no_menu(path: Path) -> None:
    assert load_events(path).menu is None


def test_objects_beyond_the_slots_of_the_layout_are_counted_and_left_out(path: Path) -> None:
    spoil(path, 3, 9 + 4, "000000ff")  # a fifth e/γ
    spoil(path, 4, 33 + 11, "00000001")  # a twelfth jet
    reader = open_events(path)
    list(reader.blocks())
    assert reader.repairs.counts["lists of eg capped at 4"] == 1
    assert reader.repairs.counts["lists of jet capped at 10"] == 1


def test_lists_that_are_not_sorted_stay_as_the_firmware_reads_them(
    tmp_path: Path, random_events: Events
) -> None:
    events = random_events(1, 6)
    inputs_raw = np.zeros_like(events.inputs_raw)
    inputs_raw[0, [NAMES.index("jet_1_pt"), NAMES.index("jet_2_pt")]] = 3, 7
    reader = open_events(write(tmp_path / "events.txt", replace(events, inputs_raw=inputs_raw)))
    np.testing.assert_array_equal(next(reader.blocks()).inputs_raw, inputs_raw)
    assert dict(reader.repairs.counts) == {"lists of jet not sorted by pT, kept as the firmware reads them": 1}


def test_a_final_decision_that_is_not_that_of_the_bits_is_counted(path: Path) -> None:
    spoil(path, 7, 59, "1")
    reader = open_events(path)
    list(reader.blocks())
    assert reader.repairs.counts["FINOR that is not the OR of the algorithm bits, left out"] == 1


def test_a_layout_with_tau_is_read_from_the_same_words(tmp_path: Path, random_events: Events) -> None:
    path = write(tmp_path / "events.txt", random_events(5, 6))
    spoil(path, 2, 21, "0000007b")
    field = InputField(object_type="tau", slot=0, quantity="pt", lsb=0.5, unit="GeV", raw_min=0, raw_max=511)
    layout = InputLayout(name="ugt_58", fields=(*ugt_57().fields, field))
    read = load_events(path, ReadOptions(layout=layout))
    np.testing.assert_array_equal(read.inputs_raw[:, -1], [0, 123, 0, 0, 0])
    np.testing.assert_array_equal(read.inputs_raw[:, :-1], random_events(5, 6).inputs_raw)


def test_test_vectors_read_in_a_row_can_share_a_menu(tmp_path: Path, random_events: Events) -> None:
    reader = UgtFile(write(tmp_path / "a.txt", with_menu(random_events(5, 6), ("algo_004",))), layout=ugt_57())
    assert reader.algorithms == (4,)
    reader.algorithms = (2, 4)
    block = next(reader.blocks())
    assert block.menu is not None
    assert block.menu_bits is not None
    assert block.menu.names == ("algo_002", "algo_004")
    assert not block.menu_bits[:, 0].any()


def test_the_writer_says_what_has_no_place_in_a_line(tmp_path: Path, random_events: Events) -> None:
    events = random_events(5, 6)
    events = replace(events, weight=np.ones(5), run=np.full(5, 3), bunch_crossing=np.arange(5))
    with writing_ugt(tmp_path / "events.txt", {}) as writer:
        writer.append(events)
    assert writer.left_out == ("event_number", "run", "weight")


def refusal(path: Path) -> str:
    """Read a file that must be refused; give the message without the path it begins with."""
    with pytest.raises(DataError) as caught:
        load_events(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("line", "field", "value", "message"),
    [
        (3, 0, "00x2", ", line 3: the bunch crossing is '00x2', no decimal number"),
        (3, 0, "000a", ", line 3: the bunch crossing is '000a', no decimal number"),
        (3, 0, "-001", ", line 3: the bunch crossing is '-001', no decimal number"),
        (20, 33, "0000000g", ", line 20: field 33 (jet_0) is '0000000g', no hexadecimal number"),
        (20, 33, "0x000001", ", line 20: field 33 (jet_0) is '0x000001', no hexadecimal number"),
        (1, 8, "-000000000000001", ", line 1: field 8 (muon_7) is '-000000000000001', no hexadecimal number"),
        (4, 47, "100000000", ", line 4: field 47 (sum_2) is '100000000', wider than 32 bits"),
        (4, 59, "2", ", line 4: field 59 (FINOR) is '2', wider than 1 bits"),
        (4, 58, "1" + "0" * 128, f", line 4: field 58 (algorithm bits) is '1{'0' * 39}', wider than 512 bits"),
        (
            9, 33, "04800001",
            ", line 9: 'jet_1_phi' is 144, outside 0 to 143 of layout 'ugt_57'; is the word in its field?",
        ),
        (
            9, 1, "0000000000000640",
            ", line 9: 'mu_1_phi' is 576, outside 0 to 575 of layout 'ugt_57'; is the word in its field?",
        ),
        (
            9, 9, "00010001",
            ", line 9: 'eg_1_eta' is -128, outside -127 to 127 of layout 'ugt_57'; is the word in its field?",
        ),
        (
            9, 1, "0000000080000000",
            ", line 9: 'mu_1_eta' is -256, outside -225 to 225 of layout 'ugt_57'; is the word in its field?",
        ),
        (
            7, 30, "00000000 00000000",
            ", line 7: 61 fields, not 60; is this a µGT test-vector file, and is it complete?",
        ),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused_by_line(
    path: Path, line: int, field: int, value: str, message: str
) -> None:
    spoil(path, line, field, value)
    assert refusal(path) == message


def test_the_line_that_is_named_counts_comments(path: Path) -> None:
    spoil(path, 9, 33, "04800001")
    path.write_text("# a comment\n\n" + path.read_text())
    assert refusal(path).startswith(", line 11: 'jet_1_phi' is 144")


@pytest.mark.parametrize("kept", [1, 5, 300, 765])
def test_a_last_line_that_is_cut_off_is_refused(path: Path, kept: int) -> None:
    text = path.read_text()
    path.write_text(text[: 19 * 769 + kept])
    fields = len(text[19 * 769 :][:kept].split())
    assert refusal(path) == (
        f", line 20: {fields} fields, not 60; is this a µGT test-vector file, and is it complete?"
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a comment\n"])
def test_a_file_without_events_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    assert refusal(path) == ": holds no events"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.txt") == ": no such file"


def test_a_file_of_something_else_is_refused(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)
    assert re.match(r", line \d+: ", refusal(path))


def test_a_menu_of_more_seeds_than_algorithm_bits_is_refused(tmp_path: Path, random_events: Events) -> None:
    events = with_menu(random_events(5, 6), tuple(f"L1_{number}" for number in range(513)))
    with pytest.raises(DataError, match="a test vector has 512 algorithm bits, the menu 513 seeds"):
        write(tmp_path / "events.txt", events)
    assert list(tmp_path.iterdir()) == []


def test_a_layout_of_other_objects_is_refused(tmp_path: Path) -> None:
    layout = regions_18x14()
    events = EventBatch(
        layout=layout, inputs_raw=np.zeros((2, 252), dtype=np.int16), event_number=np.arange(2), sample="image"
    )
    with pytest.raises(NotExactError, match="'region_1_et' of layout 'regions_18x14' is in no word"):
        write(tmp_path / "events.txt", events)


def test_events_of_another_kind_do_not_follow(tmp_path: Path, random_events: Events) -> None:
    events = random_events(5, 6)
    with pytest.raises(DataError, match="knows weight, not"):
        write(tmp_path / "events.txt", events, replace(events, weight=np.ones(5)))


def test_a_file_without_events_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no events to write"), writing_ugt(tmp_path / "events.txt", {}):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_half_way_leaves_the_old_file(path: Path, random_events: Events) -> None:
    before = path.read_bytes()

    def fail() -> None:
        with writing_ugt(path, {}) as writer:
            writer.append(random_events(3, 1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_words_of_real_lines_are_read_as_the_ports_unpack_them() -> None:
    """The first fields of each list of a tt̄ crossing, as the test vectors of menu 2025 v1.0.0 spell them."""
    words: NDArray[np.uint64] = np.zeros((1, 56), dtype=np.uint64)
    words[0, 0], words[0, 8], words[0, 32], words[0, 46] = (
        0x6130D00802784A1A,
        0x087DEEAC,
        0x09F7B8AC,
        0x2497A017,
    )
    inputs_raw = input_ports(ugt_57(), Interface.UGT).unpack(
        read_ugt_lines(
            ugt_lines(np.array([2]), words, np.zeros((1, 0), dtype=np.bool_)), first=1, where=""
        ).words
    )
    found = dict(zip(NAMES, inputs_raw[0].tolist(), strict=True))
    assert [found[f"mu_1_{name}"] for name in ("pt", "eta", "phi")] == [18, 4, 538]
    assert [found[f"eg_1_{name}"] for name in ("pt", "eta", "phi")] == [172, -9, 62]
    assert [found[f"jet_1_{name}"] for name in ("pt", "eta", "phi")] == [172, -9, 62]
    assert [found[f"met_{name}"] for name in ("pt", "phi")] == [23, 122]
