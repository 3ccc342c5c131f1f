"""The wire `qemu:`: firmware in QEMU that the bench starts, keeps powered, and switches off."""

import asyncio
import ctypes
import signal
import subprocess
from functools import partial
from pathlib import Path

from flight.configuration.scratch_folder import ScratchFolder
from sim_hw.bench.building import NotBuilt
from sim_hw.bench.emulated import PATIENCE, SOCKET, built, command_of
from sim_hw.bench.wire.addresses import Address
from sim_hw.bench.wire.wire import Wire, WireLost
from sim_hw.bench.wire.wires import open_wire

SAID = "said"
LOOK = 0.01  # s between looks for the socket of one that starts
LAST_WORDS = 400  # bytes of what QEMU says at its end
_PR_SET_PDEATHSIG = 1


class EmulatedOpener:
    """Opens the UART of one QEMU, which it starts at the first opening and again where it has
    ended: that is a power-up of the device; to lose the wire is none."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._folder: ScratchFolder | None = None
        self._image: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def __call__(self) -> Wire:
        """Raises WireLost with the next step."""
        if self._folder is None:
            loop = asyncio.get_running_loop()
            # In a thread: what the dead have left is swept first, and may be much.
            self._folder = await loop.run_in_executor(None, ScratchFolder, "qemu-")
        folder = self._folder.path
        uart = folder / SOCKET
        if self._process is None or self._process.poll() is not None:
            if self._process is not None:
                _end(self._process)
            uart.unlink(missing_ok=True)
            self._process = await self._power_up(folder, uart)
        return await self._opened(self._process, uart)

    async def _power_up(self, folder: Path, uart: Path) -> "subprocess.Popen[bytes]":
        loop = asyncio.get_running_loop()
        try:
            if self._image is None:
                self._image = await loop.run_in_executor(None, built, self._address, folder)
            return _started(command_of(self._image, uart, self._address.machine), folder / SAID)
        except (NotBuilt, OSError) as error:
            raise WireLost(f"{self._address.text}: {error}") from None

    async def _opened(self, process: "subprocess.Popen[bytes]", uart: Path) -> Wire:
        """Its socket is there a moment after it has started, and listens a moment after that."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                return await open_wire(Address(self._address.text, "unix", path=str(uart)))
            except WireLost:
                if process.poll() is not None or loop.time() > until:
                    words = _last_words(process, uart.parent / SAID)
                    raise WireLost(f"{self._address.text}: {words}") from None
            await asyncio.sleep(LOOK)

    async def close(self) -> None:
        """Power off."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        if self._folder is not None:
            self._folder.remove()
            self._folder = self._image = None


def _started(command: list[str], said: Path) -> "subprocess.Popen[bytes]":
    with said.open("wb") as words:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words,
            start_new_session=True, preexec_fn=partial(_end_with_me, ctypes.CDLL(None)),
        )  # fmt: skip


def _end_with_me(library: ctypes.CDLL) -> None:
    """Whatever the bench process ends by, its emulator does not go on by itself."""
    library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _last_words(process: "subprocess.Popen[bytes]", file: Path) -> str:
    if process.poll() is None:
        return f"QEMU has not begun to serve its UART within {PATIENCE:g} s"
    said = file.read_bytes()[-LAST_WORDS:].decode(errors="replace").strip().splitlines()
    return f"QEMU has ended: {said[-1] if said else f'exit code {process.returncode}'}"


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
