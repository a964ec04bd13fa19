"""The emulator package: two algorithms of one name in one process, every convention, every refusal."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError, NotExactError, ToolError
from l1ad.core.layouts import numbered_inputs
from l1ad.core.names import accept_ports, project_name
from l1ad.core.ports import InputPorts, Interface, input_ports
from l1ad.core.trace import SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock
from l1ad.emulate.engine import trace
from l1ad.hls.emulator import emulator_version, library_name, write_emulator
from l1ad.hls.emulator_run import compile_emulator, emulator_traces
from l1ad.hls.project import write_hls
from l1ad.hls.target import HlsTarget

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
MAKE, GPP, NM = (shutil.which(tool) or tool for tool in ("make", "g++", "nm"))

HOSTILE = 'a "b" */ \\ ??/\n@NAME@ %s ü'

# Both are called `small` in C++, have the same files, functions and types, and other weights.
ALGORITHMS: dict[str, dict[str, object]] = {
    "generic": {"name": "small", "thresholds": {"loose": 100, "very tight": 250}},
    "ugt": {
        "name": "small*/",
        "seed": 7,
        "widths": (5, 1),
        "mean_type": "ap_fixed<12,6>",
        "score_type": "ap_ufixed<16,10>",
        "thresholds": {HOSTILE: 100},
    },
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Package:
    """An algorithm and its compiled emulator package."""

    trigger: TriggerAlgorithm
    interface: Interface
    loader: Path
    library: Path

    @property
    def folder(self) -> Path:
        return self.library.parent

    @property
    def ports(self) -> InputPorts:
        return input_ports(self.trigger.layout, self.interface)

    def answers(self, traced: Trace) -> NDArray[np.int64]:
        """Give score word and accept bits, shape (n_events, 1 + n_accepts)."""
        names = [SCORE, *(accept_name(one) for one in self.trigger.thresholds)]
        return np.concatenate([traced[one] for one in names], axis=1)


def target_of(interface: Interface) -> HlsTarget:
    return HlsTarget(part="xc7vx690t-ffg1927-2", clock=Clock(40), interface=interface)


@pytest.fixture(scope="module")
def packages(
    needs_compiler: None,  # noqa: ARG001
    build_trigger: Builder,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Package]:
    """Write and compile both algorithms, each in a firmware folder of its own."""
    found = {}
    for name, made in ALGORITHMS.items():
        trigger, interface = build_trigger(**made), Interface(name)
        firmware = tmp_path_factory.mktemp(name) / project_name(trigger.name)
        firmware.mkdir()
        write_hls(trigger, target=target_of(interface), folder=firmware / "hls")
        write_emulator(trigger, target=target_of(interface), folder=firmware / "emulator")
        loader, library = compile_emulator(firmware / "emulator")
        found[name] = Package(trigger=trigger, interface=interface, loader=loader, library=library)
    return found


def through_loader(
    libraries: list[Path], inputs_raw: NDArray[np.integer]
) -> subprocess.CompletedProcess[bytes]:
    command = [str(libraries[0].parent / "loader"), "--times", *map(str, libraries)]
    given = inputs_raw.astype(np.int32).tobytes()
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_two_algorithms_of_one_name_in_one_process_give_each_its_own_scores(
    packages: dict[str, Package], events_for: Events
) -> None:
    both = list(packages.values())
    assert project_name(both[0].trigger.name) == project_name(both[1].trigger.name) == "small"
    inputs_raw = events_for(both[0].trigger, 100_000)
    done = through_loader([one.library for one in both], inputs_raw)
    assert done.returncode == 0, done.stderr.decode()
    assert f"2 libraries, 2 models created, {len(inputs_raw)} events" in done.stderr.decode()
    found = np.frombuffer(done.stdout, dtype=np.int64).reshape(len(inputs_raw), -1)
    answers = [one.answers(trace(one.trigger, inputs_raw)) for one in both]
    np.testing.assert_array_equal(found, np.concatenate(answers, axis=1))
    assert all(len(np.unique(one[:, 0])) > 100 for one in answers)
    assert all(0 < one[:, -1].sum() < len(inputs_raw) for one in answers)
    assert np.any(answers[0][:, 0] != answers[1][:, 0])


def test_the_library_is_run_block_by_block(packages: dict[str, Package], events_for: Events) -> None:
    for one in packages.values():
        inputs_raw = events_for(one.trigger, 2500)
        expected = trace(one.trigger, inputs_raw)
        blocks = emulator_traces(one.trigger, one.loader, one.library, inputs_raw, block_events=1000)
        given = list(blocks)
        assert [block.start for block, _ in given] == [0, 1000, 2000]
        for block, found in given:
            assert list(found) == [SCORE, *(accept_name(name) for name in one.trigger.thresholds)]
            for name, values in found.items():
                np.testing.assert_array_equal(values, expected[name][block])


# Each event goes in by every convention and comes out in every type; one line of int64 an event.
DRIVER = r"""
#include <any>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <dlfcn.h>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include "ap_fixed.h"
#include "emulator.h"

