"""Why a device may not answer, as far as its wire can tell; and who else holds a path."""

import contextlib
import os
from pathlib import Path

from sim_hw.bench.wire.addresses import Address
from sim_hw.bench.wire.client import ProtocolClient
from sim_hw.bench.wire.wire import Wire


def silence_words(address: Address, wire: Wire, client: ProtocolClient) -> str:
    """What is likely wrong where nothing was understood, with the next step; "" without a guess."""
    if client.counters.echoes:
        return (
            "; what the bench says comes back: are the two ways of the line joined, or does what "
            "is on it echo?"
        )
    damaged = wire.counters.damaged + client.counters.nonsense
    if not damaged or wire.counters.received > client.counters.nonsense:
        return ""
    what = f"; {damaged} damaged frames came, and none that was whole: "
    if address.kind == "serial":
        return what + f"does the device speak at another rate than baud={address.baud}?"
    return what + "does it speak this protocol?"


def holders_of(path: str) -> list[str]:
    """The programs of this machine that have a file open, as far as it may be seen; not this one.

    Each as `process 123 (minicom)`.
    """
    found = []
    wanted = os.path.realpath(path)
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        if int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            for link in (entry / "fd").iterdir():
                if os.path.realpath(link) == wanted:
                    name = (entry / "comm").read_text().strip()
                    found.append(f"process {entry.name} ({name})")
                    break
    return found
