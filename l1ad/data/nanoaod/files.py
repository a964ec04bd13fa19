"""Where NanoAOD files are: a path, a glob or a URL; and the digest of what is read from there."""

import glob
import hashlib
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from l1ad.core.errors import DataError
from l1ad.data.event_file import file_digest
from l1ad.data.nanoaod.tree import is_remote, opened_root

__all__ = ["digest_of_files", "located_files", "shown_location"]


def located_files(location: str) -> tuple[str, ...]:
    """Find the files that a path, a glob or a URL names, a glob's in the order of their names.

    A `file://` URL is a path; other URLs are taken as they are.

    Raises:
        DataError: If there is no such file, or none that the glob matches.
    """
    if is_remote(location):
        return (location,)
    path = url2pathname(urlsplit(location).path) if location.startswith("file://") else location
    if Path(path).is_file():
        return (path,)
    if Path(path).is_dir():
        raise DataError(f"{path}: is a folder; name its files, e.g. '{Path(path) / '*.root'}'")
    if not glob.has_magic(path):
        raise DataError(f"{path}: no such file")
    # Path.glob takes no pattern that begins at the root.
    found = [one for one in sorted(glob.glob(path, recursive=True)) if Path(one).is_file()]  # noqa: PTH207
    if not found:
        raise DataError(f"{path}: matches no file")
    return tuple(found)


def shown_location(location: str) -> str:
    """Give a location as it may be kept in a file: a URL without what lets one in (user, password, query)."""
    if not is_remote(location):
        return location
    parts = urlsplit(location)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def digest_of_files(location: str) -> str:
    """Digest what events are read from: one file's own digest, of several the digest of theirs in order.

    A file on disk is digested by its bytes. One behind a URL, which may be too long to fetch for that, is
    digested by the UUID that ROOT gave it and by its length.

    Raises:
        DataError: If a file is missing or is no ROOT file.
        ToolError: If a URL needs a library that is not installed.
    """
    files = located_files(location)
    parts = [_remote_digest(one) if is_remote(one) else file_digest(Path(one)) for one in files]
    return parts[0] if len(parts) == 1 else hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _remote_digest(url: str) -> str:
    with opened_root(url) as directory:
        identity = f"{directory.file.uuid} {directory.file.fEND}"
    return hashlib.sha256(identity.encode()).hexdigest()