const int n_inputs = N_INPUTS, n_ports = N_PORTS, n_outputs = N_OUTPUTS;
typedef MEAN mean_t;
typedef PLAIN_MEAN plain_mean_t;
typedef SCORE score_t;
typedef PLAIN_SCORE plain_score_t;
typedef ap_fixed<18, 13> unscaled_t;
const bool is_energy[n_inputs] = {IS_ENERGY};

template <class T> int64_t raw(const T &value) {
    return std::llround(std::ldexp(value.to_double(), T::width - T::iwidth));
}

struct event {
    int32_t values[n_inputs];
    uint64_t words[n_ports];
    unscaled_t unscaled[n_inputs];
};

static void run(hls4mlEmulator::Model *model, std::any input, std::vector<int64_t> &out) {
    std::vector<int64_t> found{7, 7, 7, 7, 7}; // what was there before must not stay
    model->prepare_input(input);
    model->predict();
    model->read_result(&found);
    out.insert(out.end(), found.begin(), found.end());
}

template <class Mean, class Score> void read(hls4mlEmulator::Model *model, std::vector<int64_t> &out) {
    std::pair<std::array<Mean, n_outputs>, Score> all;
    model->read_result(&all);
    for (const Mean &one : all.first) out.push_back(raw(one));
    out.push_back(raw(all.second));
    if (n_outputs == 1) {
        std::pair<Mean, Score> single;
        model->read_result(&single);
        out.push_back(raw(single.first));
        out.push_back(raw(single.second));
    }
    Score score;
    model->read_result(&score);
    out.push_back(raw(score));
}

static void conventions(hls4mlEmulator::Model *model, event &x, std::vector<int64_t> &out) {
    std::array<int32_t, n_inputs> array;
    std::copy(x.values, x.values + n_inputs, array.begin());
    run(model, x.values, out);
    run(model, (const int32_t *)x.values, out);
    run(model, array, out);
    run(model, std::vector<int32_t>(x.values, x.values + n_inputs), out);
    run(model, std::vector<uint64_t>(x.words, x.words + n_ports), out);
    run(model, x.words, out);
    run(model, (const uint64_t *)x.words, out);
    run(model, x.unscaled, out);
    run(model, (const unscaled_t *)x.unscaled, out);
    read<mean_t, score_t>(model, out);
    read<plain_mean_t, score_t>(model, out);
    read<mean_t, plain_score_t>(model, out);
    read<plain_mean_t, plain_score_t>(model, out);
    uint64_t word = 7;
    model->read_result(&word);
    out.push_back(word);
}

