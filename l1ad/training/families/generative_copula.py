"""The copula-VAE: a latent space that is uniform, with encoder and decoder trained apart.

Events are shown by their normal scores, which is their copula: every variable by itself is uniform after Φ. The
encoder takes the copula to independent uniform numbers (Rosenblatt, Ann. Math. Stat. 23 (1952) 470), as many as
there are variables, by a normalising flow whose likelihood is its whole loss: no decoder is needed to train it.
The decoder learns the way back, from the codes that the encoder gives, with a Gaussian width of each variable;
it does not move the encoder. So the encoder is deterministic: what is variational of a VAE is exact here.
"""

from collections.abc import Sequence
from typing import Any

from l1ad.training.families.family import Variables
from l1ad.training.families.flow_layers import Flow, built_flow, standard_normal_log
from l1ad.training.families.generative import Generative, GenerativeNetwork, negative_log_gaussian
from l1ad.training.families.registry import registered

__all__ = ["Copula", "log_outside", "negative_log_copula"]

_SMALLEST = 1e-30


def negative_log_copula(flow: Flow, shown: Any) -> Any:
    """−ln c(u), c the density of the copula at the rows' uniform numbers, shape (n,): 0 if independent.

    The density of the normal scores is Π N(zᵢ; 0, 1) times that of the copula.
    """
    return standard_normal_log(shown) - flow.log_density(shown)


def log_outside(codes: Any) -> Any:
    """How far out a row lies in the uniform space: −Σ ln 2 min(w, 1 − w) with w = Φ(code), shape (n,).

    Fisher's combination of two-sided p-values: of uniform codes half a χ² with twice as many degrees of freedom
    as there are codes, so its mean is their number.
    """
    import tensorflow as tf
    from keras import ops

    # 2 min(w, 1 − w) = 2 Φ(−|code|) = erfc(|code| / √2), which keeps its digits far out.
    tail = tf.math.erfc(ops.abs(codes) * (0.5**0.5))
    return -ops.sum(ops.log(ops.maximum(tail, _SMALLEST)), axis=1)


@registered("copula_vae")
class Copula(Generative):
    """A flow from the copula to a uniform space, and a network back."""

    @property
    def latent(self) -> int:
        """As many as there are variables."""
        return self.n_inputs

    def built_encoder(self, seed: int) -> Any | None:
        """None: the flow is the encoder."""
        del seed
        return None

    def built_flow(self, seed: int) -> Flow:
        """Build the flow of the normal scores."""
        one = self.settings
        return built_flow(one.flow, self.n_inputs, length=one.flow_length, width=one.width, seed=seed)

    def groups(self, network: Any) -> Sequence[Variables]:
        """Encoder and decoder, each with an optimiser of its own."""
        return (network.encoding, network.decoding)

    def losses(self, network: Any, shown: Any, noise: Any | None) -> tuple[Sequence[Any], Any]:
        """Give the encoder's loss, the decoder's, and what both are."""
        from keras import ops

        reconstruction, divergence = (
            ops.mean(one) for one in self.bound(network, shown, self.drawn(shown, noise))
        )
        # The sum is watched alone; each group has the gradient of its own part.
        terms = ops.stack([reconstruction + divergence, reconstruction, divergence])
        return (divergence, reconstruction), terms

    def bound(self, network: GenerativeNetwork, shown: Any, noise: Any) -> tuple[Any, Any]:
        """−ln p(x|w) of the decoder, and −ln c of the encoder."""
        del noise
        codes = self.mean_code(network, shown)
        reconstruction = negative_log_gaussian(shown, network.decoder(codes), network.spread())
        return reconstruction, negative_log_copula(self.flow(network), shown)

    def prior_code(self, network: GenerativeNetwork, noise: Any) -> Any:
        """Uniform numbers, shown to the decoder as the normal scores that the noise is."""
        del network
        return noise

    def mean_code(self, network: GenerativeNetwork, shown: Any) -> Any:
        """Normal scores of the code's uniform numbers."""
        return self.flow(network).forward(shown)[0]

    def row_scores(self, network: GenerativeNetwork, shown: Any) -> dict[str, Any]:
        """Score by `flow_density`, −ln p of the normal scores, and `uniform_outliers` too."""
        return super().row_scores(network, shown) | {
            "flow_density": -self.flow(network).log_density(shown),
            "uniform_outliers": log_outside(self.mean_code(network, shown)),
        }

    def flow(self, network: GenerativeNetwork) -> Flow:
        """Give the flow of a network."""
        if network.flow is None:
            raise ValueError("a network without a flow has no copula; build it with this family")
        return network.flow
