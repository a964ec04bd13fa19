"""The generated C++, compiled and run, equals the emulator on every tensor."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.ports import Interface, input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import Agreement, compared
from l1ad.emulate.engine import trace
from l1ad.hls.csim import compile_test_bench, simulated_traces

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
Writer = Callable[[TriggerAlgorithm, Path], Path]
Compiled = Callable[[str], tuple[TriggerAlgorithm, Path]]
MAKE = shutil.which("make") or "make"


def simulated(trigger: TriggerAlgorithm, project: Path, inputs_raw: NDArray[np.int64]) -> Agreement:
    words = input_ports(trigger.layout, Interface.GENERIC).pack(inputs_raw)
    agreements = [
        compared("C", trace(trigger, inputs_raw[block]), found)
        for block, found in simulated_traces(trigger, project / "test_bench", words, block_events=700)
    ]
    total = agreements[0]
    for agreement in agreements[1:]:
        total = total.then(agreement)
    return total


FORMATS: dict[str, dict[str, object]] = {
    "usual formats": {"name": "math", "thresholds": {"loose": 800, "very tight": 3000}},
    "wrap and truncate everywhere": {
        "name": "input_t",
        "input_type": "ap_fixed<7,3>",
        "hidden_type": "ap_ufixed<6,2>",
        "mean_type": "ap_fixed<6,2>",
        "score_type": "ap_ufixed<6,4>",
        "thresholds": {"any": 1},
    },
    "a working type that loses bits in the shift": {
        "name": 'quote" and ; space',
        "working_type": "ap_fixed<17,14>",
        "seed": 3,
    },
    "symmetric and zeroing overflow, other roundings": {
        "input_type": "ap_fixed<6,3,AP_RND_INF,AP_SAT_SYM>",
        "hidden_type": "ap_ufixed<5,2,AP_RND_MIN_INF,AP_SAT_ZERO>",
        "mean_type": "ap_fixed<6,3,AP_TRN_ZERO,AP_SAT_SYM>",
        "score_type": "ap_ufixed<10,8,AP_RND_ZERO,AP_SAT_ZERO>",
        "seed": 4,
    },
}


@pytest.fixture(scope="module")
def compiled(
    needs_compiler: None,  # noqa: ARG001
    build_trigger: Builder,
    write: Writer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Compiled:
    """Give the algorithm and the compiled HLS project of some formats; each is compiled once."""
    known: dict[str, tuple[TriggerAlgorithm, Path]] = {}

    def project(formats: str) -> tuple[TriggerAlgorithm, Path]:
        if formats not in known:
            trigger = build_trigger(**FORMATS[formats])
            folder = write(trigger, tmp_path_factory.mktemp("firmware"))
            compile_test_bench(folder / "hls")
            known[formats] = trigger, folder / "hls"
        return known[formats]

    return project


@pytest.mark.parametrize("formats", FORMATS)
def test_c_simulation_equals_the_emulator_on_every_tensor(
    formats: str, compiled: Compiled, events_for: Events
) -> None:
    trigger, project = compiled(formats)
    inputs_raw = events_for(trigger, 2000)
    found = simulated(trigger, project, inputs_raw)
    assert found.first is None, str(found)
    assert found.events == len(inputs_raw)
    expected_tensors = ["scaled_inputs", "dense_1", "relu_1", "dense_2", "mean", "score"]
    assert list(found.tensors) == expected_tensors + [f"accept:{name}" for name in trigger.thresholds]
    assert len(np.unique(trace(trigger, inputs_raw)["score"])) > 10


def test_a_weight_changed_in_the_firmware_is_found_and_named(
    compiled: Compiled, events_for: Events, tmp_path: Path
) -> None:
    trigger, whole = compiled("a working type that loses bits in the shift")
    assert whole.parent.name == "quote_and_space"
    project = Path(shutil.copytree(whole, tmp_path / "hls"))
    header = project / "network" / "weights" / "w4.h"
    text, changed = re.subn(r"= \{[^,]*,", "= {0.96875,", header.read_text(), count=1)
    assert changed == 1
    header.write_text(text)
    compile_test_bench(project)
    found = simulated(trigger, project, events_for(trigger, 200))
    assert found.first is not None
    assert (found.first.tensor, found.first.element) == ("dense_2", 0)
    assert "layer 'dense_2', element 0: emulator" in str(found)


def test_the_test_bench_alone_checks_its_vectors(compiled: Compiled, tmp_path: Path) -> None:
    _, whole = compiled("usual formats")
    project = Path(shutil.copytree(whole.parent, tmp_path / "copy")) / "hls"
    done = subprocess.run([MAKE, "-s", "csim"], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "0 of 167 events differ")
    expected = project.parent / "vectors" / "expected.csv"
    lines = expected.read_text().splitlines()
    lines[3] = "1,1,1" if lines[3] != "1,1,1" else "2,1,1"
    expected.write_text("\n".join(lines))
    done = subprocess.run(["./test_bench"], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (1, "1 of 167 events differ")


@pytest.mark.usefixtures("needs_compiler")
def test_cpp_that_does_not_compile_is_one_sentence(
    build_trigger: Builder, write: Writer, tmp_path: Path
) -> None:
    folder = write(build_trigger(), tmp_path)
    (folder / "hls" / "small_top.cpp").write_text("this is not C++\n")
    with pytest.raises(ToolError, match=r"make in .* failed with code 2: .*error"):
        compile_test_bench(folder / "hls")


def test_a_machine_without_a_compiler_is_told_so(
    build_trigger: Builder, write: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(build_trigger(), tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ToolError, match=r"g\+\+ was not found on PATH; C simulation needs it"):
        compile_test_bench(folder / "hls")


# A translation unit for each: the guards of hls4ml's headers have the same names in every project.
ONE_OF_TWO = """
#include "NAME_top.h"
long long NAME_score(const int *x) {
    NAME_types::score_word_t score;
    ap_uint<1> ACCEPTS;
    NAME_top(ARGUMENTS);
    return score.to_int64();
}
"""

BOTH = """
#include <cstdio>
#include <map>
#include <string>
namespace nnet {
bool trace_enabled = false;
std::map<std::string, void *> *trace_outputs = NULL;
size_t trace_type_size = sizeof(double);
}
long long math_score(const int *);
long long input_t_score(const int *);
int main() {
    int x[57];
    while (true) {
        for (int i = 0; i < 57; i++)
            if (std::scanf("%d", &x[i]) != 1) return 0;
        std::printf("%lld %lld\\n", math_score(x), input_t_score(x));
    }
}
"""


def test_two_algorithms_live_in_one_program_and_both_are_right(
    compiled: Compiled, events_for: Events, tmp_path: Path
) -> None:
    compiler = shutil.which("g++") or "g++"
    both = [compiled(formats) for formats in ("usual formats", "wrap and truncate everywhere")]
    objects: list[str] = []
    for trigger, project in both:
        arguments = [f"x[{index}]" for index in range(57)]
        accepts = [f"accept_{number}" for number in range(len(trigger.thresholds))]
        wrapper = ONE_OF_TWO.replace("NAME", trigger.name)
        wrapper = wrapper.replace("ARGUMENTS", ", ".join([*arguments, "score", *accepts]))
        source = tmp_path / f"{trigger.name}.cpp"
        source.write_text(wrapper.replace("ACCEPTS", ", ".join(["score_was_asked", *accepts])))
        objects += [str(project / f"{trigger.name}_top.o"), str(project / f"network/{trigger.name}_network.o")]
        objects.append(str(source.with_suffix(".o")))
        flags = ["-O1", "-std=c++17", "-w", "-iquote", ".", "-iquote", "network", "-Inetwork/ap_types"]
        subprocess.run([compiler, *flags, "-c", str(source), "-o", objects[-1]], cwd=project, check=True)
    (tmp_path / "both.cpp").write_text(BOTH)
    subprocess.run([compiler, "both.cpp", *objects, "-o", "both"], cwd=tmp_path, check=True)
    inputs_raw = events_for(both[0][0], 500)
    lines = "\n".join(" ".join(str(value) for value in event) for event in inputs_raw.tolist())
    done = subprocess.run([str(tmp_path / "both")], input=lines, capture_output=True, text=True, check=True)
    found = np.array([line.split() for line in done.stdout.splitlines()], dtype=np.int64)
    for column, (trigger, _) in enumerate(both):
        np.testing.assert_array_equal(found[:, column], trace(trigger, inputs_raw)["score"][:, 0])
    assert np.any(found[:, 0] != found[:, 1])
