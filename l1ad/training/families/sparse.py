"""The sparse autoencoder: few elements of a code are far from 0."""

from typing import Any

from l1ad.training.families.autoencoder import DenseAutoencoder
from l1ad.training.families.registry import registered
from l1ad.training.model import Autoencoder

__all__ = ["Sparse", "code_size"]


def code_size(mean: Any) -> Any:
    """Sum of the absolute values of each code, shape (n,): the L1 penalty on activations."""
    from keras import ops

    return ops.sum(ops.abs(mean), axis=1)


@registered("sparse")
class Sparse(DenseAutoencoder):
    """L1 on the code, which pulls what is normal towards 0."""

    deployable = True

    def penalty(self, network: Autoencoder, shown: Any, mean: Any, hidden: Any) -> Any:
        """Mean L1 norm of the codes."""
        from keras import ops

        del network, shown, hidden
        return ops.mean(code_size(mean))
