import errno
from pathlib import Path

import pytest

from l1ad.core.errors import DataError
from l1ad.data.partial_file import growing_file


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "some/where/a.txt"
    with growing_file(path) as partial:
        partial.write_text("half")
        assert partial.name == "a.txt.partial"
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.EACCES, "denied")])
def test_after_a_fault_the_old_file_stays_alone(tmp_path: Path, fault: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(fault)), growing_file(path) as partial:
        partial.write_text("half")
        raise fault
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_said_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(DataError, match=r"a\.txt: no space is left on the disk"), growing_file(path) as partial:
        partial.symlink_to("/dev/full")
        partial.write_text("x")
    assert path.read_text() == "old"
