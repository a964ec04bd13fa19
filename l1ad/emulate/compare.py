"""Comparing two implementations integer for integer, and naming the first place where they part."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import InputLayout
from l1ad.core.trace import Trace

__all__ = ["Agreement", "Divergence", "compared", "crafted_extremes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The first place where two implementations differ: lowest event, then earliest tensor, then element.

    Attributes:
        event: Position of the event among those compared.
        tensor: Name of the tensor.
        element: Element of the tensor.
        expected: Raw integer of the reference.
        found: Raw integer of the other implementation.
        place: Where the event comes from, when the caller knows; the message then says that.
    """

    event: int
    tensor: str
    element: int
    expected: int
    found: int
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How one implementation compares with another, the reference.

    Attributes:
        implementation: Its name.
        reference: Name of what it is compared with.
        events: Events compared.
        values: Integers compared.
        tensors: Tensors compared, in the order of the data flow.
        differing_events: Events with any difference.
        differing_values: Integers that differ.
        differing_by_tensor: How many of each tensor that has any, in the order of the data flow.
        first: The first difference, if there is one.
    """

    implementation: str
    events: int
    values: int
    tensors: tuple[str, ...]
    differing_events: int
    differing_values: int
    differing_by_tensor: Mapping[str, int] = field(default_factory=dict)
    first: Divergence | None
    reference: str = "emulator"

    def __str__(self) -> str:
        if self.first is None:
            return f"{self.implementation}: 0 of {self.events} events differ ({self.values} integers compared)"
        where = self.first
        event = where.place or f"event {where.event}"
        return (
            f"{self.implementation}: {event}, layer {where.tensor!r}, element {where.element}: "
            f"{self.reference} {where.expected}, {self.implementation} {where.found} (raw); "
            f"{self.differing_values} of {self.values} integers in {self.differing_events} of "
            f"{self.events} events differ"
        )

    def then(self, later: "Agreement") -> "Agreement":
        """Join with the comparison of the events that follow."""
        first = self.first
        if first is None and later.first is not None:
            first = replace(later.first, event=later.first.event + self.events)
        by_tensor = Counter(self.differing_by_tensor) + Counter(later.differing_by_tensor)
        return Agreement(
            implementation=self.implementation,
            reference=self.reference,
            events=self.events + later.events,
            values=self.values + later.values,
            tensors=self.tensors,
            differing_events=self.differing_events + later.differing_events,
            differing_values=self.differing_values + later.differing_values,
            differing_by_tensor={name: by_tensor[name] for name in self.tensors if by_tensor[name]},
            first=first,
        )


def compared(implementation: str, expected: Trace, found: Trace, *, reference: str = "emulator") -> Agreement:
    """Compare traces of the same events on every tensor that both have.

    Args:
        implementation: Name of the implementation that made `found`.
        expected: The reference's trace.
        found: The other's; it may lack tensors that it does not have, never events.
        reference: Name of the implementation that made `expected`.

    Raises:
        ValueError: If the traces share no tensor, or one has another shape.
    """
    shared = tuple(name for name in expected if name in found)
    if not shared:
        raise ValueError(f"{implementation} has none of the tensors {', '.join(expected)}")
    n_events = len(expected[shared[0]])
    event_differs = np.zeros(n_events, dtype=bool)
    values = 0
    wrong: dict[str, NDArray[np.bool_]] = {}
    for name in shared:
        if expected[name].shape != found[name].shape:
            raise ValueError(
                f"{implementation}, {name!r}: shape {found[name].shape}, {reference} {expected[name].shape}"
            )
        wrong[name] = expected[name] != found[name]
        event_differs |= wrong[name].any(axis=1)
        values += wrong[name].size
    by_tensor = {name: int(mask.sum()) for name, mask in wrong.items() if mask.any()}
    return Agreement(
        implementation=implementation,
        reference=reference,
        events=n_events,
        values=values,
        tensors=shared,
        differing_events=int(event_differs.sum()),
        differing_values=sum(by_tensor.values()),
        differing_by_tensor=by_tensor,
        first=_first(expected, found, wrong, event_differs),
    )


def _first(
    expected: Trace, found: Trace, wrong: dict[str, NDArray[np.bool_]], event_differs: NDArray[np.bool_]
) -> Divergence | None:
    if not event_differs.any():
        return None
    event = int(np.argmax(event_differs))
    tensor = next(name for name, mask in wrong.items() if mask[event].any())
    element = int(np.argmax(wrong[tensor][event]))
    return Divergence(
        event=event,
        tensor=tensor,
        element=element,
        expected=int(expected[tensor][event, element]),
        found=int(found[tensor][event, element]),
    )


def crafted_extremes(layout: InputLayout) -> NDArray[np.int64]:
    """Craft the events that samples do not hold: all zero, all lowest, all highest, and one input at a time.

    Returns:
        Hardware integers, shape (3 + 2 · n_inputs, n_inputs).
    """
    zeros = np.zeros((1, layout.n_inputs), dtype=np.int64)
    return np.concatenate(
        [zeros, layout.raw_min[None], layout.raw_max[None], np.diag(layout.raw_min), np.diag(layout.raw_max)]
    )
