"""Whether this machine is fit for a bench: one line each, with the next step."""

import os
import resource
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from flight.runtime.timer_descriptor import timer_descriptor
from sim_hw.bench.adapters.registry import (
    AdapterRefused,
    adapter_called,
    adapter_names,
    check_libraries,
)
from sim_hw.bench.building import HOSTS
from sim_hw.bench.floor import FLOOR_WAY, floor_rate, measure_floor
from sim_hw.bench.wire.permission import permission_step

OK, WARN, FAIL = "ok", "warn", "fail"
SPACE = 1 << 30  # bytes of free disk that a flight with its record may take
LATE = 2e-3  # s at the 99th of 100: docs/reference/bench-budgets.md
CLOCK_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
SLOW_CLOCKS = ("acpi_pm", "hpet", "jiffies", "pit", "refined-jiffies")
"""Clocks whose reading takes a microsecond and more, or that tick in milliseconds (Linux,
Documentation/timers/timekeeping and kernel-parameters: clocksource)."""
SERIAL = ("/dev/ttyUSB*", "/dev/ttyACM*", "/dev/ttyAMA*", "/dev/serial/by-id/*")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor."""

    verdict: str
    what: str
    words: str


def machine() -> list[Finding]:
    """What it permits and has, without a bench."""
    return [
        _timers(), _clock_source(), _priority(), _memory(), _compiler(), _libraries(),
        _disk(Path()),
    ]  # fmt: skip


def machine_floor(timed: Collection[tuple[float, float]]) -> Finding:
    """How late it is by itself, beside what a bench asks for: (period, deadline), s, of each."""
    rate = floor_rate(timed)
    deadline = min((deadline for _, deadline in timed), default=LATE)
    found = measure_floor(rate, 1.0, ways=(FLOOR_WAY,)).lateness[FLOOR_WAY]
    words = f"at {rate:g} Hz late by {found.words()}"
    if found.at(0.99) < deadline:
        return Finding(OK, "floor", words)
    asked = f"a deadline of {deadline * 1e3:g} ms"
    return Finding(WARN, "floor", f"{words}: later than {asked}; end what else works here")


def serial_lines(addresses: Iterable[str]) -> Finding:
    """Whether this user may open them: those of a bench, and those that are plugged in."""
    named = {_path_of(each) for each in addresses} - {""}
    found = sorted({each for pattern in SERIAL for each in glob(pattern)} | named)
    for path in found:
        if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
            words = f"{path} may not be opened: {permission_step(path)}"
            return Finding(WARN, "serial lines", words)
    words = ", ".join(found) if found else "none is plugged in, and no bench names one"
    return Finding(OK, "serial lines", words)


def _path_of(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return rest.partition("?")[0] if scheme in ("serial", "modbus+rtu") else ""


def _clock_source() -> Finding:
    try:
        name = CLOCK_SOURCE.read_text().strip()
    except OSError:
        return Finding(OK, "clock", "the machine does not say which it is")
    if name in SLOW_CLOCKS:
        words = f"{name}: each reading takes microseconds; boot with another (`clocksource=tsc`)"
        return Finding(WARN, "clock", words)
    return Finding(OK, "clock", name)


def _libraries() -> Finding:
    here, missing = [], []
    for name in adapter_names():
        try:
            check_libraries(name, adapter_called(name))
            here.append(name)
        except AdapterRefused as refused:
            missing.append(str(refused))
    words = f"of the adapters {', '.join(here) or 'none'}"
    if missing:
        words += "; can be used: " + "; ".join(missing)
    return Finding(OK, "libraries", words)


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
