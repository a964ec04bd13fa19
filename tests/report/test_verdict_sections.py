"""What the report says of agreement, budget, acceptance and provenance, for good runs and bad ones."""

from typing import Any

import pytest

from l1ad.report.agreement_section import agreement_section
from l1ad.report.document import Paragraph, Section, State, Table
from l1ad.report.provenance_section import acceptance_section, provenance_section
from l1ad.report.resources_section import resources_section
from l1ad.report.verdicts import verdicts

RATE = {"rate_hz": 986.8, "low_hz": 664.1, "high_hz": 1437.4}


def agreement(name: str, differing: int) -> dict[str, Any]:
    counts = {
        "events": 1200,
        "values": 24_000,
        "differing_values": 3 * differing,
        "differing_events": differing,
    }
    return {"implementation": name, **counts}


@pytest.fixture
def summary() -> dict[str, Any]:
    cells = {"lut": 15_500, "ff": 513}
    return {
        "mismatches": 0,
        "events_verified": 1200,
        "implementations": ["emulator", "HLS C simulation", "RTL in Verilator"],
        "agreements": [agreement("HLS C simulation", 0), agreement("RTL in Verilator", 0)],
        "skipped": {"QONNX": "qonnx is not installed"},
        "timing": {
            "latency_min": 2, "latency_max": 2, "crossings": 1200, "idle_cycles": 40, "resets": 3,
            "interval_min": 1,
        },
        "float_comparison": None,
        "latency": {
            "latency_cycles": 2, "latency_ns": 50.0, "clock_mhz": 40.0, "kind": "measured", "budget_cycles": 2,
            "initiation_interval_cycles": 1, "target": "ugt-vx690t", "stage_ns": [21.5, 20.0],
            "usable_ns": 22.5, "within_budget": True,
        },
        "budget": [
            {"what": "LUT of the Verilog", "value": 15_500, "limit": 43_320, "unit": "", "source": "Yosys",
             "note": "", "verdict": "within"},
            {"what": "DSP of the Verilog", "value": 4, "limit": 0, "unit": "", "source": "Yosys", "note": "why",
             "verdict": "over"},
            {"what": "LUT of Vivado", "value": None, "limit": 43_320, "unit": "", "source": "",
             "note": "run it", "verdict": "unknown"},
        ],
        "resources": {
            "tool": "Yosys", "version": "0.70", "family": "xc7", "total": cells,
            "modules": [{"module": "scaling", "resources": cells}],
        },
        "rates": {
            "tight": {**RATE, "threshold_raw": 1855, "budget": "1 kHz", "kind": "total", "note": "",
                      "pure": RATE},
            "rare": {**RATE, "threshold_raw": 3000, "budget": "1 Hz", "kind": "total", "note": "extrapolated",
                     "pure": None},
        },
    }  # fmt: skip


def tables(section: Section) -> dict[str, Table]:
    return {block.name: block for block in section.blocks if isinstance(block, Table)}


def prose(section: Section) -> str:
    return "\n".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def test_an_agreement_counts_every_implementation_and_names_what_was_left_out(summary: dict[str, Any]) -> None:
    section = agreement_section(summary)
    table = tables(section)["agreement_table"]
    assert table.rows[0] == ("HLS C simulation", "1,200", "24,000", "0", "0")
    assert table.states == (State.GOOD, State.GOOD)
    text = prose(section)
    assert text.startswith("**0 integers differ over 1,200 events")
    assert "Not compared: QONNX (qonnx is not installed)." in text
    assert "no implementation differs" in text
    assert "latency 2 cycles from `ap_start` to `ap_done`" in text


def test_a_difference_is_shown_down_to_its_bits(summary: dict[str, Any]) -> None:
    report = "HLS C simulation: crafted event 2\n  word  0x1e16  0x2587"
    bad = {
        **summary, "mismatches": 9, "agreements": [agreement("HLS C simulation", 3), agreement("RTL", 0)],
        "divergences": {"HLS C simulation": report},
    }  # fmt: skip
    section = agreement_section(bad)
    assert tables(section)["agreement_table"].states == (State.BAD, State.GOOD)
    assert f"```text\n{report}\n```" in prose(section)
    first = verdicts(bad)[0]
    assert (first.what, first.found, first.state) == ("Agreement", "3 of 1,200 events differ", State.BAD)


