"""The layouts that have a name of their own: what triggers of the field read."""

import math

from l1ad.core.layout import InputField, InputLayout

__all__ = ["hlt_57", "known_layouts", "numbered_inputs", "regions_18x14", "ugt_57"]


_OBJECTS = {"met": 1, "eg": 4, "mu": 4, "jet": 10}

Steps = tuple[tuple[str, float, str, int, int], ...]
"""Quantity, step, unit, lowest and highest hardware integer."""


def ugt_57() -> InputLayout:
    """Lay out the 19 objects that AXOL1TL reads from the CMS global trigger, as 57 inputs.

    MET, 4 e/γ, 4 µ, 10 jets, each (pT, η, φ). Steps and bits as in the µGT words: pT 0.5 GeV (MET 12
    bits, e/γ and µ 9, jet 11), η 0.0435 in 8 bits (µ 0.010875 in 9), φ 2π/144 in 8 bits (µ 2π/576 in
    10). A muon's pT index counts from 1 (index 0 is no muon). MET has η = 0.
    """
    calorimeter = {kind: _steps(0.5, pt_bits, 0.0435, 127, 144) for kind, pt_bits in (("eg", 9), ("jet", 11))}
    met, muon = _steps(0.5, 12, 0.0435, 0, 144), _steps(0.5, 9, 0.010875, 225, 576)
    return _nineteen_objects("ugt_57", {"met": met, "mu": muon, **calorimeter})


def hlt_57() -> InputLayout:
    """Lay out the same 19 objects as `ugt_57`, of the HLT: in finer steps, that still fit 16 bits each.

    A choice of this project, not a standard: pT 0.125 GeV in 15 bits (to 4096 GeV), η 2^-11 in 15 bits with
    sign (to ±8), φ 2π/2^14 in 14 bits. Scouting stores 10 bits of mantissa, which is no finer than these
    from 128 GeV and angles of 0.5 on. All pT count from 0. MET has η = 0.
    """
    any_object = _steps(2.0**-3, 15, 2.0**-11, 2**14 - 1, 2**14)
    met = _steps(2.0**-3, 15, 2.0**-11, 0, 2**14)
    return _nineteen_objects("hlt_57", {**dict.fromkeys(_OBJECTS, any_object), "met": met})


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


def _steps(pt_gev: float, pt_bits: int, eta: float, eta_limit: int, phi_bins: int) -> Steps:
    return (
        ("pt", pt_gev, "GeV", 0, 2**pt_bits - 1),
        ("eta", eta, "1", -eta_limit, eta_limit),
        ("phi", 2 * math.pi / phi_bins, "rad", 0, phi_bins - 1),
    )


def _nineteen_objects(name: str, steps: dict[str, Steps]) -> InputLayout:
    """Lay out MET, 4 e/γ, 4 µ and 10 jets, each with the quantities of its type."""
    fields = (
        InputField(
            object_type=kind, slot=slot, quantity=quantity, lsb=lsb, unit=unit, raw_min=low, raw_max=high
        )
        for kind, slots in _OBJECTS.items()
        for slot in range(slots)
        for quantity, lsb, unit, low, high in steps[kind]
    )
    return InputLayout(name=name, fields=tuple(fields))


def known_layouts() -> dict[str, InputLayout]:
    """List the layouts that have a name of their own."""
    return {layout.name: layout for layout in (ugt_57(), regions_18x14(), hlt_57())}
