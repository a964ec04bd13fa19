import pickle
from dataclasses import replace

import numpy as np
import pytest

from l1ad.core.errors import NotExactError, TriggerFileError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputLayout
from l1ad.core.network import Activation, ActivationFunction
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import trigger_digest


def test_a_trigger_reads_the_layout_of_its_scaling(small_trigger: TriggerAlgorithm) -> None:
    assert small_trigger.layout is small_trigger.scaling.layout


def test_a_network_for_another_input_type_is_refused(small_trigger: TriggerAlgorithm) -> None:
    narrower = replace(small_trigger.scaling, result=TensorType.uniform(FixedType(7, 6)))
    words = (
        r"'small': the network reads 57 inputs of ap_fixed<8,6,AP_RND_CONV,AP_SAT>, "
        r"the scaling gives 57 of ap_fixed<7,6>"
    )
    with pytest.raises(TriggerFileError, match=words):
        replace(small_trigger, scaling=narrower)


def test_a_network_for_another_number_of_inputs_is_refused(small_trigger: TriggerAlgorithm) -> None:
    scaling = small_trigger.scaling
    shorter = Scaling(
        layout=InputLayout(name="three", fields=scaling.layout.fields[:3]),
        offsets=scaling.offsets[:3],
        shifts=scaling.shifts[:3],
        working=scaling.working,
        result=scaling.result,
    )
    with pytest.raises(TriggerFileError, match=r"the network reads 57 inputs of .*, the scaling gives 3 of"):
        replace(small_trigger, scaling=shorter)


def test_a_mean_too_wide_to_square_is_refused(small_trigger: TriggerAlgorithm) -> None:
    network = small_trigger.network
    wide = Activation(
        name="wide", function=ActivationFunction.LINEAR, n=3, result=TensorType.uniform(FixedType(40, 20))
    )
    widened = replace(network, layers=(*network.layers, wide))
    with pytest.raises(NotExactError, match=r"the sum of 3 squares of ap_fixed<40,20> needs 80 bits"):
        replace(small_trigger, network=widened)


@pytest.mark.parametrize("threshold", [-1, 2**18])
def test_a_threshold_outside_the_score_word_is_refused(small_trigger: TriggerAlgorithm, threshold: int) -> None:
    words = (
        rf"threshold 'odd' = {threshold} is outside the score word ap_ufixed<18,14>, which holds 0 to 262143"
    )
    with pytest.raises(NotExactError, match=words):
        small_trigger.with_thresholds({"odd": threshold})


def test_thresholds_at_both_ends_of_the_score_word_are_kept(small_trigger: TriggerAlgorithm) -> None:
    assert small_trigger.with_thresholds({"all": 0, "last": 262143}).thresholds == {"all": 0, "last": 262143}


def test_a_score_word_too_narrow_for_a_threshold_is_refused(small_trigger: TriggerAlgorithm) -> None:
    with pytest.raises(
        NotExactError, match=r"threshold 'tight' = 4000 is outside the score word ap_ufixed<10,8>"
    ):
        replace(small_trigger, score=Score(FixedType(10, 8, signed=False)))


def test_other_thresholds_leave_the_first_algorithm_and_the_rest_of_it_alone(
    small_trigger: TriggerAlgorithm,
) -> None:
    other = small_trigger.with_thresholds({"new": 5})
    assert dict(other.thresholds) == {"new": 5}
    assert dict(small_trigger.thresholds) == {"tight": 4000, "loose": 800}
    assert other.network is small_trigger.network
    assert dict(other.provenance) == dict(small_trigger.provenance)


def test_thresholds_and_provenance_cannot_be_changed_from_outside(small_trigger: TriggerAlgorithm) -> None:
    given = {"loose": 3}
    trigger = replace(small_trigger, thresholds=given, provenance={"seed": 1})
    given["loose"] = 999_999
    assert trigger.thresholds["loose"] == 3
    with pytest.raises(TypeError, match="does not support item assignment"):
        trigger.thresholds["loose"] = 4  # type: ignore[index]
    with pytest.raises(TypeError, match="does not support item assignment"):
        trigger.provenance["seed"] = 2  # type: ignore[index]


def test_an_algorithm_travels_to_another_process(small_trigger: TriggerAlgorithm) -> None:
    found = pickle.loads(pickle.dumps(small_trigger))  # noqa: S301 -- our own value, as a process pool sends it
    assert trigger_digest(found) == trigger_digest(small_trigger)


def test_a_threshold_that_is_no_integer_is_refused(small_trigger: TriggerAlgorithm) -> None:
    with pytest.raises(TypeError, match="float"):
        small_trigger.with_thresholds({"x": 16.5})  # type: ignore[dict-item]
    assert type(small_trigger.with_thresholds({"x": np.int64(16)}).thresholds["x"]) is int  # type: ignore[dict-item]