static void refusals(hls4mlEmulator::Model *(*create)(), void (*destroy)(hls4mlEmulator::Model *)) {
    typedef std::function<void(hls4mlEmulator::Model *)> attempt;
    auto prepared = [](hls4mlEmulator::Model *model) { model->prepare_input(std::vector<int32_t>(n_inputs)); };
    auto values = [](int input, int32_t value) -> attempt {
        event x = {};
        x.values[input] = value;
        return [=](auto *model) { model->prepare_input(event(x).values); };
    };
    auto words = [](int port, uint64_t word) -> attempt {
        event x = {};
        x.words[port] = word;
        return [=](auto *model) { model->prepare_input(event(x).words); };
    };
    auto unscaled = [](int input, double value) -> attempt {
        event x = {};
        x.unscaled[input] = value;
        return [=](auto *model) { model->prepare_input(event(x).unscaled); };
    };
    auto given = [](std::any input) -> attempt { return [=](auto *model) { model->prepare_input(input); }; };
    auto read = [=](std::any result) -> attempt {
        return [=](auto *model) { prepared(model); model->predict(); model->read_result(result); };
    };
    static float single[n_inputs];
    static uint64_t word;
    const std::vector<attempt> attempts = {
        [](auto *model) { model->predict(); },
        [=](auto *model) { model->read_result(&word); },
        [=](auto *model) {
            prepared(model);
            model->read_result(&word);
        },
        [=](auto *model) {
            prepared(model);
            model->predict();
            prepared(model);
            model->read_result(&word);
        },
        [=](auto *model) {
            prepared(model);
            model->predict();
            try { model->prepare_input(1); } catch (const std::invalid_argument &) {}
            model->predict();
        },
        given(std::any()), given(1.5), given(single), given(std::vector<int16_t>(n_inputs)),
        given(std::array<int32_t, n_inputs + 1>()),
        given(std::vector<int32_t>(n_inputs - 1)), given(std::vector<uint64_t>(n_ports + 1)),
        given((int32_t *)nullptr), given((const uint64_t *)nullptr), given((unscaled_t *)nullptr),
        values(27, 2048), values(0, -1), values(1, 1), values(4, -128), values(27, 65536),
        words(WIDE_PORT, WIDE_WORD), words(OUTSIDE_PORT, OUTSIDE_WORD),
        unscaled(27, 17.25), unscaled(4, 0.5), unscaled(27, -0.5), unscaled(2, 144), unscaled(27, 1024),
        read(7), read(std::any()), read(single), read((uint64_t *)nullptr),
        read((std::pair<score_t, score_t> *)nullptr),
    };
    for (const attempt &one : attempts) {
        hls4mlEmulator::Model *model = create();
        const char *kind = "nothing";
        std::string what;
        try {
            one(model);
        } catch (const std::out_of_range &fault) { kind = "out_of_range", what = fault.what();
        } catch (const std::invalid_argument &fault) { kind = "invalid_argument", what = fault.what();
        } catch (const std::logic_error &fault) { kind = "logic_error", what = fault.what(); }
        std::printf("%s|%s\n", kind, what.c_str());
        destroy(model);
    }
}

