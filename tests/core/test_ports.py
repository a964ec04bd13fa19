"""Ports of the firmware: the words of the global trigger hold what the layout reads, and give it back."""

import numpy as np
import pytest

from l1ad.core.errors import NotExactError
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import regions_18x14, ugt_57
from l1ad.core.ports import UGT_LISTS, Interface, input_ports


def drawn(layout: InputLayout, n_events: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    inputs_raw = rng.integers(layout.raw_min, layout.raw_max + 1, (n_events, layout.n_inputs))
    return np.concatenate([layout.raw_min[None], layout.raw_max[None], inputs_raw])


@pytest.mark.parametrize("interface", Interface)
def test_packing_and_unpacking_gives_the_same_integers(interface: Interface) -> None:
    layout = ugt_57()
    ports = input_ports(layout, interface)
    inputs_raw = drawn(layout, 5000)
    np.testing.assert_array_equal(ports.unpack(ports.pack(inputs_raw)), inputs_raw)


def test_the_words_are_those_of_a_test_vector_line_in_its_order() -> None:
    ports = input_ports(ugt_57(), Interface.UGT)
    assert sum(one.words for one in UGT_LISTS) == len(ports.ports) == 56
    widths = [port.width for port in ports.ports]
    assert widths == [64] * 8 + [32] * 48
    assert (ports.ports[0].name, ports.ports[8].name, ports.ports[44].name) == ("muon_0", "eg_0", "sum_0")


@pytest.mark.parametrize(
    ("values", "port", "word"),
    [
        # Muon phi[9:0] pt[18:10] eta[31:23], e/γ et[8:0] eta[16:9] phi[24:17],
        # jet et[10:0] eta[18:11] phi[26:19], MET et[11:0] phi[19:12].
        ({"mu_1_pt": 3, "mu_1_eta": -1, "mu_1_phi": 5}, "muon_0", (511 << 23) | (3 << 10) | 5),
        ({"eg_2_pt": 511, "eg_2_eta": -2, "eg_2_phi": 143}, "eg_1", (143 << 17) | (254 << 9) | 511),
        ({"jet_10_pt": 2047, "jet_10_eta": 127, "jet_10_phi": 1}, "jet_9", (1 << 19) | (127 << 11) | 2047),
        ({"met_pt": 4095, "met_phi": 143}, "sum_2", (143 << 12) | 4095),
    ],
)
def test_each_quantity_has_its_bits(values: dict[str, int], port: str, word: int) -> None:
    layout = ugt_57()
    ports = input_ports(layout, Interface.UGT)
    event = np.zeros((1, layout.n_inputs), dtype=np.int64)
    for name, value in values.items():
        event[0, layout.names.index(name)] = value
    packed = dict(zip((one.name for one in ports.ports), ports.pack(event)[0].tolist(), strict=True))
    assert packed[port] == word
    assert sum(packed.values()) == word


def test_words_beyond_the_last_slot_and_taus_are_not_read() -> None:
    layout = ugt_57()
    ports = input_ports(layout, Interface.UGT)
    words = ports.pack(drawn(layout, 100))
    names = [port.name for port in ports.ports]
    other = words.copy()
    beyond = [*range(4, 8), *range(12, 20), *range(20, 32), *range(42, 44), 44, 45, *range(47, 56)]
    assert {names[index].rstrip("0123456789") for index in beyond} == {"muon_", "eg_", "tau_", "jet_", "sum_"}
    other[:, beyond] = np.uint64(0xFFFFFFFF)
    np.testing.assert_array_equal(ports.unpack(other), ports.unpack(words))


def test_a_layout_that_the_words_do_not_hold_is_refused_by_input_and_reason() -> None:
    with pytest.raises(NotExactError, match="'region_1_et' of layout 'regions_18x14' is in no word of"):
        input_ports(regions_18x14(), Interface.UGT)
    wide = InputField(object_type="eg", slot=0, quantity="pt", lsb=0.5, unit="GeV", raw_min=0, raw_max=1023)
    with pytest.raises(NotExactError, match=r"'eg_1_pt' .* has 10 bits without a sign, the word .* 9 without"):
        input_ports(InputLayout(name="wide", fields=(wide,)), Interface.UGT)
    fifth = InputField(object_type="mu", slot=8, quantity="pt", lsb=0.5, unit="GeV", raw_min=0, raw_max=511)
    with pytest.raises(NotExactError, match=r"'mu_9_pt' .* is in no word"):
        input_ports(InputLayout(name="ninth", fields=(fifth,)), Interface.UGT)
