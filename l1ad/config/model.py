"""What a variational autoencoder is made of: shapes, number formats, and what its score is."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StringConstraints, field_validator, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section
from l1ad.config.texts import FormatText
from l1ad.core.fixed import FixedType, Overflow

__all__ = ["Backend", "ConvolutionConfig", "FormatsConfig", "ModelConfig", "ScoreKind"]

Backend = Literal["qkeras", "hgq", "float"]
"""Who quantises: QKeras (bit widths given), HGQ2 (bit widths learned), or nobody."""

ScoreKind = Literal["mean_squares", "kl", "normalised_mean_squares", "reconstruction", "total"]
"""Σµ²; KL divergence; Σµ²/σ²; reconstruction term; reconstruction + β·KL. The first alone can be deployed."""

_WIDEST_INPUT = 16
_FREEZABLE_ACTIVATIONS = {"qkeras": ("relu", "hard_tanh"), "hgq": ("relu",)}
Pair = tuple[PositiveInt, PositiveInt]
LayerName = Annotated[str, StringConstraints(pattern=r"^(conv_[1-9]\d*|dense_[1-9]\d*|dense_mean)$")]


class FormatsConfig(Section):
    """Formats of one layer where they differ from the model's: bits, and integer bits without the sign."""

    weight_bits: int | None = Field(None, ge=2, le=8, description="Bits of a weight; null: the model's")
    weight_integer: int | None = Field(None, ge=0, description="Integer bits of a weight; null: the model's")
    bias_bits: int | None = Field(None, ge=2, le=8, description="Bits of a bias; null: the model's")
    bias_integer: int | None = Field(None, ge=0, description="Integer bits of a bias; null: the model's")
    activation_bits: int | None = Field(
        None, ge=1, le=8, description="Bits of what its activation gives; null: the model's"
    )
    activation_integer: int | None = Field(
        None, ge=0, description="Integer bits of what its activation gives; null: the model's"
    )


class ConvolutionConfig(Section):
    """A convolution, and the pooling after its activation."""

    filters: PositiveInt = Field(description="Channels that it gives")
    kernel: Pair = Field((3, 3), description="Height and width of its window, in cells")
    strides: Pair = Field((1, 1), description="Cells that the window moves by, down and to the right")
    padding: Literal["valid", "same"] = Field(
        "valid", description="valid: windows that lie in the image alone; same: zeros around it"
    )
    pool: Pair | None = Field(None, description="Size of the pooling window, which is its stride too")
    pooling: Literal["max", "average"] = Field("max", description="What a pooling window gives")


