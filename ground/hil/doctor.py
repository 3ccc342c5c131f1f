"""Whether this machine and the wires of a bench are fit: one line each, with the next step."""

import os
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from flight.icd.devices.base import DeviceError
from flight.runtime.loop import run
from flight.runtime.paced_loop import PacedLoop
from flight.runtime.timer_descriptor import timer_descriptor
from ground.testbed.bench_file import REPLACEABLE, BenchFile, setting_of
from sim_hw.bench.building import HOSTS
from sim_hw.bench.device_link import Wanted
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.client import ProtocolClient
from sim_hw.bench.wire.wires import WireLost, open_wire

OK, WARN, FAIL = "ok", "warn", "fail"
SPACE = 1 << 30  # bytes of free disk that a flight with its record may take


@dataclass(frozen=True)
class Finding:
    """One line of the doctor."""

    verdict: str
    what: str
    words: str


def examine(bench: BenchFile | None, folder: Path, *, allow_network: bool = False) -> list[Finding]:
    """The machine, and each device of a bench, which is asked who it is and not moved."""
    found = [_timers(), _priority(), _memory(), _compiler(), _disk(folder)]
    if bench is not None:
        for real in setting_of(bench, allow_network=allow_network).devices:
            wanted = Wanted(**real.wanted)
            if not read_address(real.address, allow_network=True).is_local:
                words = "anyone on this network can move it: plain tcp and udp know no keys"
                found.append(Finding(WARN, real.address, words))
            asked = _ask(wanted, real.address, allow_network)
            found.append(run(asked, PacedLoop()))
    return found


def _timers() -> Finding:
    timer = timer_descriptor()
    if timer is None:
        return Finding(WARN, "timers", "no timerfd: a loop is up to a millisecond late")
    timer.close()
    return Finding(OK, "timers", "timerfd")


def _priority() -> Finding:
    most = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
    if os.geteuid() == 0 or most > 0 or most == resource.RLIM_INFINITY:
        return Finding(OK, "priority", "SCHED_FIFO is permitted")
    words = "SCHED_FIFO is not permitted: give the user `rtprio 40` in /etc/security/limits.conf"
    return Finding(WARN, "priority", words)


def _memory() -> Finding:
    most = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if os.geteuid() == 0 or most == resource.RLIM_INFINITY:
        return Finding(OK, "memory", "may be locked")
    words = "cannot be locked as a whole: give the user `memlock unlimited` in limits.conf"
    return Finding(WARN, "memory", words)


def _compiler() -> Finding:
    recipe = HOSTS["posix"]
    if shutil.which(recipe.compiler):
        return Finding(OK, "compiler", recipe.compiler)
    return Finding(WARN, "compiler", f"the examples in C need it: apt install {recipe.packages}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    words = f"{free >> 20} MB are free at {folder.resolve()}"
    return Finding(OK if free >= SPACE else WARN, "disk", words)


async def _ask(wanted: Wanted, text: str, allow_network: bool) -> Finding:
    what = f"{wanted.service} at {text}"
    try:
        wire = await open_wire(read_address(text, allow_network=allow_network))
        client = ProtocolClient(wire, "doctor")
        try:
            client.start(1)
            told = await client.own("identity")
        finally:
            client.close()
    except (WireLost, DeviceError) as error:
        return Finding(FAIL, what, str(error))
    wrong = wanted.wrong(told)
    if wrong:
        return Finding(FAIL, what, wrong)
    words = ", ".join(str(told.get(name)) for name in ("vendor", "model", "serial", "firmware"))
    return Finding(OK, what, f"{words}: {REPLACEABLE[wanted.service].__name__}")
