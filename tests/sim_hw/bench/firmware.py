"""The wheels as firmware of a Cortex-M3 in QEMU: built, started, killed. Nothing is skipped where
QEMU or the compiler is missing: `.ci/run` installs them."""

import subprocess
import time
from pathlib import Path

from sim_hw.bench.building import build

PATIENCE = 10.0  # wall s until QEMU has its socket


class Firmware:
    """QEMU with the firmware; its UART is the unix socket `address`."""

    def __init__(self, folder: Path, speed: float = 1.0) -> None:
        self.socket = folder / "uart"
        self.address = f"unix://{self.socket}"
        self._image = build("wheels", "cortex_m3", folder, defines=[f"SPEED={speed}"])
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                "qemu-system-arm", "-M", "mps2-an385", "-kernel", self._image, "-display", "none",
                "-monitor", "none", "-serial", f"unix:{self.socket},server=on,wait=off",
            ],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self.socket.exists():
            assert self._process.poll() is None and time.monotonic() < until
            time.sleep(0.01)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