class ModelConfig(Section):
    """The variational autoencoder and its number formats. Integer bits are counted without the sign.

    With HGQ2 the formats are where the learned ones begin; with `float` they are not used.
    """

    backend: Backend = Field("qkeras", description="Who quantises: qkeras, hgq, or float for nobody")
    inputs: Literal["hardware", "standardised"] = Field(
        "hardware",
        description="hardware: whole offsets and power-of-two shifts, cast to input_type; standardised: "
        "(float only) pT over its standard deviation, η and φ as they are",
    )
    image: tuple[PositiveInt, PositiveInt, PositiveInt] | None = Field(
        None, description="Height, width and channels that the inputs are laid out in, for convolutions"
    )
    convolutions: tuple[ConvolutionConfig, ...] = Field((), description="Before the hidden layers")
    hidden: tuple[PositiveInt, ...] = Field((32, 16), description="Widths of hidden layers")
    latent: int = Field(8, ge=1, description="Size of the encoder mean")
    decoder: tuple[PositiveInt, ...] | None = Field(
        None, description="Widths of the decoder's hidden layers; those of the encoder mirrored unless given"
    )
    activation: Literal["relu", "hard_tanh", "elu", "leaky_relu", "tanh"] = Field(
        "relu", description="Between the encoder's layers; qkeras freezes relu and hard_tanh, hgq relu"
    )
    decoder_activation: Literal["relu", "elu", "leaky_relu", "tanh"] = Field(
        "relu", description="Between the decoder's layers, which no firmware holds"
    )
    variational: bool = Field(True, description="false: a plain autoencoder, without σ and KL term")
    score: ScoreKind = Field(
        "mean_squares", description="Score that comparisons take; mean_squares alone can be deployed"
    )
    input_type: FormatText = Field(
        "ap_fixed<8,5,AP_RND_CONV,AP_SAT>", description="Format of the scaled inputs"
    )
    weight_bits: int = Field(6, ge=2, le=8, description="Bits of a weight, its sign included")
    weight_integer: int = Field(0, ge=0, description="Integer bits of a weight, without the sign")
    bias_bits: int = Field(8, ge=2, le=8, description="Bits of a bias, its sign included")
    bias_integer: int = Field(2, ge=0, description="Integer bits of a bias, without the sign")
    activation_bits: int = Field(8, ge=1, le=8, description="Bits of what an activation gives")
    activation_integer: int = Field(5, ge=0, description="Integer bits of what an activation gives")
    mean_bits: int = Field(8, ge=2, le=8, description="Bits of the encoder mean, its sign included")
    mean_integer: int = Field(5, ge=0, description="Integer bits of the encoder mean, without the sign")
    layers: dict[LayerName, FormatsConfig] = Field(
        {}, description="Formats of single layers: conv_1 ..., dense_1 ..., dense_mean"
    )
    score_type: FormatText = Field("ap_ufixed<18,14,AP_TRN,AP_SAT>", description="Format of the score word")

    @field_validator("input_type")
    @classmethod
    def _exact_in_float32(cls, text: str) -> str:
        if FixedType.from_cpp(text).width > _WIDEST_INPUT:
            raise ValueError(f"inputs of more than {_WIDEST_INPUT} bits are not exact in Keras's float32 sums")
        return text

    @field_validator("score_type")
    @classmethod
    def _orders_events(cls, text: str) -> str:
        one = FixedType.from_cpp(text)
        if one.signed or one.overflow not in (Overflow.SAT, Overflow.SAT_SYM):
            raise ValueError(
                "the score must be unsigned and saturate, or the most anomalous events could score lowest, "
                "e.g. 'ap_ufixed<18,14,AP_TRN,AP_SAT>'"
            )
        return text

    @model_validator(mode="after")
    def _can_be_built(self) -> "ModelConfig":
        if not self.hidden and not self.convolutions:
            raise at_keys("an encoder needs hidden layers or convolutions", "hidden")
        if (self.image is None) == bool(self.convolutions):
            raise at_keys(
                "convolutions and the shape of the image they read come together", "image", "convolutions"
            )
        if self.backend != "float":
            known = _FREEZABLE_ACTIVATIONS[self.backend]
            if self.activation not in known:
                raise at_keys(
                    f"activation {self.activation} does not freeze with backend {self.backend}; "
                    f"{' and '.join(known)} do",
                    "activation",
                    "backend",
                )
            if self.inputs != "hardware":
                raise at_keys(
                    f"backend {self.backend} needs inputs: hardware, which firmware can make", "inputs"
                )
        if not self.variational and self.score in ("kl", "normalised_mean_squares"):
            raise at_keys(
                f"a plain autoencoder has no σ, which score {self.score} needs", "score", "variational"
            )
        if strangers := sorted(set(self.layers) - set(self.layer_names)):
            raise at_keys(
                f"formats are given for layer {strangers[0]}; the encoder's are {', '.join(self.layer_names)}",
                ("layers", strangers[0]),
            )
        return self

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the encoder's layers with weights, first to last."""
        convolutions = (f"conv_{number}" for number in range(1, len(self.convolutions) + 1))
        dense = (f"dense_{number}" for number in range(1, len(self.hidden) + 1))
        return (*convolutions, *dense, "dense_mean")

    def formats(self, layer: str) -> dict[str, int]:
        """Give the formats of a layer: its own where it has them, else the model's."""
        own = self.layers.get(layer, FormatsConfig())
        return {
            name: getattr(self, name) if value is None else value
            for name in FormatsConfig.model_fields
            for value in [getattr(own, name)]
        }
