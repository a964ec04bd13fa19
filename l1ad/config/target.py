"""What firmware is built for: a part, its clock, its ports, and the budget that the algorithm must keep."""

from importlib.resources import files
from pathlib import Path

from pydantic import Field, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section, load_config
from l1ad.config.texts import FormatText
from l1ad.core.errors import ConfigError
from l1ad.core.ports import Interface
from l1ad.core.units import Clock

__all__ = ["BudgetConfig", "DelayConfig", "TargetConfig", "TotalsConfig", "load_target", "shipped_targets"]


class BudgetConfig(Section):
    """What the algorithm may take at most. What is left out has no limit."""

    latency_cycles: int = Field(ge=1, description="Clock cycles from the inputs to the accept bits")
    initiation_interval_cycles: int = Field(
        ge=1, description="Clock cycles between two bunch crossings taken in"
    )
    lut: int | None = Field(None, ge=0, description="Look-up tables; null: no limit")
    ff: int | None = Field(None, ge=0, description="Flip-flops; null: no limit")
    dsp: int | None = Field(None, ge=0, description="DSP slices; null: no limit")
    bram_18k: int | None = Field(None, ge=0, description="Block memories in units of 18 kbit")


class TotalsConfig(Section):
    """What the part has."""

    lut: int | None = Field(None, ge=1, description="Look-up tables")
    ff: int | None = Field(None, ge=1, description="Flip-flops")
    dsp: int | None = Field(None, ge=0, description="DSP slices")
    bram_18k: int | None = Field(None, ge=0, description="Block memories in units of 18 kbit")
    uram: int | None = Field(None, ge=0, description="UltraRAM blocks of 288 kbit")


class DelayConfig(Section):
    """How long logic is assumed to take, for the pipeline of the Verilog; a vendor's report replaces it."""

    net_ns: float = Field(gt=0, description="Wire between two levels of logic")
    lut_ns: float = Field(gt=0, description="One look-up table")
    carry_in_ns: float = Field(ge=0, description="Into a carry chain and out of it, once for each adder")
    carry_bit_ns: float = Field(ge=0, description="Each bit of a carry chain")
    margin: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Fraction of the period kept free for jitter, clock-to-output and set-up time",
    )


class TargetConfig(Section):
    """A part with its clock and budget."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$", description="Name of the target, for reports")
    part: str = Field(pattern=r"^[A-Za-z0-9-]+$", description="Part number as the vendor's tools take it")
    clock_mhz: float = Field(gt=0, description="Nominal frequency, a multiple of 40")
    cycles_per_crossing: int = Field(
        ge=1, description="Clock cycles in a bunch crossing; must go with the clock"
    )
    interface: Interface = Field(
        Interface.GENERIC, description="ugt: the words of the global trigger; generic: one port an input"
    )
    score_word: FormatText | None = Field(
        None, description="Number format that the score must have, where it is laid down"
    )
    budget: BudgetConfig
    totals: TotalsConfig = TotalsConfig()
    delay: DelayConfig

    @property
    def clock(self) -> Clock:
        """The clock."""
        return Clock(self.clock_mhz)

    @model_validator(mode="after")
    def _clock_fits(self) -> "TargetConfig":
        try:
            cycles = self.clock.cycles_per_crossing
        except ConfigError as fault:
            raise at_keys(str(fault), "clock_mhz") from None
        if cycles != self.cycles_per_crossing:
            raise at_keys(
                f"a {self.clock_mhz:g} MHz clock has {cycles} cycles in a bunch crossing, "
                f"cycles_per_crossing says {self.cycles_per_crossing}",
                "cycles_per_crossing",
                "clock_mhz",
            )
        if self.budget.initiation_interval_cycles > cycles:
            raise at_keys(
                f"an initiation interval of {self.budget.initiation_interval_cycles} cycles would miss bunch "
                f"crossings, which come every {cycles}",
                ("budget", "initiation_interval_cycles"),
            )
        return self


def shipped_targets() -> dict[str, Path]:
    """List the targets that ship, by name."""
    folder = Path(str(files("l1ad.config") / "targets"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_target(source: str) -> TargetConfig:
    """Read a target by the name of one that ships, or by the path of a YAML file.

    Raises:
        ConfigError: If there is none of that name, or the file says something impossible.
    """
    shipped = shipped_targets()
    if source in shipped:
        return load_config(shipped[source], TargetConfig)
    path = Path(source)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return load_config(path, TargetConfig)
    raise ConfigError(f"{source!r} is no target; {', '.join(shipped)} ship, or give the path of a YAML file")
