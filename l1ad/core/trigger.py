"""The trigger algorithm: everything hardware, C++ and software need to agree, in integers only."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from l1ad.core.errors import NotExactError, TriggerFileError
from l1ad.core.layout import InputLayout
from l1ad.core.names import cpp_identifier
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score

__all__ = ["TriggerAlgorithm"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TriggerAlgorithm:
    """An anomaly-detection trigger, frozen.

    Attributes:
        name: Name given by people; made safe before it reaches C++ or a file.
        scaling: Input scaling; it holds the input layout.
        network: The encoder up to its mean.
        score: How the mean becomes the score word.
        thresholds: Raw integers by name; an event is accepted when `score_raw >= threshold`.
        provenance: What it was made from: digests, versions, figures. Free text, never read back.
    """

    name: str
    scaling: Scaling
    network: FrozenNetwork
    score: Score
    thresholds: Mapping[str, int] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.network.n_inputs != self.layout.n_inputs or self.network.input_type != self.scaling.result:
            raise TriggerFileError(
                f"{self.name!r}: the network reads {self.network.n_inputs} inputs of "
                f"{self.network.input_type.spelling}, the scaling gives {self.layout.n_inputs} of "
                f"{self.scaling.result.spelling}"
            )
        for one in (self.name, *self.thresholds):
            cpp_identifier(one)  # refuses what no firmware folder or port could be named by
        # Own copies: a caller's later changes do not reach in. `index` lets NumPy's integers pass, no floats.
        thresholds = {name: operator.index(threshold) for name, threshold in self.thresholds.items()}
        object.__setattr__(self, "thresholds", MappingProxyType(thresholds))
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))
        self.score.check(self.network.output_type, self.network.n_outputs)
        for name, threshold in self.thresholds.items():
            if not self.score.result.holds_raw(threshold):
                raise NotExactError(
                    f"threshold {name!r} = {threshold} is outside the score word {self.score.result}, "
                    f"which holds {self.score.result.raw_min} to {self.score.result.raw_max}"
                )

    def __reduce__(self) -> tuple[Callable[..., "TriggerAlgorithm"], tuple[object, ...]]:
        """Travel to other processes: a mapping that cannot be changed cannot be pickled as it is."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        plain = {name: dict(part) if isinstance(part, Mapping) else part for name, part in parts.items()}
        return _rebuilt, (plain,)

    @property
    def layout(self) -> InputLayout:
        """The inputs."""
        return self.scaling.layout

    def with_thresholds(self, thresholds: Mapping[str, int]) -> "TriggerAlgorithm":
        """Return the same algorithm with other thresholds."""
        return replace(self, thresholds=thresholds)


def _rebuilt(parts: dict[str, Any]) -> TriggerAlgorithm:
    return TriggerAlgorithm(**parts)
