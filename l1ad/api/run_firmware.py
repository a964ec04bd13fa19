"""The half of a run that ends in hardware: from `trigger.json` to a delivery that is accepted or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from l1ad.api.progress import progress_bar
from l1ad.flow.run_directory import RunDirectory

if TYPE_CHECKING:
    from l1ad.api.agreement import Agreement
    from l1ad.api.firmware import Acceptance, Budget, Cells, Firmware
    from l1ad.config.acceptance import AcceptanceConfig

__all__ = ["RunFirmware"]


@dataclass(frozen=True, slots=True, repr=False)
class RunFirmware:
    """A run whose algorithm is frozen, and becomes firmware.

        run.build("ugt-vx690t")                          # -> firmware/<name>
        run.synthesize().total.lut                       # open estimate, before placement
        run.verify().mismatches                          # 0, or a DivergenceError that says where
        run.check().over                                 # figures over the target's budget
        run.accept("zero_bias_1khz", junit="accept.xml").accepted

    Attributes:
        directory: Its directory and its configuration.
    """

    directory: RunDirectory

    @property
    def firmware(self) -> Path:
        """Folder of its firmware; `build` writes it."""
        return self.directory.firmware(self.directory.trigger())

    def build(
        self,
        target: str | Path | None = None,
        folder: str | Path | None = None,
        *,
        strategy: str | None = None,
        reuse_factor: int | None = None,
        force: bool = False,
    ) -> "Firmware":
        """Write the firmware folder, as `l1ad build`; what is not given is as the run's configuration says.

        The other steps look in the configured folder; one that is built elsewhere is for `Firmware`'s own.
        """
        from l1ad.api.firmware import built

        return built(
            self.directory.trigger(), self.directory.config.firmware, folder=folder, target=target,
            strategy=strategy, reuse_factor=reuse_factor, force=force,
        )  # fmt: skip

    def synthesize(self, *, progress: bool | None = None) -> "Cells":
        """Estimate the cells of the Verilog with Yosys before placement, as `l1ad synth open`."""
        from l1ad.api.firmware import synthesized

        return synthesized(self.firmware, progress=progress)

    def verify(
        self,
        *,
        folder: str | Path | None = None,
        original: str | Path | None = None,
        progress: bool | None = None,
    ) -> "Agreement":
        """Compare Keras, emulators, C simulation, RTL and QONNX on the same events, integer for integer.

        Args:
            folder: Folder that holds the firmware's folder; the configured one unless told.
            original: hls4ml project that the network was imported from, compared as well.
            progress: Whether to show how far it is; None shows it in a terminal.

        Raises:
            DivergenceError: If any integer differs; the message names event, layer, element and bits.
        """
        from l1ad.api.agreement import Agreement
        from l1ad.flow.verify import verify_run

        with progress_bar("verify", progress) as tell:
            found = verify_run(
                self.directory, firmware=None if folder is None else Path(folder),
                original=None if original is None else Path(original), progress=tell,
            )  # fmt: skip
        return Agreement(trigger=self.directory.trigger(), verification=found)

    def wave(
        self,
        events: str | Path,
        event_numbers: int | Sequence[int],
        out: str | Path,
        *,
        progress: bool | None = None,
    ) -> Path:
        """Record every signal of the Verilog while named events pass into a `.vcd`, as `l1ad wave`; give it."""
        from l1ad.api.firmware import waved

        return waved(self.firmware, events, event_numbers, out, progress=progress)

    def check(self) -> "Budget":
        """Hold agreement, latency and cells of the firmware against its target's budget, as `l1ad check`."""
        from l1ad.api.firmware import checked

        return checked(self.firmware)

    def accept(
        self,
        budget: "str | Path | AcceptanceConfig",
        *,
        events: str | Path | None = None,
        verify: bool = False,
        junit: str | Path | None = None,
        progress: bool | None = None,
    ) -> "Acceptance":
        """Hold the firmware against the budget of whoever takes it, as `l1ad accept --run`; reports show it.

        Args:
            budget: A budget that ships, e.g. `zero_bias_1khz`, a YAML file, or a configuration.
            events: Events to count rates on; the budget's, or the run's unseen ones, unless told.
            verify: Whether to compare every implementation first.
            junit: JUnit XML file to write.
            progress: Whether to show how far it is; None shows it in a terminal.
        """
        from l1ad.api.firmware import accepted

        return accepted(
            self.firmware, budget, run=self.directory, events=events, verify=verify, junit=junit,
            progress=progress,
        )  # fmt: skip
