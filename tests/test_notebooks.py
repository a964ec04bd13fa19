"""The notebooks of the documentation, executed as a reader would, in a folder of their own."""

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.trigger_file import load_trigger
from l1ad.data.event_file import read_events
from l1ad.emulate.engine import emulate
from l1ad.training.environment import framework_found

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "docs" / "pages" / "notebooks"
NAMES = ("first_algorithm", "your_own_data", "from_qkeras_to_firmware")

SECONDS = 600
"""For one cell, on a machine that is busy; it takes a minute at most where it is not."""


def executed(name: str, folder: Path) -> str:
    """Run every cell with this interpreter in a folder, and give what the cells printed and showed."""
    for module in ("nbclient", "ipykernel"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    nbformat = pytest.importorskip("nbformat")
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisInterpreter(AsyncKernelManager):
        """Starts kernels of this environment, whatever kernels are installed on the machine."""

        def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", self.connection_file]
            return [*command, *(extra_arguments or [])]

    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_manager_class=ThisInterpreter,
        resources={"metadata": {"path": folder}},
    )
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error"] == []
    shown = [output.data.get("text/html", "") for output in outputs if "data" in output]
    printed = [output.text for output in outputs if output.output_type == "stream"]
    return "\n".join([*printed, *shown])


def needs_training_and_a_compiler() -> None:
    if not framework_found("qkeras"):
        pytest.skip("the extra 'qkeras' is not installed")
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_stored_without_outputs_and_without_paths_of_a_machine(name: str) -> None:
    text = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert notebook["nbformat"] == 4
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "/home/" not in text
    assert "/work/" not in text


def test_the_first_notebook_leaves_verified_firmware_and_a_report(tmp_path: Path) -> None:
    needs_training_and_a_compiler()
    told = executed("first_algorithm", tmp_path)
    run, firmware = tmp_path / "runs" / "first", tmp_path / "firmware" / "first"
    trigger = load_trigger(run / "trigger.json")
    assert dict(load_trigger(firmware / "trigger.json").thresholds) == dict(trigger.thresholds)
    assert set(trigger.thresholds) == {"tight", "loose"}
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    assert summary["mismatches"] == 0
    assert summary["events_verified"] > 36_000
    assert f"an event passes at {trigger.thresholds['tight']} or more" in told
    assert "0 integers differ over" in told
    unseen = read_events(tmp_path / "zero_bias.h5").inputs_raw[24_000:]
    passed = int((emulate(trigger, unseen).score_raw >= trigger.thresholds["loose"]).sum())
    assert passed == summary["rates"]["loose"]["n_pass"]


def test_the_second_notebook_reads_tables_and_refuses_wrong_units(tmp_path: Path) -> None:
    (tmp_path / "runs" / "first").mkdir(parents=True)
    shutil.copy(ROOT / "firmware" / "reference" / "trigger.json", tmp_path / "runs" / "first")
    told = executed("your_own_data", tmp_path)
    assert "inputs are float64, not hardware integers" in told
    assert "these look like GeV and radians rounded to integers" in told
    assert "are these MeV? divide by 1000" in told
    assert "events of layout 'my_features', not 'ugt_57'" in told
    assert "cannot resolve 100 Hz" in told
    assert "integers that differ: 0" in told
    again = read_events(tmp_path / "my_zero_bias.h5")
    trigger = load_trigger(tmp_path / "mine.json")
    rate = np.mean(emulate(trigger, again.inputs_raw).score_raw >= trigger.thresholds["tight"]) * 2340 * 11.2455
    assert 0 < rate <= 1
    assert (tmp_path / "scores.h5").is_file()


def test_the_third_notebook_takes_a_model_of_qkeras_to_verified_firmware(tmp_path: Path) -> None:
    needs_training_and_a_compiler()
    told = executed("from_qkeras_to_firmware", tmp_path)
    assert "scores that differ: 0 of 30000" in told
    verified = json.loads(
        (tmp_path / "firmware/imported/results/verification.json").read_text(encoding="utf-8")
    )
    assert verified["mismatches"] == 0
    assert verified["events_verified"] > 5_000
    assert set(load_trigger(tmp_path / "firmware/imported/trigger.json").thresholds) == {"tight", "loose"}
    assert "0 integers differ over" in told
