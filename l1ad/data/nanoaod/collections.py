"""Under which names NanoAOD keeps the trigger's objects."""

from collections.abc import Sequence
from dataclasses import dataclass

from l1ad.core.errors import DataError
from l1ad.data.nanoaod.tree import RootTree
from l1ad.data.opening import Objects

__all__ = ["Collection", "find_collections"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The branches of one list of objects.

    Attributes:
        object_type: `met`, `eg`, `mu` or `jet`.
        pt: Branch of the transverse momentum in GeV.
        eta: Branch of the pseudorapidity; None where it is 0 by definition.
        phi: Branch of the azimuth in rad.
        crossing: Branch of the bunch crossing of each object, 0 being the one read out; None where there is
            none, and every object is taken for one of it.
        sum_type: Branch that tells sums apart; None for lists that hold one kind.
        one_an_event: Whether the branches are one number an event, not lists.
    """

    object_type: str
    pt: str
    eta: str | None
    phi: str
    crossing: str | None = None
    sum_type: str | None = None
    one_an_event: bool = False

    @property
    def branches(self) -> tuple[str, ...]:
        """All branches that are read."""
        every = (self.pt, self.eta, self.phi, self.crossing, self.sum_type)
        return tuple(name for name in every if name is not None)


def find_collections(tree: RootTree, wanted: Objects | None) -> tuple[Objects, tuple[Collection, ...]]:
    """Find the objects of a kind, or else of the first kind that is there: unpacked, emulated, scouting.

    Raises:
        DataError: If there are none, or a branch of theirs is missing or of another type.
    """
    for kind in [wanted] if wanted else list(Objects):
        collections = _collections(kind, tree.names)
        if any(one.pt in tree.names for one in collections):
            _check(tree, kind, collections)
            return kind, collections
    raise DataError(_nothing_found(tree, wanted))


def _collections(kind: Objects, names: Sequence[str]) -> tuple[Collection, ...]:
    if kind is Objects.SCOUTING:
        return _scouting(names)
    return _level1("L1" if kind is Objects.UNPACKED else "L1Emul", names)


def _level1(prefix: str, names: Sequence[str]) -> tuple[Collection, ...]:
    """Name the tables of CMSSW's PhysicsTools/NanoAOD/python/l1trig_cff.py."""

    def collection(
        object_type: str, table: str, eta: str | None, phi: str, sums: str | None = None
    ) -> Collection:
        branch = f"{prefix}{table}_"
        crossing = f"{branch}bx"
        return Collection(
            object_type=object_type,
            pt=f"{branch}pt",
            eta=eta and branch + eta,
            phi=branch + phi,
            crossing=crossing if crossing in names else None,
            sum_type=sums and branch + sums,
        )

    return (
        collection("eg", "EG", "eta", "phi"),
        collection("mu", "Mu", "etaAtVtx", "phiAtVtx"),
        collection("jet", "Jet", "eta", "phi"),
        collection("met", "EtSum", None, "phi", "etSumType"),
    )


_SCOUTING_MUONS = ("ScoutingMuon", "ScoutingMuonVtx", "ScoutingMuonNoVtx")
"""One list until 2023, two from 2024 on: reconstructed with the vertex of the muons, and without."""
_SCOUTING_JETS = ("ScoutingPFJet", "ScoutingPFJetRecluster", "ScoutingJet")
"""As the HLT made them, or clustered again from its particles."""


def _scouting(names: Sequence[str]) -> tuple[Collection, ...]:
    """Name the tables of CMSSW's PhysicsTools/NanoAOD/python/run3scouting_cff.py."""
    muons, jets = (
        next((table for table in tables if f"{table}_pt" in names), tables[0])
        for tables in (_SCOUTING_MUONS, _SCOUTING_JETS)
    )
    tables = (("eg", "ScoutingElectron"), ("eg", "ScoutingPhoton"), ("mu", muons), ("jet", jets))
    lists = (
        Collection(object_type=name, pt=f"{table}_pt", eta=f"{table}_eta", phi=f"{table}_phi")
        for name, table in tables
    )
    met = Collection(object_type="met", pt="ScoutingMET_pt", eta=None, phi="ScoutingMET_phi", one_an_event=True)
    return (*lists, met)


def _check(tree: RootTree, kind: Objects, collections: tuple[Collection, ...]) -> None:
    every = [name for one in collections for name in one.branches]
    missing = [name for name in every if name not in tree.names]
    if missing and all(name.endswith("AtVtx") for name in missing):
        raise DataError(
            f"{tree.where}: no branch {' and '.join(map(repr, missing))}: the trigger reads muons at the "
            "vertex, and this file has them in the muon system only; make it again with CMSSW's l1trig_cff.py, "
            "whose muon table has both"
        )
    if missing:
        raise DataError(
            f"{tree.where}: no branch {', '.join(map(repr, missing))}; {kind} objects are {', '.join(every)}"
        )
    for one in collections:
        if one.one_an_event:
            tree.check_numbers(one.branches)
        else:
            tree.check_lists(one.branches)


def _nothing_found(tree: RootTree, wanted: Objects | None) -> str:
    looked = ", then ".join(
        ", ".join(one.pt for one in _collections(kind, ())) for kind in ([wanted] if wanted else Objects)
    )
    seeds = sum(name.startswith("L1_") for name in tree.names)
    similar = [name for name in tree.names if name.startswith(("L1", "Scouting")) and name[2] != "_"]
    others = [kind for kind in Objects if any(one.pt in tree.names for one in _collections(kind, tree.names))]
    parts = [
        f"the file has {seeds} L1_* seed bits but no objects" if seeds and not others else "",
        f"it has {' and '.join(others)} ones" if others else "",
        f"of similar name are {', '.join(similar[:6])}" if similar and not others else "",
    ]
    what = f"{wanted} objects" if wanted else "Level-1 objects"
    return "; ".join([f"{tree.where}: no {what}: looked for {looked}", *filter(None, parts)])
