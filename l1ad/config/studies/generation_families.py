"""Families that generate events: which there are, and the settings of each."""

from typing import Literal

from pydantic import Field, PositiveInt

from l1ad.config.loading import Section

__all__ = [
    "FlowKind",
    "GenerativeFamilyConfig",
    "GenerativeKind",
    "GenerativeSettings",
    "SmoothActivation",
    "used_settings",
]

GenerativeKind = Literal["vae", "vae_d", "vae_nf", "vae_nf_d", "copula_vae", "copula_vae_d"]
FlowKind = Literal["coupling", "autoregressive"]
SmoothActivation = Literal["elu", "relu", "tanh"]


class GenerativeSettings(Section):
    """Settings of a network and of its training; what a family has no use for is not looked at."""

    batch: PositiveInt = Field(256, description="Events of one step of the optimisers")
    learning_rate: float = Field(2e-3, gt=0, description="Of Adam, of every optimiser, in the first epoch")
    activation: SmoothActivation = Field("elu", description="Between the layers of encoder and decoder")
    latent: PositiveInt = Field(
        10, description="Size of the code; of a copula's always the 18 of the variables"
    )
    layers: PositiveInt = Field(2, description="Hidden layers of encoder, decoder and discriminator each")
    width: PositiveInt = Field(96, description="Width of each hidden layer")
    beta: float = Field(1.0, gt=0, description="Weight of the KL divergence; 1 is the bound on the likelihood")
    alpha: float = Field(1.0, gt=0, description="Weight of the discriminator in the decoder's loss")
    gamma: float = Field(1.0, gt=0, description="Weight of the reconstruction in it")
    flow: FlowKind = Field(
        "coupling", description="coupling: RealNVP (arXiv:1605.08803); autoregressive: MAF (arXiv:1705.07057)"
    )
    flow_length: PositiveInt = Field(4, description="Layers of the normalising flow")


_OF_ALL = ("batch", "learning_rate", "activation", "layers", "width")
_OF_VAE = ("latent", "beta")
_OF_FLOW = ("flow", "flow_length")
_OF_DISCRIMINATOR = ("alpha", "gamma")
_USED: dict[GenerativeKind, tuple[str, ...]] = {
    "vae": (*_OF_ALL, *_OF_VAE),
    "vae_d": (*_OF_ALL, *_OF_VAE, *_OF_DISCRIMINATOR),
    "vae_nf": (*_OF_ALL, *_OF_VAE, *_OF_FLOW),
    "vae_nf_d": (*_OF_ALL, *_OF_VAE, *_OF_FLOW, *_OF_DISCRIMINATOR),
    "copula_vae": (*_OF_ALL, *_OF_FLOW),
    "copula_vae_d": (*_OF_ALL, *_OF_FLOW, *_OF_DISCRIMINATOR),
}


def used_settings(kind: GenerativeKind) -> tuple[str, ...]:
    """Name the settings that a family has a use for."""
    return _USED[kind]


class GenerativeFamilyConfig(Section):
    """A family that is compared."""

    name: str = Field(pattern=r"^[A-Za-z0-9_+\-]+$", description="What the report calls it")
    kind: GenerativeKind = Field(
        description="vae; nf: a normalising flow as its prior; copula_vae: a uniform latent space, encoder and "
        "decoder trained apart; d: with a discriminator"
    )
    settings: GenerativeSettings = Field(
        GenerativeSettings(), description="Where the search begins; without one, what is trained"
    )
