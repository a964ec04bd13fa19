"""How l1ad was installed, and so how more of it is: from a clone, from a file, from a repository, by name."""

import json
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import PurePosixPath
from typing import Any

__all__ = ["install_command", "installed_from"]


def installed_from() -> Mapping[str, Any] | None:
    """Read what pip wrote down of where l1ad came from (PEP 610); None where it came from an index by name.

    In a clone, metadata that a build left there is found before that of the environment; only this has it.
    """
    told = (one.read_text("direct_url.json") for one in distributions(name="l1ad"))
    text = next((one for one in told if one is not None), None)
    document = None if text is None else json.loads(text)
    return document if isinstance(document, dict) else None


def install_command(extra: str, source: Mapping[str, Any] | None) -> str:
    """Say what is typed to install an extra of l1ad, or l1ad alone.

    Paths of this machine are left out; the place is said in words.

    Args:
        extra: Its name; empty for none.
        source: What `installed_from` gives.
    """
    wanted = f"[{extra}]" if extra else ""
    url = "" if source is None else str(source.get("url", ""))
    if source is not None and "dir_info" in source:
        editable = "-e " if source["dir_info"].get("editable") else ""
        return f"pip install {editable}{_quoted(f'.{wanted}')} in the clone"
    if source is not None and "vcs_info" in source:
        address = f"{source['vcs_info'].get('vcs', 'git')}+{url}"
        return f"pip install {_quoted(f'l1ad{wanted} @ {address}')}"
    if url.startswith("file:"):
        name = PurePosixPath(url).name
        return f"pip install {_quoted(f'./{name}{wanted}')} where that file lies"
    if url:
        return f"pip install {_quoted(f'l1ad{wanted} @ {url}')}"
    return f"pip install {_quoted(f'l1ad{wanted}')}"


def _quoted(text: str) -> str:
    """Keep brackets and blanks from the shell."""
    return f"'{text}'" if set(text) & set("[ ") else text
