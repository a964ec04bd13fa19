"""Test vectors of a firmware folder: inputs, port words and expected results, as text for any test bench."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.names import cpp_identifier
from l1ad.core.ports import InputPorts, Interface
from l1ad.core.trace import SCORE, Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.ugt.lines import ugt_lines

__all__ = ["EXPECTED_FILE", "INPUTS_FILE", "UGT_FILE", "WORDS_FILE", "write_vectors"]

INPUTS_FILE, WORDS_FILE, EXPECTED_FILE, UGT_FILE = "inputs.csv", "words.txt", "expected.csv", "ugt.txt"


def write_vectors(
    trigger: TriggerAlgorithm, ports: InputPorts, inputs_raw: NDArray[np.integer], expected: Trace, folder: Path
) -> None:
    """Write events and what must come of them.

    `inputs.csv` holds hardware integers, `words.txt` one hexadecimal word for each port, `expected.csv` score
    word and accept bits, which `l1ad verify --against` reads too. Where the ports are the words of the global
    trigger, `ugt.txt` holds the same events as lines of its test-vector files, an event a bunch crossing; the
    accept bits are the first algorithm bits there.

    Args:
        trigger: The algorithm.
        ports: The input ports of the firmware.
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        expected: The emulator's trace of them, score and accept bits at least.
        folder: The folder to make.
    """
    folder.mkdir()
    words = ports.pack(inputs_raw)
    names = [name for name in expected if name == SCORE or name.startswith("accept:")]
    results = np.concatenate([expected[name] for name in names], axis=1)
    _write_csv(folder / INPUTS_FILE, trigger.layout.names, inputs_raw)
    _write_csv(folder / EXPECTED_FILE, [_column(name) for name in names], results)
    digits = [-(-port.width // 4) for port in ports.ports]
    lines = [" ".join(f"{int(word):0{n}x}" for word, n in zip(row, digits, strict=True)) for row in words]
    (folder / WORDS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    if ports.interface is Interface.UGT:
        (folder / UGT_FILE).write_bytes(ugt_lines(np.arange(len(words)), words, results[:, 1:]))


def _column(name: str) -> str:
    """Name a column; a threshold whose name would break the line or its columns goes by its port's."""
    if "," not in name and len(name.splitlines()) == 1:
        return name
    return f"accept:{cpp_identifier(name.removeprefix('accept:'))}"


def _write_csv(path: Path, names: tuple[str, ...] | list[str], rows: NDArray[np.integer]) -> None:
    text = [",".join(names), *(",".join(map(str, row)) for row in rows.tolist())]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
