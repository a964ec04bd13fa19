"""NanoAOD by path, by glob and by URL; several files in a row."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.core.errors import DataError, L1adError, ToolError
from l1ad.data.events import concatenated
from l1ad.data.nanoaod.files import shown_location
from l1ad.data.opening import ReadOptions, events_digest, load_events, open_events
from l1ad.data.reader import EventFormat

pytest.importorskip("uproot")

Make = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture
def three_files(
    tmp_path: Path, random_level1: Make, level1_branches: Make, expected_inputs: Make, write_tree: Write
) -> tuple[Path, list[list[int]]]:
    """Write files of 10, 0 and 5 events, and another that no glob of theirs matches."""
    folder = tmp_path / "runs"
    expected: list[list[int]] = []
    for number, n_events in ((2, 5), (1, 0), (0, 10)):
        events = random_level1(n_events, number)
        write_tree(folder / f"run_{number}.root", level1_branches(events) | {"run": np.full(n_events, number)})
        expected = expected_inputs(events) + expected
    write_tree(folder / "other.root", level1_branches(random_level1(2, 9)))
    return folder, expected


@pytest.fixture
def served(three_files: tuple[Path, list[list[int]]]) -> Iterator[str]:
    """Serve the folder over HTTP, parts of files too, and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Ranges, directory=str(three_files[0])))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class _Ranges(SimpleHTTPRequestHandler):
    """Serves byte ranges, which the standard library's server does not."""

    def do_GET(self) -> None:
        path, asked = Path(self.translate_path(self.path)), self.headers.get("Range")
        if asked is None or not path.is_file():
            super().do_GET()
            return
        content = path.read_bytes()
        first, last = asked.removeprefix("bytes=").split("-")
        start, stop = int(first), min(int(last) + 1 if last else len(content), len(content))
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        self.wfile.write(content[start:stop])

    def log_message(self, *_: Any) -> None:
        pass


def refusal(location: str | Path, **options: Any) -> str:
    with pytest.raises(L1adError) as caught:
        open_events(location, ReadOptions(**options))
    return str(caught.value)


def test_a_glob_is_its_files_in_the_order_of_their_names(three_files: tuple[Path, list[list[int]]]) -> None:
    folder, expected = three_files
    reader = open_events(folder / "run_?.root")
    assert (reader.n_events, reader.sample) == (15, "runs")
    for block_events in (1, 4, 15, 100):
        blocks = list(reader.blocks(block_events))
        assert [len(block) for block in blocks[:-1]] == [block_events] * (len(blocks) - 1)
        read = concatenated(blocks)
        np.testing.assert_array_equal(read.inputs_raw, expected)
        assert read.run is not None
        assert read.run.tolist() == [0] * 10 + [2] * 5
    np.testing.assert_array_equal(next(reader.blocks(3, start=9)).inputs_raw, expected[9:12])
    assert [file["events"] for file in reader.provenance["files"]] == [10, 0, 5]
    assert read.event_number.tolist() == list(range(15))


def test_the_digest_of_a_glob_is_of_its_files_in_order(three_files: tuple[Path, list[list[int]]]) -> None:
    folder, _ = three_files
    digest = events_digest(folder / "run_*.root")
    assert digest == events_digest(str(folder / "run_[012].root"))
    assert len({digest, *(events_digest(folder / f"run_{number}.root") for number in range(3))}) == 4
    assert events_digest(folder / "run_0*.root") == events_digest(folder / "run_0.root")
    (folder / "run_0.root").rename(folder / "run_3.root")
    assert events_digest(folder / "run_*.root") != digest


def test_a_file_whose_name_looks_like_a_glob_is_itself(three_files: tuple[Path, list[list[int]]]) -> None:
    folder, expected = three_files
    odd = folder / "run_[0]:a.root"
    (folder / "run_0.root").rename(odd)
    np.testing.assert_array_equal(load_events(odd).inputs_raw, expected[:10])
    assert events_digest(odd)


def test_a_file_url_is_a_path(three_files: tuple[Path, list[list[int]]]) -> None:
    folder, expected = three_files
    url = (folder / "run_0.root").as_uri()
    np.testing.assert_array_equal(load_events(url).inputs_raw, expected[:10])
    assert events_digest(url) == events_digest(folder / "run_0.root")
    np.testing.assert_array_equal(load_events(f"{folder.as_uri()}/run_*.root").inputs_raw, expected)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://me:secret@host/a.root?token=1#x", "https://host/a.root"),
        ("root://eos.host//store/a.root", "root://eos.host//store/a.root"),
        ("runs/a?.root", "runs/a?.root"),
    ],
)
def test_what_lets_one_into_a_url_is_kept_in_no_file(location: str, shown: str) -> None:
    assert shown_location(location) == shown


def test_events_are_read_over_http(served: str, three_files: tuple[Path, list[list[int]]]) -> None:
    reader = open_events(f"{served}/run_0.root")
    np.testing.assert_array_equal(concatenated(list(reader.blocks(4))).inputs_raw, three_files[1][:10])
    assert (reader.sample, reader.format) == ("run_0", EventFormat.NANOAOD)
    again = open_events(f"{served}/run_0.root?token=a.b")
    assert again.sample == "run_0"


def test_the_digest_of_a_url_is_of_the_identity_that_root_gave(served: str) -> None:
    digests = [events_digest(f"{served}/run_{number}.root") for number in (0, 0, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_a_url_that_leads_nowhere_is_refused(served: str) -> None:
    message = refusal(f"{served}/missing.root")
    assert message.startswith(f"{served}/missing.root: cannot be read (FileNotFoundError: ")
    assert message.endswith("; is the address right, and the file whole?")


def test_a_server_that_is_not_there_is_refused() -> None:
    assert "cannot be read (" in refusal("http://127.0.0.1:1/a.root")


def test_a_protocol_whose_library_is_missing_is_a_missing_tool() -> None:
    pytest.importorskip("fsspec")
    try:
        import fsspec_xrootd  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        with pytest.raises(ToolError, match=r"^root://a/b\.root: needs a library .*fsspec-xrootd"):
            open_events("root://a/b.root")
    else:
        pytest.skip("fsspec-xrootd is installed")


def test_what_names_no_file_is_refused(three_files: tuple[Path, list[list[int]]]) -> None:
    folder, _ = three_files
    assert refusal(folder / "ran_*.root") == f"{folder}/ran_*.root: matches no file"
    assert refusal(folder / "ran.root") == f"{folder}/ran.root: no such file"
    with pytest.raises(DataError, match=r"ran_\*\.root: matches no file"):
        events_digest(folder / "ran_*.root")
    with pytest.raises(DataError, match=r"ran\.root: no such file"):
        events_digest(folder / "ran.root")
    message = refusal(folder, format=EventFormat.NANOAOD)
    assert message == f"{folder}: is a folder; name its files, e.g. '{folder}/*.root'"


def test_files_without_events_are_refused(three_files: tuple[Path, list[list[int]]]) -> None:
    path = three_files[0] / "run_1.root"
    assert refusal(path) == f"{path}: holds no events"
