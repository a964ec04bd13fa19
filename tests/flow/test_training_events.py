"""What a training sees of its events, and which events teach nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.model import ModelConfig
from l1ad.config.run import DataConfig, RatesConfig, RunConfig
from l1ad.config.training import LossConfig, TrainingConfig
from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import hlt_57, numbered_inputs
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.flow.training_events import training_set

N_EVENTS = 4000
N_TRAINING = 2000
RATES = RatesConfig(budgets={"tight": "50 kHz", "loose": "100 kHz"})

Spoil = Callable[[NDArray[Any]], None]


@pytest.fixture(scope="module")
def zero_bias() -> EventBatch:
    return load_events("sample:zero_bias", stop=N_EVENTS)


@pytest.fixture
def configured(tmp_path: Path, zero_bias: EventBatch) -> Callable[..., RunConfig]:
    """Write the events as they are or spoilt, and give a run on them."""

    def configured(spoil: Spoil = lambda _: None, **changed: Any) -> RunConfig:
        inputs = zero_bias.inputs_raw.copy()
        spoil(inputs)
        write_events(tmp_path / "events.h5", replace(zero_bias, inputs_raw=inputs), {})
        data = DataConfig(background=str(tmp_path / "events.h5"), training_fraction=0.5, development={})
        return RunConfig(data=data, rates=RATES).model_copy(update=changed)

    return configured


def test_too_few_events_for_what_is_watched_are_refused(
    configured: Callable[..., RunConfig],
) -> None:
    config = configured()
    watching = config.data.model_copy(update={"development": {"ttbar": "sample:ttbar"}})
    words = r"400 validation events cannot resolve training.watch_fraction 0.0002: at least 5000 are needed"
    with pytest.raises(UnresolvedRateError, match=words):
        training_set(config.model_copy(update={"data": watching}))


def test_events_of_another_layout_are_not_shown_to_the_network(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    found = training_set(configured())
    # As many inputs, of the same kinds, in steps of another size: nothing else would notice.
    other = replace(zero_bias, layout=hlt_57(), inputs_raw=np.zeros_like(zero_bias.inputs_raw), menu=None,
                    menu_bits=None)  # fmt: skip
    with pytest.raises(DataError, match=r"events of layout 'hlt_57', not 'ugt_57', which the background has"):
        found.shown(other)


def columns(events: EventBatch, start: str) -> list[int]:
    return [i for i, name in enumerate(events.layout.names) if name.startswith(start)]


def test_the_three_parts_are_those_of_the_configuration(configured: Callable[..., RunConfig]) -> None:
    split = training_set(configured()).split
    assert [len(split.training), len(split.validation), len(split.rates)] == [2000, 400, 1600]


def test_a_sample_without_an_object_of_a_type_is_refused(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    def without_muons(inputs: NDArray[Any]) -> None:
        inputs[:, columns(zero_bias, "mu_")] = 0

    words = (
        "'mu' is the same in all 2000 training events; an input that never varies teaches nothing: use a "
        "layout without it, or a sample that has it"
    )
    with pytest.raises(DataError, match=words):
        training_set(configured(without_muons))


def test_objects_in_events_that_are_not_trained_on_do_not_count(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    def without_electrons(inputs: NDArray[Any]) -> None:
        inputs[:N_TRAINING, columns(zero_bias, "eg_")] = 0

    with pytest.raises(DataError, match="'eg' is the same in all 2000 training events"):
        training_set(configured(without_electrons))


def test_inputs_that_never_vary_are_listed_and_weigh_nothing(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    def without_fourth_muon(inputs: NDArray[Any]) -> None:
        inputs[:, columns(zero_bias, "mu_4_")] = 0

    found = training_set(configured(without_fourth_muon))
    assert {"met_eta", "mu_4_pt", "mu_4_eta", "mu_4_phi"} <= set(found.constant)
    trained_on = found.split.training.inputs_raw
    varies = np.array([len(set(column.tolist())) > 1 for column in trained_on.T])
    assert [name for name, one in zip(zero_bias.layout.names, varies, strict=True) if not one] == list(
        found.constant
    )
    np.testing.assert_array_equal(found.rarity > 0, varies)


def test_events_that_are_all_alike_are_refused(tmp_path: Path) -> None:
    layout = numbered_inputs(5, width=8, signed=True)
    inputs = np.full((N_EVENTS, 5), 7, dtype=layout.dtype)
    events = EventBatch(layout=layout, inputs_raw=inputs, event_number=np.arange(N_EVENTS), sample="alike")
    write_events(tmp_path / "alike.h5", events, {})
    data = DataConfig(background=str(tmp_path / "alike.h5"), training_fraction=0.5, development={})
    with pytest.raises(DataError, match="all inputs are the same in all 2000 training events"):
        training_set(RunConfig(data=data, rates=RATES))


def test_an_input_type_that_cannot_tell_values_apart_is_refused(configured: Callable[..., RunConfig]) -> None:
    coarse = ModelConfig(input_type="ap_fixed<4,10,AP_RND_CONV,AP_SAT>")  # steps of 64
    words = (
        r"'met_pt' is one and the same value in ap_fixed<4,10,AP_RND_CONV,AP_SAT>; give model.input_type more "
        "fraction bits"
    )
    with pytest.raises(DataError, match=words):
        training_set(configured(model=coarse))


def test_an_input_type_that_most_values_saturate_is_refused(configured: Callable[..., RunConfig]) -> None:
    narrow = ModelConfig(input_type="ap_fixed<8,-1,AP_RND_CONV,AP_SAT>")  # from -1/4 to 1/4
    words = (
        r"\d+% of 'met_pt' lie at the ends of ap_fixed<8,-1,AP_RND_CONV,AP_SAT>; give model.input_type more "
        "integer bits"
    )
    with pytest.raises(DataError, match=words):
        training_set(configured(model=narrow))


def test_standardised_inputs_have_no_type_that_could_be_too_narrow(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    free = ModelConfig(backend="float", inputs="standardised", input_type="ap_fixed<8,-1,AP_RND_CONV,AP_SAT>")
    found = training_set(configured(model=free))
    shown = found.shown(found.split.training)
    met = zero_bias.inputs_raw[:N_TRAINING, 0] * 0.5
    there = met > 0
    np.testing.assert_allclose(shown.inputs[:, 0][there], met[there] / met[there].std(), rtol=1e-6)


def test_a_budget_that_the_events_for_rates_cannot_resolve_is_refused(
    configured: Callable[..., RunConfig],
) -> None:
    # 2340 bunches times 11245.5 Hz are 26.3 MHz: one event of 1600 is 16.4 kHz.
    assert training_set(configured(rates=RatesConfig(budgets={"some": "17 kHz"})))
    words = (
        "events.h5: 1600 events are kept for the rates, and budget 'some' of 16 kHz needs 1645; give more "
        "events, or smaller training and validation fractions"
    )
    with pytest.raises(UnresolvedRateError, match=words):
        training_set(configured(rates=RatesConfig(budgets={"loose": "400 kHz", "some": "16 kHz"})))


def test_the_network_is_shown_what_the_firmware_computes(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    grid = FixedType.from_cpp("ap_fixed<6,4,AP_RND_CONV,AP_SAT>")
    found = training_set(configured(model=ModelConfig(input_type=str(grid))))
    signal = load_events("sample:a_to_4l", stop=1000)
    shown = found.shown(signal)
    np.testing.assert_array_equal(
        shown.inputs.astype(np.float64) * 2**grid.fraction, found.scaling.apply(signal.inputs_raw)
    )
    pt = [name.replace("_eta", "_pt").replace("_phi", "_pt") for name in zero_bias.layout.names]
    there = signal.inputs_raw[:, [zero_bias.layout.names.index(name) for name in pt]] > 0
    np.testing.assert_array_equal(shown.present, there)


def test_a_backend_that_learns_the_cast_is_shown_what_comes_before_it(
    configured: Callable[..., RunConfig],
) -> None:
    found = training_set(configured(model=ModelConfig(backend="hgq")))
    raw = found.split.validation.inputs_raw
    before_cast = found.scaling.shifted(raw) * 2.0**-found.scaling.working.fraction
    np.testing.assert_array_equal(found.shown(found.split.validation).inputs, before_cast)


def test_rare_objects_weigh_as_the_inverse_of_how_often_they_are_there(
    configured: Callable[..., RunConfig], zero_bias: EventBatch
) -> None:
    loss = LossConfig(rarity_cap=50.0)
    found = training_set(configured(training=TrainingConfig(loss=loss)))
    names = list(zero_bias.layout.names)
    for name in ("met_pt", "eg_1_eta", "mu_1_phi", "jet_4_pt"):
        pt = names.index(name.rsplit("_", 1)[0] + "_pt")
        times = sum(value > 0 for value in zero_bias.inputs_raw[:N_TRAINING, pt].tolist())
        assert found.rarity[names.index(name)] == pytest.approx(min(50.0, N_TRAINING / times), rel=1e-6)


def test_inputs_of_an_object_type_weigh_what_the_configuration_says(
    configured: Callable[..., RunConfig],
) -> None:
    plain = training_set(configured())
    loss = LossConfig(object_weights={"met": 10.0, "jet": 2.0})
    weighed = training_set(configured(training=TrainingConfig(loss=loss)))
    factors = {"met": 10, "jet": 2}
    for field, before, after in zip(plain.scaling.layout.fields, plain.rarity, weighed.rarity, strict=True):
        assert after == pytest.approx(before * factors.get(field.object_type, 1))


def test_a_weight_of_objects_that_there_are_none_of_is_refused(configured: Callable[..., RunConfig]) -> None:
    config = configured(training=TrainingConfig(loss=LossConfig(object_weights={"tau": 2.0})))
    with pytest.raises(ConfigError, match="object_weights names 'tau'; the events have eg, jet, met, mu"):
        training_set(config)
