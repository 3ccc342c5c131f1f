"""The example devices in C as firmware of a Cortex-M3 in QEMU, whose UART is a unix socket."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from sim_hw.bench.building import HOSTS, NotBuilt, build

EMULATOR = "qemu-system-arm"
PATIENCE = 10.0  # wall s until QEMU has its socket
LONGEST_PATH = 100  # characters of a unix socket's path


class Emulated:
    """QEMU with the firmware of one device; `address` is its wire. Not in real time: QEMU runs as
    fast as the host lets it."""

    def __init__(self, folder: Path, device: str = "wheels", defines: Sequence[str] = ()) -> None:
        """Builds it into `folder` and starts it; raises NotBuilt with the next step."""
        if shutil.which(EMULATOR) is None:
            packages = HOSTS["cortex_m3"].packages
            raise NotBuilt(f"{EMULATOR} is not here: on Debian, apt install {packages}")
        self.socket = folder / "uart"
        if len(str(self.socket)) > LONGEST_PATH:
            raise NotBuilt(f"{self.socket}: a socket's path has {LONGEST_PATH} characters at most")
        self.address = f"unix://{self.socket}"
        self._image = build(device, "cortex_m3", folder, defines=defines)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Power on; raises NotBuilt where QEMU does not come up."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                EMULATOR, "-M", "mps2-an385", "-kernel", self._image, "-display", "none",
                "-monitor", "none", "-serial", f"unix:{self.socket},server=on,wait=off",
            ],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self.socket.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise NotBuilt(f"{EMULATOR} has not begun to serve {self.socket}")
            time.sleep(0.01)

    def kill(self) -> None:
        """Power off."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
