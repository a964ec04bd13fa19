"""With a discriminator: three networks, three losses, three optimisers.

After VAE/GAN (Larsen et al., arXiv:1512.09300, from memory), with the reconstruction of the variables, not of
a layer of the discriminator: the encoder has the loss of its family; the decoder γ · reconstruction and
α · (−ln D) of generated events; the discriminator −ln D of true and −ln(1 − D) of generated ones. Generated
are those drawn from the prior, with the spread that the decoder leaves open. With Adam only α / γ matters to
the decoder.
"""

from collections.abc import Sequence
from typing import Any

from l1ad.training.families.family import Variables
from l1ad.training.families.generative import Generative, GenerativeNetwork, dense_network
from l1ad.training.families.generative_copula import Copula
from l1ad.training.families.generative_variational import FlowVariational, GenerativeVariational
from l1ad.training.families.registry import registered

__all__ = ["AdversarialCopula", "AdversarialFlowVariational", "AdversarialVariational", "adversarial_losses"]


def adversarial_losses(true_odds: Any, generated_odds: Any) -> tuple[Any, Any]:
    """Give the decoder's −ln D of generated rows, and the discriminator's cross entropy, both means.

    Goodfellow et al., arXiv:1406.2661, section 3, with the decoder's loss that does not saturate.

    Args:
        true_odds: Log odds of true rows, shape (n, 1).
        generated_odds: Log odds of generated rows, shape (n, 1).
    """
    from keras import ops

    fooled = ops.mean(ops.softplus(-generated_odds))
    return fooled, ops.mean(ops.softplus(-true_odds)) + ops.mean(ops.softplus(generated_odds))


class _Adversarial(Generative):
    """What a discriminator adds to a family."""

    terms = (*Generative.terms, "fooled", "discriminated")

    def built_discriminator(self, seed: int) -> Any:
        """Build as many layers as those of the decoder."""
        return dense_network(self.n_inputs, 1, self.settings, seed)

    def groups(self, network: Any) -> Sequence[Variables]:
        """Encoder, decoder, discriminator."""
        return (network.encoding, network.decoding, network.discriminating)

    def losses(self, network: Any, shown: Any, noise: Any | None) -> tuple[Sequence[Any], Any]:
        """Give the losses of encoder, decoder and discriminator."""
        from keras import ops

        drawn = self.drawn(shown, noise)
        (encoder, *_), terms = super().losses(network, shown, drawn)
        odds = (network.discriminator(shown), network.discriminator(self.generated(network, drawn)))
        fooled, discriminated = adversarial_losses(*odds)
        decoder = self.settings.gamma * terms[1] + self.settings.alpha * fooled
        losses = (encoder, decoder, discriminated)
        return losses, ops.concatenate([terms, ops.stack([fooled, discriminated])])

    def row_scores(self, network: GenerativeNetwork, shown: Any) -> dict[str, Any]:
        """Score by the log odds of being generated too."""
        if network.discriminator is None:
            raise ValueError("a network without a discriminator; build it with this family")
        return super().row_scores(network, shown) | {"discriminator": -network.discriminator(shown)[:, 0]}


@registered("vae_d")
class AdversarialVariational(_Adversarial, GenerativeVariational):
    """A VAE with a discriminator."""


@registered("vae_nf_d")
class AdversarialFlowVariational(_Adversarial, FlowVariational):
    """A VAE with a flow for its prior and a discriminator; the flow goes with the encoder."""


@registered("copula_vae_d")
class AdversarialCopula(_Adversarial, Copula):
    """A copula-VAE with a discriminator."""
