"""How an existing model becomes a trigger algorithm: what its file does not say."""

from typing import Literal

from pydantic import Field, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section
from l1ad.config.texts import FormatText

__all__ = ["ImportConfig", "InputsConfig", "ScalingConfig", "ScoreConfig", "TypesConfig"]


class InputsConfig(Section):
    """Inputs without names of their own."""

    inputs: int = Field(ge=1, le=100_000, description="How many")
    bits: int = Field(ge=1, le=32, description="Bits of each hardware integer, the sign included")
    signed: bool = Field(False, description="Whether they can be negative")


class ScalingConfig(Section):
    """The input scaling `(x - offset) >> shift`; without anything said, hardware integers go in as they are."""

    offsets: float | list[float] | None = Field(None, description="One for all inputs, or one for each")
    shifts: int | list[int] | None = Field(None, description="One for all inputs, or one for each")
    scaler: str | None = Field(None, description="Instead: a .json, .npz or .h5 with arrays 'mean' and 'scale'")
    physical: bool = Field(
        False, description="Whether mean and scale are in GeV and rad, not in hardware steps"
    )
    into_weights: bool = Field(
        False,
        description="With a scaler and a float model: take back in the weights of the first layer what powers "
        "of two lose",
    )
    working_type: FormatText | None = Field(None, description="Number format of difference and shift")

    @model_validator(mode="after")
    def _one_way(self) -> "ScalingConfig":
        if self.scaler is not None and (self.offsets is not None or self.shifts is not None):
            raise at_keys("give either a scaler, or offsets and shifts", "scaler", "offsets", "shifts")
        if self.into_weights and self.scaler is None:
            raise at_keys("into_weights goes with a scaler", "into_weights")
        return self


class ScoreConfig(Section):
    """How the outputs become the score word."""

    function: Literal["sum_of_squares", "output"] = Field(
        "sum_of_squares", description="Of the encoder mean; output: the network's one output is the score"
    )
    type: FormatText = Field("ap_ufixed<18,14,AP_TRN,AP_SAT>", description="Number format of the score word")


class LayerTypesConfig(Section):
    """Number formats of one layer."""

    weight: FormatText | None = Field(None, description="Format of its weights, e.g. ap_fixed<8,2>")
    bias: FormatText | None = Field(None, description="Format of its biases")
    result: FormatText | None = Field(None, description="Format of what it gives")


class TypesConfig(Section):
    """Number formats where a model has floating-point numbers; refused there when nothing is said."""

    weight_bits: int | None = Field(None, ge=1, le=32, description="The point is found from the range")
    bias_bits: int | None = Field(None, ge=1, le=32, description="The same for biases")
    activation_bits: int | None = Field(
        None, ge=1, le=32, description="The same for activations, from bounds or from calibration"
    )
    layers: dict[str, LayerTypesConfig] = Field({}, description="By the name of the layer; before the bits")
    calibration: str | None = Field(None, description="Event file or sample:NAME whose values set the ranges "
                                    "of activations; without, bounds that no event can leave")  # fmt: skip


class ImportConfig(Section):
    """What an import needs to know beside the model file."""

    name: str | None = Field(None, description="Name of the algorithm; the file's unless told")
    layout: InputsConfig | str = Field("ugt_57", description="Name of the input layout, or how many inputs")
    input_type: FormatText | None = Field(
        None, description="Format of the scaled inputs, where the file has none"
    )
    scaling: ScalingConfig = ScalingConfig()
    weights: str | None = Field(None, description="Weight file of a model in .json")
    output: str | None = Field(None, description="Layer that gives the encoder mean; the last unless told")
    score: ScoreConfig = ScoreConfig()
    types: TypesConfig = TypesConfig()
