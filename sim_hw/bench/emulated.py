"""The example devices in C as firmware of a Cortex-M3 in QEMU, whose UART is a unix socket."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from sim_hw.bench.building import DEVICES, HOSTS, NotBuilt, build
from sim_hw.bench.wire.addresses import MACHINE, Address

EMULATOR = "qemu-system-arm"
SOCKET = "uart"
PATIENCE = 10.0  # wall s until QEMU has its socket
LONGEST_PATH = 100  # characters of a unix socket's path


def command_of(image: Path, socket: Path, machine: str = MACHINE) -> list[str]:
    """What starts QEMU with an image, its first UART a unix socket that it serves; raises NotBuilt
    where it cannot be."""
    if shutil.which(EMULATOR) is None:
        packages = HOSTS["cortex_m3"].packages
        raise NotBuilt(f"{EMULATOR} is not here: on Debian, apt install {packages}")
    if len(str(socket)) > LONGEST_PATH:
        raise NotBuilt(f"{socket}: a socket's path has {LONGEST_PATH} characters at most")
    return [
        EMULATOR, "-M", machine, "-kernel", str(image), "-display", "none",
        "-monitor", "none", "-serial", f"unix:{socket},server=on,wait=off",
    ]  # fmt: skip


def built(address: Address, folder: Path) -> Path:
    """The image of an address: the file that it names, or an example that is built into a folder;
    raises NotBuilt."""
    if not address.example:
        image = Path(address.path)
        if not image.is_file():
            raise NotBuilt(f"there is no image {image}: build it")
        return image
    if address.example not in DEVICES:
        raise NotBuilt(f"there is no example {address.example}: {', '.join(DEVICES)}")
    return build(address.example, "cortex_m3", folder, defines=address.defines)


class Emulated:
    """QEMU with the firmware of one device; `address` is its wire. Not in real time: QEMU runs as
    fast as the host lets it."""

    def __init__(self, folder: Path, device: str = "wheels", defines: Sequence[str] = ()) -> None:
        """Builds it into `folder` and starts it; raises NotBuilt with the next step."""
        self.socket = folder / SOCKET
        command_of(Path(), self.socket)  # whether it can be started, before anything is built
        self.address = f"unix://{self.socket}"
        self._image = build(device, "cortex_m3", folder, defines=defines)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Power on; raises NotBuilt where QEMU does not come up."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            command_of(self._image, self.socket),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
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
