"""The layouts that have a name of their own: what triggers of the field read."""

import math
from itertools import product

from l1ad.core.layout import InputField, InputLayout

__all__ = ["hlt_57", "known_layouts", "numbered_inputs", "regions_18x14", "ugt_57"]


def ugt_57() -> InputLayout:
    """Lay out the 19 objects that AXOL1TL reads from the CMS global trigger, as 57 inputs.

    MET, 4 e/γ, 4 µ, 10 jets, each (pT, η, φ). Steps and bits as in the µGT words: pT 0.5 GeV (MET 12
    bits, e/γ and µ 9, jet 11), η 0.0435 in 8 bits (µ 0.010875 in 9), φ 2π/144 in 8 bits (µ 2π/576 in
    10). A muon's pT index counts from 1 (index 0 is no muon). MET has η = 0.
    """
    fields: list[InputField] = []
    for object_type, slots, pt_bits in (("met", 1, 12), ("eg", 4, 9), ("mu", 4, 9), ("jet", 10, 11)):
        is_muon = object_type == "mu"
        eta_limit = {"met": 0, "mu": 225}.get(object_type, 127)
        phi_bins = 576 if is_muon else 144
        for slot, quantity in product(range(slots), ("pt", "eta", "phi")):
            lsb, unit, low, high = {
                "pt": (0.5, "GeV", 0, 2**pt_bits - 1),
                "eta": (0.010875 if is_muon else 0.0435, "1", -eta_limit, eta_limit),
                "phi": (2 * math.pi / phi_bins, "rad", 0, phi_bins - 1),
            }[quantity]
            fields.append(
                InputField(
                    object_type=object_type, slot=slot, quantity=quantity, lsb=lsb, unit=unit,
                    raw_min=low, raw_max=high,
                )
            )  # fmt: skip
    return InputLayout(name="ugt_57", fields=tuple(fields))


def hlt_57() -> InputLayout:
    """Lay out the same 19 objects as `ugt_57`, of the HLT: in finer steps, that still fit 16 bits each.

    A choice of this project, not a standard: pT 0.125 GeV in 15 bits (to 4096 GeV), η 2^-11 in 15 bits with
    sign (to ±8), φ 2π/2^14 in 14 bits. Scouting stores 10 bits of mantissa, which is no finer than these
    from 128 GeV and angles of 0.5 on. All pT count from 0. MET has η = 0.
    """
    fields: list[InputField] = []
    for object_type, slots in (("met", 1), ("eg", 4), ("mu", 4), ("jet", 10)):
        eta_limit = 0 if object_type == "met" else 2**14 - 1
        for slot, quantity in product(range(slots), ("pt", "eta", "phi")):
            lsb, unit, low, high = {
                "pt": (2.0**-3, "GeV", 0, 2**15 - 1),
                "eta": (2.0**-11, "1", -eta_limit, eta_limit),
                "phi": (2 * math.pi / 2**14, "rad", 0, 2**14 - 1),
            }[quantity]
            fields.append(
                InputField(
                    object_type=object_type, slot=slot, quantity=quantity, lsb=lsb, unit=unit,
                    raw_min=low, raw_max=high,
                )
            )  # fmt: skip
    return InputLayout(name="hlt_57", fields=tuple(fields))


def regions_18x14() -> InputLayout:
    """Lay out the calorimeter image that CICADA reads: 18 regions in φ by 14 in η, row by row.

    One transverse energy of 10 bits a region, in steps of 0.5 GeV (from memory of the CMS calorimeter
    trigger's first layer). A network sees it as an image of shape (18, 14, 1).
    """
    fields = (
        InputField(object_type="region", slot=slot, quantity="et", lsb=0.5, unit="GeV", raw_min=0, raw_max=1023)
        for slot in range(18 * 14)
    )
    return InputLayout(name="regions_18x14", fields=tuple(fields))


def numbered_inputs(n_inputs: int, *, width: int, signed: bool) -> InputLayout:
    """Lay out inputs that have no other name than their number: `input_1_value` and so on.

    Args:
        n_inputs: How many.
        width: Bits of each hardware integer, the sign included.
        signed: Whether they have a sign.
    """
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    fields = (
        InputField(
            object_type="input", slot=slot, quantity="value", lsb=1.0, unit="1", raw_min=low, raw_max=high
        )
        for slot in range(n_inputs)
    )
    name = f"{n_inputs}_{'signed' if signed else 'unsigned'}_inputs_of_{width}_bits"
    return InputLayout(name=name, fields=tuple(fields))


def known_layouts() -> dict[str, InputLayout]:
    """List the layouts that have a name of their own."""
    return {layout.name: layout for layout in (ugt_57(), regions_18x14(), hlt_57())}
