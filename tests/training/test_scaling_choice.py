"""Offsets and shifts chosen from the background."""

import numpy as np

from l1ad.core.fixed import FixedType
from l1ad.core.layouts import ugt_57
from l1ad.data.event_file import read_events
from l1ad.data.events import EventBatch
from l1ad.data.samples import shipped_samples
from l1ad.training.scaling import chosen_scaling

INPUT_TYPE = FixedType.from_cpp("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")


def test_scaled_background_has_a_width_near_one_and_nothing_is_lost_before_the_cast() -> None:
    events = read_events(shipped_samples()["zero_bias"], stop=100_000)
    scaling = chosen_scaling(events, INPUT_TYPE)
    assert scaling.lossless_before_cast
    real, present = scaling.as_real(events.inputs_raw), events.layout.present(events.inputs_raw)
    for index, field in enumerate(events.layout.fields):
        if field.slot == 0 and field.object_type != "met":
            kind = [
                i
                for i, f in enumerate(events.layout.fields)
                if (f.object_type, f.quantity) == (field.object_type, field.quantity)
            ]
            width = real[:, kind][present[:, kind]].std()
            assert 2**-0.5 <= width <= 2**0.5, field.name
            assert len({scaling.shifts[i] for i in kind}) == 1
        assert scaling.offsets[index] == {"phi": (field.raw_max + 1) // 2}.get(field.quantity, 0)


def test_objects_never_seen_get_the_width_of_their_range() -> None:
    layout = ugt_57()
    events = EventBatch(
        layout=layout,
        inputs_raw=np.zeros((10, layout.n_inputs), dtype=np.int16),
        event_number=np.arange(10),
        sample="empty crossings",
    )
    scaling = chosen_scaling(events, INPUT_TYPE)
    jet_pt = layout.names.index("jet_1_pt")
    assert scaling.shifts[jet_pt] == round(np.log2(2047 / np.sqrt(12)))
    assert scaling.shifts[layout.names.index("met_eta")] == 0