int main(int argc, char **argv) {
    void *library = dlopen(argv[1], RTLD_LAZY | RTLD_LOCAL);
    if (!library) return std::fprintf(stderr, "%s\n", dlerror());
    auto create = (hls4mlEmulator::Model * (*)()) dlsym(library, "create_model");
    auto destroy = (void (*)(hls4mlEmulator::Model *))dlsym(library, "destroy_model");
    auto created = (size_t(*)())dlsym(library, "small_models_created");
    if (argc > 2) {
        refusals(create, destroy);
        return 0;
    }
    hls4mlEmulator::Model *model = create();
    event x;
    std::vector<int64_t> out;
    while (std::fread(x.values, sizeof(int32_t), n_inputs, stdin) == (size_t)n_inputs &&
           std::fread(x.words, sizeof(uint64_t), n_ports, stdin) == (size_t)n_ports) {
        for (int i = 0; i < n_inputs; i++) x.unscaled[i] = x.values[i] * (is_energy[i] ? 0.5 : 1);
        out.clear();
        conventions(model, x, out);
        std::fwrite(out.data(), sizeof(int64_t), out.size(), stdout);
    }
    std::fprintf(stderr, "%zu", created());
    destroy(model);
    return dlclose(library);
}
"""

WIDE_AND_OUTSIDE = {
    Interface.GENERIC: {"WIDE_PORT": "27", "WIDE_WORD": "4096", "OUTSIDE_PORT": "2", "OUTSIDE_WORD": "144"},
    Interface.UGT: {
        "WIDE_PORT": "46", "WIDE_WORD": "uint64_t(1) << 32", "OUTSIDE_PORT": "1", "OUTSIDE_WORD": "1023",
    },
}  # fmt: skip
WORDS_REFUSED = {
    Interface.GENERIC: [
        "out_of_range|port 'jet_1_pt' has 11 bits; the word 4096 has more",
        "out_of_range|input 'met_phi' is 144, outside 0 to 143",
    ],
    Interface.UGT: [
        "out_of_range|port 'sum_2' has 32 bits; the word 4294967296 has more",
        "out_of_range|input 'mu_2_phi' is 1023, outside 0 to 575",
    ],
}


def driver(package: Package, folder: Path) -> Path:
    """Compile the driver for the types of an algorithm."""
    mean, score = package.trigger.network.output_type.types[0], package.trigger.score.result
    fields = package.trigger.layout.fields
    words = {
        "N_INPUTS": str(len(fields)),
        "N_PORTS": str(len(package.ports.ports)),
        "N_OUTPUTS": str(package.trigger.network.n_outputs),
        "PLAIN_MEAN": f"ap_fixed<{mean.width}, {mean.integer}>",
        "PLAIN_SCORE": f"ap_ufixed<{score.width}, {score.integer}>",
        "MEAN": str(mean),
        "SCORE": str(score),
        "IS_ENERGY": ", ".join(str(int(field.unit == "GeV")) for field in fields),
        **WIDE_AND_OUTSIDE[package.interface],
    }
    text = re.sub(r"\b(" + "|".join(words) + r")\b", lambda found: words[found[0]], DRIVER)
    (folder / "driver.cpp").write_text(text)
    headers = [
        "-I",
        str(package.folder / "include"),
        "-isystem",
        str(package.folder / "../hls/network/ap_types"),
    ]
    flags = ["-O1", "-std=c++17", "-o", "driver"]
    subprocess.run([GPP, *flags, *headers, "driver.cpp", "-ldl"], cwd=folder, check=True)
    return folder / "driver"


@pytest.fixture(scope="module")
def drivers(packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: driver(one, tmp_path_factory.mktemp("driver")) for name, one in packages.items()}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_convention_of_inputs_and_results_gives_the_same_integers(
    name: str, packages: dict[str, Package], drivers: dict[str, Path], events_for: Events
) -> None:
    package = packages[name]
    inputs_raw = events_for(package.trigger, 300)
    words = package.ports.pack(inputs_raw)
    given = b"".join(
        event.astype(np.int32).tobytes() + row.tobytes() for event, row in zip(inputs_raw, words, strict=True)
    )
    done = subprocess.run(
        [str(drivers[name]), str(package.library)], input=given, capture_output=True, check=True
    )
    found = np.frombuffer(done.stdout, dtype=np.int64).reshape(len(inputs_raw), -1)
    traced = trace(package.trigger, inputs_raw)
    mean, score, answers = traced["mean"], traced[SCORE], package.answers(traced)
    single = [mean, score] if mean.shape[1] == 1 else []
    expected = np.concatenate([*[answers] * 9, *[mean, score, *single, score] * 4, score], axis=1)
    np.testing.assert_array_equal(found, expected)
    assert done.stderr == b"1"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_refusal_says_what_was_given_and_what_is_right(
    name: str, packages: dict[str, Package], drivers: dict[str, Path]
) -> None:
    package = packages[name]
    done = subprocess.run(
        [str(drivers[name]), str(package.library), "refusals"], capture_output=True, text=True, check=True
    )
    found = done.stdout.splitlines()
    n_ports = len(package.ports.ports)
    takes = (
        "; it takes 57 hardware integers (a pointer to int32_t, a std::array or std::vector of them), "
        f"{n_ports} words (a pointer to uint64_t, a std::vector of them) or a pointer to 57 ap_fixed<18,13>"
    )
    other = [
        "void", "double", "float*", "std::vector<short, std::allocator<short> >", "std::array<int, 58ul>",
    ]  # fmt: skip
    assert found[:-5] == [
        "logic_error|predict was called before prepare_input, or after it refused its input",
        "logic_error|read_result was called before predict",
        "logic_error|read_result was called before predict",
        "logic_error|read_result was called before predict",
        "logic_error|predict was called before prepare_input, or after it refused its input",
        *(f"invalid_argument|prepare_input was given {one}{takes}" for one in other),
        "invalid_argument|prepare_input was given 56 hardware integers, not 57",
        f"invalid_argument|prepare_input was given {n_ports + 1} words, not {n_ports}",
        *["invalid_argument|prepare_input was given a null pointer"] * 3,
        "out_of_range|input 'jet_1_pt' is 2048, outside 0 to 2047",
        "out_of_range|input 'met_pt' is -1, outside 0 to 4095",
        "out_of_range|input 'met_eta' is 1, outside 0 to 0",
        "out_of_range|input 'eg_1_eta' is -128, outside -127 to 127",
        "out_of_range|input 'jet_1_pt' is 65536, outside 0 to 2047",
        *WORDS_REFUSED[package.interface],
        "invalid_argument|input 'jet_1_pt' is 17.25, not a whole number of steps of 0.5; "
        "energies are given in GeV, all else as hardware integers",
        "invalid_argument|input 'eg_1_eta' is 0.5, not a whole number of steps of 1; "
        "energies are given in GeV, all else as hardware integers",
        "out_of_range|input 'jet_1_pt' is -1, outside 0 to 2047",
        "out_of_range|input 'met_phi' is 144, outside 0 to 143",
        "out_of_range|input 'jet_1_pt' is 2048, outside 0 to 2047",
    ]
    told = re.compile(
        r"invalid_argument\|read_result was given (int|void|float\*); it takes a pointer to std::pair<.*>, "
        r"ap_ufixed<.*> \(both also without rounding and overflow modes\), uint64_t or std::vector<int64_t>"
    )
    wrong = [match[1] if (match := told.fullmatch(line)) else line for line in found[-5:-2]]
    assert wrong == ["int", "void", "float*"]
    assert found[-2] == "invalid_argument|read_result was given a null pointer"
    assert found[-1].startswith("invalid_argument|read_result was given std::pair<ap_ufixed<")


def test_the_library_shows_its_contract_and_nothing_else(packages: dict[str, Package]) -> None:
    if shutil.which("nm") is None:
        pytest.skip("nm is not installed")
    for package in packages.values():
        done = subprocess.run(
            [NM, "-D", "--defined-only", str(package.library)], capture_output=True, text=True, check=True
        )
        shown = [line.split()[1:] for line in done.stdout.splitlines()]
        declared = re.findall(r"(small_\w+)\(", (package.folder / "small_emulator.h").read_text())
        assert sorted(name for _, name in shown) == sorted(["create_model", "destroy_model", *declared])
        assert {kind for kind, _ in shown} == {"T"}
        done = subprocess.run([NM, "-C", str(package.library)], capture_output=True, text=True, check=True)
        inner = [
            line
            for line in done.stdout.splitlines()
            if re.search("nnet::|network_nn::|small_types::|small_top", line)
        ]
        namespace = f"l1ad_small_{emulator_version(package.trigger)}::"
        assert len(inner) > 5
        assert [line for line in inner if namespace not in line] == []


def imported(package: Package) -> ModuleType:
    """Import the generated wrapper from where it is."""
    spec = importlib.util.spec_from_file_location("small_emulator", package.folder / "small_emulator.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_python_wrappers_in_one_process_equal_the_emulator(
    packages: dict[str, Package], events_for: Events
) -> None:
    loaded = [(package, imported(package).Emulator()) for package in packages.values()]
    for package, emulator in loaded:
        trigger = package.trigger
        inputs_raw = events_for(trigger, 5000)
        score, accepted = emulator.score(inputs_raw)
        expected = trace(trigger, inputs_raw)
        np.testing.assert_array_equal(score, expected[SCORE][:, 0])
        assert list(accepted) == list(trigger.thresholds)
        for name, bits in accepted.items():
            assert bits.dtype == np.bool_
            np.testing.assert_array_equal(bits, expected[accept_name(name)][:, 0] != 0)
        assert (emulator.name, emulator.version) == (trigger.name, emulator_version(trigger))
        assert (emulator.thresholds, emulator.input_names) == (dict(trigger.thresholds), trigger.layout.names)
        assert emulator.score(inputs_raw[:0])[0].shape == (0,)


def test_one_library_scores_in_several_threads_at_once(
    packages: dict[str, Package], events_for: Events
) -> None:
    package = packages["generic"]
    emulator = imported(package).Emulator()
    inputs_raw = events_for(package.trigger, 8000)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda part: emulator.score(part)[0], np.array_split(inputs_raw, 16)))
    np.testing.assert_array_equal(np.concatenate(parts), trace(package.trigger, inputs_raw)[SCORE][:, 0])


def test_the_python_wrapper_refuses_what_are_no_events(packages: dict[str, Package]) -> None:
    emulator = imported(packages["generic"]).Emulator()
    with pytest.raises(TypeError, match="inputs are float64, not hardware integers; divide by the step"):
        emulator.score(np.zeros((2, 57)))
    with pytest.raises(ValueError, match=r"inputs have shape \(57,\), not \(events, 57\)"):
        emulator.score(np.zeros(57, dtype=np.int64))
    events = np.zeros((4, 57), dtype=np.int64)
    events[2, 27] = (1 << 32) + 5  # which 32 bits would take for 5
    with pytest.raises(ValueError, match=r"event 2, input 'jet_1_pt' is 4294967301, outside 0 to 2047"):
        emulator.score(events)


def test_the_c_interface_stops_at_the_first_event_out_of_range(packages: dict[str, Package]) -> None:
    emulator = imported(packages["generic"]).Emulator()
    events = np.zeros((4, 57), dtype=np.int32)
    events[2, 0] = -1
    out = np.full((4, 3), 7, dtype=np.int64)
    assert emulator._score(events.ctypes.data, 4, out.ctypes.data) == 2
    assert (out[:2] != 7).all()
    assert (out[2:] == 7).all()


def test_a_python_wrapper_without_its_library_says_how_to_build_it(
    packages: dict[str, Package], tmp_path: Path
) -> None:
    module = imported(packages["generic"])
    with pytest.raises(FileNotFoundError, match="the library is not there; run `make` in"):
        module.Emulator(tmp_path / "small.so")
    with pytest.raises(ValueError, match=r"the library is version \w{8}, this file \w{8}; build it again"):
        module.Emulator(packages["ugt"].library)


def test_the_library_checks_its_vectors_and_finds_one_that_is_wrong(
    packages: dict[str, Package], events_for: Events
) -> None:
    package = packages["ugt"]
    inputs_raw = events_for(package.trigger, 50)
    vectors = package.folder.parent / "vectors"
    vectors.mkdir()
    answers = package.answers(trace(package.trigger, inputs_raw))
    write_csv(vectors / "inputs.csv", ",".join(package.trigger.layout.names), inputs_raw)
    write_csv(vectors / "expected.csv", "score,accept", answers)
    tested = [MAKE, "-s", "test"]
    done = subprocess.run(tested, cwd=package.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"0 of {len(inputs_raw)} events differ")
    answers[3, 1] = 1 - answers[3, 1]
    write_csv(vectors / "expected.csv", "score,accept", answers)
    done = subprocess.run(tested, cwd=package.folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stdout.strip() == f"1 of {len(inputs_raw)} events differ"
    write_csv(vectors / "expected.csv", "score,accept", answers[:-1])
    done = subprocess.run(tested, cwd=package.folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "expected.csv has fewer events than inputs.csv" in done.stderr


def write_csv(path: Path, header: str, rows: NDArray[np.int64]) -> None:
    lines = [header, *(",".join(str(value) for value in row) for row in rows.tolist())]
    path.write_text("\n".join(lines) + "\n")


def test_the_loader_tells_the_event_that_is_refused(packages: dict[str, Package]) -> None:
    package = packages["generic"]
    events = np.zeros((3, 57), dtype=np.int32)
    events[1, 3] = 512
    done = through_loader([package.library], events)
    assert done.returncode == 1
    assert "error at event 1: input 'eg_1_pt' is 512, outside 0 to 511" in done.stderr.decode()
    done = through_loader([package.library], events[:1].ravel()[:-1])
    assert "stdin ends within an event" in done.stderr.decode()


def test_make_installs_the_library_and_takes_the_header_of_cmssw(
    packages: dict[str, Package], tmp_path: Path
) -> None:
    package = packages["generic"]
    subprocess.run([MAKE, "-s", "install", f"PREFIX={tmp_path}"], cwd=package.folder, check=True)
    assert (tmp_path / "lib64" / package.library.name).read_bytes() == package.library.read_bytes()
    done = subprocess.run(
        [MAKE, "-s", "install"], cwd=package.folder, capture_output=True, text=True, check=False
    )
    assert "PREFIX is not set: make install PREFIX=FOLDER copies" in done.stderr
    extras = tmp_path / "extras"
    (extras / "include" / "hls4ml").mkdir(parents=True)
    (extras / "include" / "hls4ml" / "emulator.h").write_text("#error the header of CMSSW\n")
    for given in (extras, extras / "include"):
        done = subprocess.run(
            [MAKE, "-B", "loader", f"EMULATOR_EXTRAS={given}"],
            cwd=package.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "#error the header of CMSSW" in done.stderr
    subprocess.run([MAKE, "-s", "loader"], cwd=package.folder, check=True)


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_text(encoding="utf-8")


def test_names_of_people_stand_escaped_in_string_literals_alone(build_trigger: Builder, tmp_path: Path) -> None:
    trigger = build_trigger(**ALGORITHMS["ugt"] | {"name": HOSTILE})
    write_emulator(trigger, target=target_of(Interface.GENERIC), folder=tmp_path / "emulator")
    name = project_name(HOSTILE)
    port = accept_ports(trigger.thresholds)[HOSTILE]
    literal = r'"a \042b\042 \052/ \134 \077\077/\012\100NAME\100 \045s \303\274"'.replace("/", r"\057")
    for path, text in texts(tmp_path / "emulator"):
        if path.name == "layout.h":
            assert f"const char *const name = {literal};" in text
            assert f"thresholds = {{{{{{{literal}, 100}}}}}};" in text
        else:
            assert "042" not in text
        rest = text.replace(literal, "").replace(name, "").replace(port, "")
        assert not re.search(r'"b"|\?\?/|@[A-Z_]+@|ü|%s ', rest.replace("%s\\n", "")), path


def test_a_name_that_no_c_string_holds_is_refused(build_trigger: Builder, tmp_path: Path) -> None:
    with pytest.raises(
        NotExactError, match=r"the name 'a\\x00b' holds a NUL, which no C string can; rename it"
    ):
        write_emulator(
            build_trigger(thresholds={"a\0b": 1}),
            target=target_of(Interface.GENERIC),
            folder=tmp_path / "emulator",
        )


def test_inputs_of_more_than_32_bits_are_refused(tmp_path: Path, build_trigger: Builder) -> None:
    trigger = build_trigger()
    wide = numbered_inputs(57, width=32, signed=False)
    scaling = replace(
        trigger.scaling, layout=wide, working=replace(trigger.scaling.working, width=50, integer=40)
    )
    with pytest.raises(
        NotExactError, match=r"input 'input_1_value' .* 0 to 4294967295; the emulator library takes"
    ):
        write_emulator(
            replace(trigger, scaling=scaling), target=target_of(Interface.GENERIC), folder=tmp_path / "emulator"
        )
    assert not (tmp_path / "emulator").exists()


def test_everything_that_the_synthesised_code_includes_is_included_before_the_namespace(
    packages: dict[str, Package],
) -> None:
    folder = packages["generic"].folder
    before = (folder / "emulator.cpp").read_text().split("namespace l1ad_")[0]
    headers = folder.parent / "hls" / "network" / "ap_types"
    for path, text in texts(folder.parent / "hls"):
        if headers not in path.parents:
            for name in re.findall(r"^\s*#\s*include\s*[<\"]([^>\"]+)", text, re.MULTILINE):
                is_inner = any(
                    (base / name).is_file() for base in (path.parent, path.parent.parent, folder.parent / "hls")
                )
                assert is_inner or re.search(rf"#include [<\"]{re.escape(name)}[>\"]", before), (
                    f"{path}: {name}"
                )


def test_another_library_and_other_events_are_refused(packages: dict[str, Package], tmp_path: Path) -> None:
    package = packages["generic"]
    events = np.zeros((2, 57), dtype=np.int64)
    loader, library = package.loader, packages["ugt"].library
    with pytest.raises(
        ToolError, match=rf"built from another algorithm; that of this one is {package.library.name}"
    ):
        next(emulator_traces(package.trigger, loader, library, events, block_events=10))
    events[1, 0] = (1 << 32) + 5
    with pytest.raises(DataError, match="emulator library: event 1, input 'met_pt' is 4294967301"):
        next(emulator_traces(package.trigger, loader, package.library, events, block_events=10))
    with pytest.raises(ToolError, match="no emulator package here; `l1ad build` writes one"):
        compile_emulator(tmp_path)


def test_the_library_is_named_by_name_and_digest(build_trigger: Builder) -> None:
    trigger = build_trigger(thresholds={"one": 1})
    assert re.fullmatch(r"small_[0-9a-f]{8}\.so", library_name(trigger))
    assert library_name(trigger) != library_name(trigger.with_thresholds({"one": 2}))