def test_each_figure_of_the_budget_has_its_own_verdict(summary: dict[str, Any]) -> None:
    found = tables(resources_section(summary))
    assert found["budget"].states == (State.GOOD, State.BAD, State.OPEN)
    assert found["budget"].rows[1] == ("DSP of the Verilog", "4", "0", "", "Yosys; why")
    assert found["budget"].rows[2][1] == "–"
    assert found["cells"].rows[-1] == ("together", "15,500", "513")
    assert "a crossing every cycle;" in prose(resources_section(summary))


def test_a_run_without_firmware_or_verification_says_which_commands_make_them(summary: dict[str, Any]) -> None:
    bare = {**summary, "latency": None, "budget": [], "resources": None, "agreements": [], "mismatches": None}
    assert "`l1ad build` writes it" in prose(resources_section(bare))
    assert "`l1ad verify` compares it" in prose(agreement_section(bare))
    found = {one.what: one.state for one in verdicts(bare)}
    assert found["Agreement"] is found["Latency"] is State.OPEN


def test_cells_that_nobody_counted_say_which_command_does(summary: dict[str, Any]) -> None:
    assert "`l1ad synth open` does" in prose(resources_section({**summary, "resources": None}))


def test_the_summary_on_top_names_what_is_over_and_what_is_only_extrapolated(summary: dict[str, Any]) -> None:
    found = {one.what: one for one in verdicts(summary)}
    assert found["Latency"].state is State.GOOD
    assert found["LUT of the Verilog"].state is State.GOOD
    assert found["DSP of the Verilog"].state is State.BAD
    assert found["LUT of Vivado"].state is State.OPEN
    assert found["Threshold tight: 1855 hardware units"].found == "0.99 +0.45 −0.32 kHz"
    assert "pure 0.99" in found["Threshold tight: 1855 hardware units"].why
    rare = found["Threshold rare: 3000 hardware units"]
    assert (rare.state, rare.why) == (State.OPEN, "budget 1 Hz total; extrapolated")
    assert not any(what.startswith("Acceptance") for what in found)


def test_an_acceptance_that_fails_is_unfolded_and_named_on_top(summary: dict[str, Any]) -> None:
    check = {
        "group": "rate", "name": "rate of tight", "measured_text": "2 kHz", "limit_text": "≤ 1 kHz",
        "source": "rates", "note": "", "verdict": "fail", "reason": "too much",
    }  # fmt: skip
    good = {**check, "name": "digest", "verdict": "pass"}
    accepted = {"budget": "mine", "folder": "/away/firmware", "accepted": False, "checks": [check, good]}
    section = acceptance_section(accepted)
    (table,) = tables(section).values()
    assert not table.folded
    assert table.states == (State.BAD, State.GOOD)
    assert "not accepted by mine: 1 fail, 1 pass" in prose(section)
    assert "- fails: rate of tight: too much" in prose(section)
    assert table.title == "Checks of mine"
    last = verdicts({**summary, "acceptance": accepted})[-1]
    assert (last.found, last.state, last.why) == (
        "not accepted",
        State.BAD,
        "2 checks; fails: rate of tight; unclear: none",
    )
    passed = acceptance_section({"budget": "mine", "folder": "", "accepted": True, "checks": [good]})
    assert next(iter(tables(passed).values())).folded


def test_provenance_lists_digests_that_exist_and_every_sample() -> None:
    digests = {"algorithm": "ab", "training": "", "events": {"background": "cd"}}
    section = provenance_section(digests, {"numpy": "2.0"}, {"model.latent": "8"})
    found = tables(section)
    assert found["digests"].rows == (("algorithm", "ab"), ("events of background", "cd"))
    assert found["configuration"].folded
    assert "configuration" not in tables(provenance_section(digests, {}, {}))
