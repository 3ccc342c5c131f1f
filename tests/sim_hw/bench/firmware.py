"""The wheels as firmware of a Cortex-M3 in QEMU: built, started, killed. Nothing is skipped where
QEMU or the compiler is missing: `.ci/run` installs them."""

from pathlib import Path

from sim_hw.bench.emulated import Emulated


class Firmware(Emulated):
    """QEMU with the wheels; its UART is the unix socket `address`."""

    def __init__(self, folder: Path, speed: float = 1.0) -> None:
        super().__init__(folder, "wheels", [f"SPEED={speed}"])
