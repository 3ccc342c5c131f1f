"""Why a device may not answer, as far as its wire can tell; and who else holds a path."""

import contextlib
import os
from pathlib import Path

from sim_hw.bench.wire.addresses import Address
from sim_hw.bench.wire.client import ProtocolClient
from sim_hw.bench.wire.wire import Wire

PTYS, MASTERS = "/dev/pts/", ("/dev/ptmx", "/dev/pts/ptmx")


def silence_words(address: Address, wire: Wire, client: ProtocolClient) -> str:
    """What is likely wrong where nothing was understood, with the next step; "" without a guess."""
    if client.counters.echoes:
        return (
            "; what the bench says comes back: are the two ways of the line joined, or does what "
            "is on it echo?"
        )
    damaged = wire.counters.damaged + client.counters.nonsense
    if not damaged and not wire.counters.received:
        what = "; nothing has come from it: is it switched on"
        return what + (f", and does it speak at baud={address.baud}?" if _is_line(address) else "?")
    if not damaged or wire.counters.received > client.counters.nonsense:
        return ""
    what = f"; {damaged} damaged frames came, and none that was whole: "
    if _is_line(address):
        return what + f"does the device speak at another rate than baud={address.baud}?"
    return what + "does it speak this protocol?"


def _is_line(address: Address) -> bool:
    return address.kind == "serial"


def others_words(address: Address, *, must: bool, but: int = 0) -> str:
    """Who else has a serial line open, and would take what is for the bench, with the next step; ""
    where nobody does. `must`: somebody does, also where it is not to be seen who; `but`: the
    process of the bench itself."""
    if not _is_line(address):
        return ""
    found = holders_of(address.path, but)
    if not found:
        return " (it is not to be seen which)" if must else ""
    if must:
        return f" ({', '.join(found)})"
    verb = "has it open" if len(found) == 1 else "have it open"
    return f" ({', '.join(found)} {verb}: end that first)"


def holders_of(path: str, but: int = 0) -> list[str]:
    """The programs of this machine that have a file open, as far as it may be seen: neither this
    one and the process `but`, nor who serves a pty, which is the device.

    Each as `process 123 (minicom)`.
    """
    found = []
    wanted = os.path.realpath(path)
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(entry.name) in (os.getpid(), but):
                continue
            links = {link: os.readlink(link) for link in (entry / "fd").iterdir()}
            if wanted in links.values() and not _serves(entry, links, wanted):
                name = (entry / "comm").read_text().strip()
                found.append(f"process {entry.name} ({name})")
    return found


def _serves(entry: Path, links: dict[Path, str], wanted: str) -> bool:
    """Whether a process has the other end of a pty."""
    number = wanted.removeprefix(PTYS)
    for link, leads in links.items():
        if leads in MASTERS and number.isdecimal():
            told = (entry / "fdinfo" / link.name).read_text().split()
            if "tty-index:" in told and told[told.index("tty-index:") + 1] == number:
                return True
    return False
