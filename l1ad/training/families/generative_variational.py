"""The variational autoencoders that generate: with the prior N(0, 1), or one that a normalising flow learns."""

import math
from typing import Any

from l1ad.training.families.flow_layers import Flow, built_flow
from l1ad.training.families.generative import Generative, GenerativeNetwork, negative_log_gaussian
from l1ad.training.families.registry import registered
from l1ad.training.losses import kl_divergence

__all__ = ["FlowVariational", "GenerativeVariational", "negative_entropy"]


def negative_entropy(log_variance: Any) -> Any:
    """−entropy of Gaussians of independent elements, shape (n,): −½ Σ (ln 2π + 1 + ln σ²)."""
    from keras import ops

    return -0.5 * ops.sum(log_variance + (1.0 + math.log(2 * math.pi)), axis=1)


@registered("vae")
class GenerativeVariational(Generative):
    """Gaussian encoder and decoder, prior N(0, 1) (Kingma & Welling, arXiv:1312.6114)."""

    def bound(self, network: GenerativeNetwork, shown: Any, noise: Any) -> tuple[Any, Any]:
        """−ln p(x|z) of a drawn code, and the divergence of its distribution from the prior."""
        from keras import ops

        mean, log_variance = self.posterior(network, shown)
        code = mean + ops.exp(0.5 * log_variance) * noise[:, : self.latent]
        reconstruction = negative_log_gaussian(shown, network.decoder(code), network.spread())
        return reconstruction, self.divergence(network, mean, log_variance, code)

    def divergence(self, network: GenerativeNetwork, mean: Any, log_variance: Any, code: Any) -> Any:
        """KL divergence from the prior, shape (n,)."""
        del network, code
        return kl_divergence(mean, log_variance)

    def prior_code(self, network: GenerativeNetwork, noise: Any) -> Any:
        """Codes are the noise itself."""
        del network
        return noise

    def mean_code(self, network: GenerativeNetwork, shown: Any) -> Any:
        """Mean of the code."""
        return self.posterior(network, shown)[0]

    def row_scores(self, network: GenerativeNetwork, shown: Any) -> dict[str, Any]:
        """Score by the `divergence` from N(0, 1) too."""
        return super().row_scores(network, shown) | {
            "divergence": kl_divergence(*self.posterior(network, shown))
        }


@registered("vae_nf")
class FlowVariational(GenerativeVariational):
    """A normalising flow learns the prior: p(z) = N(T(z); 0, 1) |∂T/∂z|.

    The same as a flow behind the encoder whose result the decoder reads from N(0, 1), but for the names (Chen
    et al., arXiv:1611.02731, section 3.2; from memory). The divergence is ln q(z|x) − ln p(z): the entropy
    exactly, ln p at the code that is drawn. Σµ² of the codes loses its meaning, the density of the flow takes
    its place.
    """

    def built_flow(self, seed: int) -> Flow:
        """Build the flow of the codes."""
        one = self.settings
        return built_flow(one.flow, self.latent, length=one.flow_length, width=one.width, seed=seed)

    def divergence(self, network: GenerativeNetwork, mean: Any, log_variance: Any, code: Any) -> Any:
        """Estimate the KL divergence from the flow's density with one code."""
        del mean
        return negative_entropy(log_variance) - self.flow(network).log_density(code)

    def prior_code(self, network: GenerativeNetwork, noise: Any) -> Any:
        """Map the noise back through the flow."""
        return self.flow(network).inverse(noise)

    def row_scores(self, network: GenerativeNetwork, shown: Any) -> dict[str, Any]:
        """Score by `flow_density`, −ln p(µ), beside what a VAE has."""
        found = super().row_scores(network, shown)
        return found | {"flow_density": -self.flow(network).log_density(self.mean_code(network, shown))}

    def flow(self, network: GenerativeNetwork) -> Flow:
        """Give the flow of a network."""
        if network.flow is None:
            raise ValueError("a network without a flow has no such prior; build it with this family")
        return network.flow
