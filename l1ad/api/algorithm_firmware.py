"""The half of an algorithm that leaves for hardware and for other tools: firmware, its equality, QONNX."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from l1ad.api.progress import progress_bar
from l1ad.api.sources import Sources, listed
from l1ad.core.trigger_file import load_trigger

if TYPE_CHECKING:
    from l1ad.api.agreement import Agreement
    from l1ad.api.firmware import Firmware

__all__ = ["AlgorithmFirmware"]


@dataclass(frozen=True, slots=True, repr=False)
class AlgorithmFirmware:
    """An algorithm that becomes firmware without a run.

        firmware = algorithm.build("ugt-vx690t", "firmware")
        algorithm.verify("sample:a_to_4l").mismatches               # 0, or a DivergenceError that says where
        algorithm.verify("events.h5", against="from_hardware.csv")  # what a board or another tool gave
        firmware.check().over, firmware.accept("zero_bias_1khz").accepted

    Attributes:
        file: The `trigger.json`.
    """

    file: Path

    def build(
        self,
        target: str | Path | None = None,
        folder: str | Path | None = None,
        *,
        strategy: str | None = None,
        reuse_factor: int | None = None,
        force: bool = False,
    ) -> "Firmware":
        """Write `folder/<name>`: HLS project, Verilog, emulator library, vectors, as `l1ad build`.

        Args:
            target: Target that ships, e.g. `ugt-vx690t`, which is the default, or a target file.
            folder: Folder to put the firmware's folder in; `firmware` unless told.
            strategy: How hls4ml multiplies: `latency`, `resource`, `distributed_arithmetic`.
            reuse_factor: Products that share a multiplier, with `resource`.
            force: Whether to replace a folder that holds what no build made.
        """
        from l1ad.api.firmware import built
        from l1ad.config.run import FirmwareConfig

        return built(
            load_trigger(self.file), FirmwareConfig(), folder=folder, target=target, strategy=strategy,
            reuse_factor=reuse_factor, force=force,
        )  # fmt: skip

    def verify(
        self,
        events: Sources = (),
        *,
        folder: str | Path | None = None,
        original: str | Path | None = None,
        against: Sources = (),
        progress: bool | None = None,
    ) -> "Agreement":
        """Compare every implementation with the emulator, integer for integer, as `l1ad verify`.

        Args:
            events: Event files or `sample:NAME`, beside crafted extremes and events drawn evenly.
            folder: Folder that holds the firmware's folder; `firmware` unless told.
            original: hls4ml project that the network was imported from, compared as well.
            against: Instead: CSV files of what anything else gave for one file of events, compared alone.
            progress: Whether to show how far it is; None shows it in a terminal.

        Raises:
            TypeError: If `against` comes without its one file of events, or with `folder` or `original`.
            DivergenceError: If any integer differs; the message names event, layer, element and bits.
        """
        from l1ad.api.agreement import Agreement
        from l1ad.flow.against import verify_against
        from l1ad.flow.verify import verify_trigger

        trigger, sources, results = load_trigger(self.file), listed(events), tuple(map(Path, listed(against)))
        if results:
            if len(sources) != 1 or folder is not None or original is not None:
                raise TypeError("against compares results of one file of events alone: give events, no folder")
            return Agreement(trigger=trigger, verification=verify_against(trigger, sources[0], results))
        with progress_bar("verify", progress) as tell:
            found = verify_trigger(
                trigger, firmware=Path("firmware" if folder is None else folder), sources=tuple(sources),
                original=None if original is None else Path(original), progress=tell,
            )  # fmt: skip
        return Agreement(trigger=trigger, verification=found)

    def export(self, path: str | Path) -> Path:
        """Write the algorithm as a QONNX file, as `l1ad export`; give its path."""
        from l1ad.exchange.qonnx.export import export_qonnx
        from l1ad.flow.targets import check_target

        target = Path(path)
        check_target(target, self.file)
        export_qonnx(load_trigger(self.file), target)
        return target
