"""Which density describes which input."""

from enum import StrEnum

from l1ad.core.layout import InputField

__all__ = ["Family", "chosen_family"]


class Family(StrEnum):
    """Densities of Cerri et al., arXiv:1811.10276, section 4."""

    LOG_NORMAL = "log_normal"
    """Log-normal beside a share of zeros."""
    GAUSSIAN = "gaussian"
    TRUNCATED_GAUSSIAN = "truncated_gaussian"
    """Gaussian within the range of the input."""
    TRUNCATED_DISCRETE_GAUSSIAN = "truncated_discrete_gaussian"
    """Whole numbers within the range of the input."""
    BERNOULLI = "bernoulli"
    """One of the two ends of the range."""
    POISSON = "poisson"

    @property
    def n_parameters(self) -> int:
        """Parameters of one feature: outputs of the decoder."""
        return {Family.LOG_NORMAL: 3, Family.BERNOULLI: 1, Family.POISSON: 1}.get(self, 2)

    @property
    def is_discrete(self) -> bool:
        """Whether it is a probability of hardware steps, not a density in the unit of the input."""
        return self in (Family.TRUNCATED_DISCRETE_GAUSSIAN, Family.BERNOULLI, Family.POISSON)


_FEW = 64
"""Whole numbers up to which a count is one of few objects, not of many particles, which Poisson describes."""
_WHOLE_NUMBERS = 256
"""Whole numbers with a sign up to which they are a discrete quantity, not a finely binned one."""
_WITH_AN_END = ("transverse_mass", "mt")
"""Masses with an end: they pile up at it and do not fall as a log-normal does."""


def chosen_family(field: InputField) -> Family:
    """Choose the density of an input by its quantity, unit and range.

    | input | density |
    |---|---|
    | flags: 0 or 1 | Bernoulli |
    | η and φ of objects | truncated Gaussian |
    | whole numbers from 0 | truncated discrete Gaussian; Poisson where there are more than 64 |
    | whole numbers with a sign, up to 256 of them, as a charge | truncated discrete Gaussian |
    | transverse mass | truncated Gaussian |
    | GeV from 0, and isolation: pT, masses, sums | log-normal with zeros |
    | angles and what has no unit: cosines, distances, η | truncated Gaussian |
    | all else, as components of momenta | Gaussian |

    For the 21 features of arXiv:1811.10276 these are the densities of its section 4, but for the charge, which
    is one of three numbers here, where 0 can be written too, and of two there.
    """
    whole = field.unit == "1" and field.lsb == 1.0
    n_steps = field.raw_max - field.raw_min + 1
    if (field.raw_min, field.raw_max) == (0, 1):
        return Family.BERNOULLI
    if field.quantity in ("eta", "phi") or field.quantity in _WITH_AN_END:
        return Family.TRUNCATED_GAUSSIAN
    if whole and (field.raw_min == 0 or n_steps <= _WHOLE_NUMBERS):
        return Family.POISSON if field.raw_min == 0 and n_steps > _FEW else Family.TRUNCATED_DISCRETE_GAUSSIAN
    if field.raw_min == 0 and (field.unit == "GeV" or "isolation" in field.quantity):
        return Family.LOG_NORMAL
    return Family.TRUNCATED_GAUSSIAN if field.unit in ("1", "rad") and not whole else Family.GAUSSIAN
