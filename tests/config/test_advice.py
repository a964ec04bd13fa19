"""What a configuration that loads is still wrong or unwise about."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.acceptance import AcceptanceConfig
from l1ad.config.importing import ImportConfig
from l1ad.config.kinds import checked_file
from l1ad.config.loading import Section, parse_config
from l1ad.config.model import ConvolutionConfig, ModelConfig
from l1ad.config.presets import demo_config
from l1ad.config.run import DataConfig, FirmwareConfig, RatesConfig, RunConfig
from l1ad.config.sample import PileupConfig, SampleConfig
from l1ad.core.layouts import numbered_inputs
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.flow.advice import remarks
from l1ad.flow.advice_model import products_of
from l1ad.flow.advice_remark import Remark

CONFIGS = Path(__file__).parents[2] / "configs"
HERE = Path("run.yaml")


@pytest.fixture
def other_events(tmp_path: Path) -> Path:
    """Give ten events of four inputs that no object of the trigger has."""
    path = tmp_path / "other.h5"
    layout = numbered_inputs(4, width=8, signed=True)
    zeros = np.zeros((10, 4), dtype=np.int16)
    write_events(
        path, EventBatch(layout=layout, inputs_raw=zeros, event_number=np.arange(10), sample="other"), {}
    )
    return path


def run(**sections: Any) -> RunConfig:
    return parse_config({"name": "x", **sections}, RunConfig, where="run.yaml")


def texts(config: Section, *, wrong: bool) -> list[str]:
    return [one.text for one in remarks(config, HERE) if one.wrong is wrong]


def test_the_demo_leaves_nothing_to_remark() -> None:
    assert remarks(demo_config("qkeras"), HERE) == ()


def test_a_budget_that_the_events_cannot_resolve_is_unwise() -> None:
    config = RunConfig(rates=RatesConfig(budgets={"tight": "50 Hz"}))
    assert texts(config, wrong=False) == [
        "rates.budgets.tight: 240,000 events cannot resolve 50 Hz of zero bias with 2340 colliding bunches; "
        "at least 526,290 are needed"
    ]
    assert texts(config, wrong=True) == []


def test_a_budget_that_is_no_rate_is_wrong() -> None:
    told = texts(RunConfig(rates=RatesConfig(pure_budgets={"new": "3 apples"})), wrong=True)
    assert told == ["rates.pure_budgets.new: '3 apples' is not a rate budget, e.g. '1 kHz', '500 Hz' or "
                    "'50 events/day'"]  # fmt: skip


def test_events_that_are_not_here_are_unwise_and_those_of_another_layout_wrong(other_events: Path) -> None:
    data = DataConfig(signals={"far": "gone.h5", "odd": str(other_events)}, development={})
    config = RunConfig(data=data)
    assert texts(config, wrong=False) == ["data.signals.far: gone.h5: no such file"]
    (told,) = texts(config, wrong=True)
    assert told.startswith("data.signals.odd: layout ")


def test_a_target_file_that_is_not_there_is_wrong() -> None:
    config = RunConfig(firmware=FirmwareConfig(target="gone.yaml"))
    assert texts(config, wrong=True) == ["firmware.target: gone.yaml: no such configuration file"]


def test_an_acceptance_budget_is_held_against_its_events() -> None:
    rates = {"colliding_bunches": 2340, "events": "sample:ttbar", "thresholds": {"tight": {"total": "1 kHz"}}}
    config = AcceptanceConfig.model_validate({"name": "mine", "rates": rates})
    (told,) = texts(config, wrong=False)
    assert told.startswith("rates.thresholds.tight.total: 5,000 events cannot resolve 1 kHz")


def test_a_sample_without_its_pool_is_wrong(tmp_path: Path) -> None:
    config = SampleConfig(name="a", title="A", pool="p.yaml", pileup=PileupConfig(mean=30), events=10)
    (told,) = remarks(config, tmp_path / "sample.yaml")
    assert told.wrong and told.text.startswith(f"pool: {tmp_path / 'p.yaml'}: no such file")


def test_a_sample_whose_pool_has_a_fault_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("name: p\nevents: 0\n")
    config = SampleConfig(name="a", title="A", pool="p.yaml", pileup=PileupConfig(mean=30), events=10)
    (told,) = remarks(config, tmp_path / "sample.yaml")
    assert told.wrong and told.place == ("pool",)
    assert "events = 0: input should be greater than 0" in told.text


def test_what_an_empty_run_differs_from_the_demo_in_is_what_is_said() -> None:
    empty, demo = RunConfig().model_dump(), demo_config("qkeras").model_dump()
    assert empty["training"]["loss"].pop("object_weights") != demo["training"]["loss"].pop("object_weights")
    assert empty == demo
    (told,) = remarks(RunConfig(), HERE)
    assert not told.wrong and "the demo's but for training.loss.object_weights" in told.text


def test_an_import_without_a_key_is_that_without_a_file() -> None:
    assert texts(ImportConfig(), wrong=False) == [
        "empty: every key has its default, as for `l1ad import` without --config"
    ]


@pytest.mark.parametrize("budget", ["90000 kHz", "26315 kHz"])
def test_a_budget_over_the_whole_stream_is_wrong(budget: str) -> None:
    (told,) = remarks(run(rates={"budgets": {"tight": budget}}), HERE)
    assert told == Remark(
        text=f"rates.budgets.tight: {budget} is more than all of zero bias with 2340 colliding bunches, 26,314 "
        "kHz; give a budget below that",
        wrong=True,
        place=("rates", "budgets", "tight"),
    )
    assert texts(run(rates={"budgets": {"tight": "26314 kHz"}}), wrong=True) == []


def test_a_budget_over_a_preselected_stream_is_wrong_in_an_acceptance_too() -> None:
    rates = {"stream_events_per_day": 6e6, "thresholds": {"day": {"total": "50 events/day", "pure": "1 kHz"}}}
    config = AcceptanceConfig.model_validate({"name": "mine", "rates": rates})
    (told,) = texts(config, wrong=True)
    assert told.startswith(
        "rates.thresholds.day.pure: 1 kHz is more than all of a preselected stream of 6e+06 "
    )
    assert "69.44 Hz" in told


@pytest.mark.parametrize("score", ["kl", "normalised_mean_squares", "reconstruction", "total"])
def test_a_score_that_no_firmware_has_is_unwise_where_the_model_is_deployed(score: str) -> None:
    (told,) = texts(run(model={"score": score}), wrong=False)
    assert told.startswith(
        f"model.score: {score} is not deployed: `l1ad freeze` takes mean_squares all the same"
    )
    assert texts(run(model={"score": score, "backend": "float"}), wrong=False) == []


def test_a_weight_of_the_kl_term_far_beyond_the_range_that_was_scanned_is_unwise() -> None:
    scan = checked_file(CONFIGS / "scan.yaml").config
    assert scan is not None
    tried = scan.model_dump()["space"]["training.loss.beta"]
    (told,) = texts(run(training={"loss": {"beta": 50}}), wrong=False)
    words = f"50 is far beyond {tried['low']:g} to {tried['high']:g}, the range that was tried"
    assert told.startswith(f"training.loss.beta: {words}")
    assert texts(run(training={"loss": {"beta": tried["high"]}}), wrong=False) == []
    assert texts(run(training={"loss": {"beta": 50}}, model={"variational": False}), wrong=False) == []


def test_hidden_layers_that_no_budget_holds_are_unwise_with_the_number() -> None:
    (told,) = texts(run(model={"hidden": [4096, 4096]}), wrong=False)
    products = 57 * 4096 + 4096 * 4096 + 4096 * 8
    assert told == (
        f"model.hidden: {products:,} products, 50% of them pruned, at 2.1 LUT a bit of the weight as in the "
        f"demo take some {round(products * 0.5 * 6 * 2.1):,} LUT, and target ugt-vx690t gives 43,320"
    )
    assert texts(run(model={"hidden": [4096], "backend": "float"}), wrong=False) == []


def test_a_larger_part_and_fewer_bits_hold_more() -> None:
    model = {"hidden": [64, 64]}
    assert len(texts(run(model=model), wrong=False)) == 1
    assert texts(run(model=model, firmware={"target": "vu13p-360"}), wrong=False) == []
    assert texts(run(model={**model, "weight_bits": 4}), wrong=False) == []


def test_learned_bit_widths_are_held_by_their_products_or_by_the_ebops_that_they_are_steered_to() -> None:
    (told,) = texts(run(model={"backend": "hgq", "hidden": [512, 256]}), wrong=False)
    assert told.startswith("model.hidden: 162,304 products, at 2 LUT each as in the demo of HGQ2,")
    steered = {"compression": {"budget_ebops": 1e6}}
    (told,) = texts(run(model={"backend": "hgq"}, training=steered), wrong=False)
    assert told.startswith("training.compression.budget_ebops: 1,000,000 EBOPs, at 0.6 LUT each ")
    assert "take some 600,000 LUT" in told


def test_the_rule_of_thumb_gives_the_demos_what_they_took() -> None:
    kept = 885 + 256 + 64  # weights of the demo that are not zero
    assert 2.1 * 6 * kept == pytest.approx(15_500, rel=0.05)
    hgq = demo_config("hgq")
    assert 2.0 * sum(products_of(hgq.model, 57).values()) == pytest.approx(3462, rel=0.05)


def test_products_of_convolutions_are_those_of_every_window() -> None:
    model = ModelConfig(
        image=(18, 14, 1),
        convolutions=(
            ConvolutionConfig(filters=4, kernel=(3, 3), pool=(2, 2)),
            ConvolutionConfig(filters=2, kernel=(3, 3), padding="same", strides=(2, 2)),
        ),
        hidden=(16,),
        latent=3,
    )
    assert products_of(model, None) == {
        "conv_1": 16 * 12 * 9 * 1 * 4,
        "conv_2": 4 * 3 * 9 * 4 * 2,
        "dense_1": 4 * 3 * 2 * 16,
        "dense_mean": 16 * 3,
    }


def test_without_the_events_the_first_layer_is_not_counted() -> None:
    assert products_of(ModelConfig(), None) == {"dense_1": 0, "dense_2": 512, "dense_mean": 128}
    assert products_of(ModelConfig(), 57)["dense_1"] == 57 * 32
