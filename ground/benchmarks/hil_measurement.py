"""`msr measure hil`: the targets of a bench, each beside its floor, and whether it is met."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder
from ground.benchmarks.hil_bench import (
    QEMU,
    STATE,
    STEER,
    PathFigures,
    Place,
    device_process,
    firmware,
    free_port,
    measure_path,
)
from ground.benchmarks.hil_costs import measure_costs
from ground.benchmarks.hil_unplugging import PTY, SOCKET, UnplugFigures, measure_unplugging
from sim_hw.bench.building import HOSTS, NotBuilt, build
from sim_hw.bench.floor import FLOOR_WAY, Floor, measure_floor
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.realtime import PRIORITY

OK, MISSED, UNKNOWN = "ok", "missed", "unknown"
TIMER_RATE = 100.0  # Hz
TIMER_P99, TIMER_RATIO = 0.3e-3, 1.5  # s with FIFO; times a sleeping thread without
PATH_P50 = 1.2e-3  # s
PATH_P99 = {True: 2e-3, False: 5e-3}  # s, with FIFO and without
QEMU_P99 = 6e-3  # s, with FIFO
COST = 60e-6  # s of the processor for one call
FAULT_DEAD, FAULT_SILENT, BACK = 0.05, 1.0, 0.5  # s
SILENT_SLACK = 0.02  # s: what the machine is late by
FAULT_WAKES = 2  # programs that wake one after the other: the bench process, the run
BACK_WAKES = 10
"""The bench's look, four answers of the device heard by it (identity, ping, safe twice), each with
the device's own waking, and the run."""
FLOOR_P99 = 2e-3
"""s: where this machine itself is later than that at p99, nobody can say that a bench is slow."""
NOTE = (
    "In ms; FIFO: with memory locked. Floor: p50/p99/max of a thread that sleeps, at the same "
    "rate, before and after; for devices that go and come, of a process that sleeps meanwhile. A "
    "target in ms that is missed is UNKNOWN where the floor itself is later than 2 ms at p99, and "
    "one of the largest also where what is over is no more than the floor's largest at each of the "
    "wakings on the way: the ratio to the floor decides what has changed."
)


@dataclass(frozen=True)
class HilExtent:
    """How much is measured."""

    timer_seconds: float
    cycles: int
    long_cycles: int
    qemu_cycles: int
    calls: int
    unplugs: int
    silences: int


FULL = HilExtent(31.0, 1000, 3000, 1000, 20_000, 1000, 20)
DESKS = 5  # at which devices die at once
QUICK = HilExtent(3.0, 100, 100, 50, 2_000, 2, 1)


@dataclass(frozen=True)
class Row:
    """One line: what, how many, p50, p99, max (s), the same of the floor, aim and verdict."""

    name: str
    times: Histogram
    floor: Histogram | None
    aim: str
    verdict: str
    slips: int | None = None


def check() -> None:
    """Refuses to begin without compilers and QEMU; raises ConfigurationError."""
    for host in ("posix", "cortex_m3"):
        recipe = HOSTS[host]
        for program in (recipe.compiler, *((QEMU,) if host == "cortex_m3" else ())):
            if shutil.which(program) is None:
                raise ConfigurationError(
                    "command line", None, "hil",
                    f"{program} is not here: on Debian, apt install {recipe.packages}",
                )  # fmt: skip


def measure_hil(extent: HilExtent, say: Callable[[str], None]) -> Iterator[Row]:
    """All rows, as they are measured; raises ConfigurationError where nothing can be built."""
    with ScratchFolder("measure-") as home:
        folder = Path(home)
        try:
            nozzle, wheels = build("nozzle", "posix", folder), build("wheels", "posix", folder)
        except NotBuilt as error:
            raise ConfigurationError("command line", None, "hil", str(error)) from None
        for realtime in (False, True):
            yield from _timers(extent, realtime, say)
        for realtime in (False, True):
            yield from _paths(extent, nozzle, folder, realtime, say)
        yield from _qemu(extent, folder, say)
        ways = ((PTY, False, extent.unplugs), (SOCKET, False, extent.unplugs),
                (PTY, True, extent.silences))  # fmt: skip
        for realtime in (False, True):
            for wire, silent, cycles in ways:
                figures = measure_unplugging(
                    wheels, folder, cycles, silent=silent, wire=wire, desks=min(DESKS, cycles),
                    realtime=realtime,
                )  # fmt: skip
                for sentence in figures.refused:
                    say(f"warning: {sentence}")
                yield from unplug_rows(figures, silent=silent, how=_how(realtime))
    yield cost_row(measure_costs(extent.calls))


def _how(realtime: bool) -> str:
    return ", FIFO" if realtime else ""


def _timers(extent: HilExtent, realtime: bool, say: Callable[[str], None]) -> Iterator[Row]:
    floor = measure_floor(TIMER_RATE, extent.timer_seconds, priority=PRIORITY if realtime else None)
    for sentence in floor.refused:
        say(f"warning: {sentence}")
    yield timer_row(floor, realtime)


def timer_row(floor: Floor, realtime: bool) -> Row:
    """How late the timer of a loop is."""
    timer = floor.lateness["loop, timerfd"]
    thread = floor.lateness[FLOOR_WAY]
    base = thread.at(0.99)
    if realtime:
        aim, met = f"p99 <= {1e3 * TIMER_P99:g}", timer.at(0.99) <= TIMER_P99
    else:
        aim, met = f"p99 <= {TIMER_RATIO:g} x floor", timer.at(0.99) <= TIMER_RATIO * base
    verdict = OK if met else MISSED if not realtime else _missed(base)
    return Row(f"timer 100 Hz{_how(realtime)}", timer, thread, aim, verdict)


def _missed(floor: float) -> str:
    return UNKNOWN if floor > FLOOR_P99 else MISSED


def _paths(
    extent: HilExtent, nozzle: Path, folder: Path, realtime: bool, say: Callable[[str], None]
) -> Iterator[Row]:
    line, port = folder / "nozzle", free_port()
    for wire, where, address, cycles in (
        ("pty", str(line), f"serial://{line}", extent.cycles),
        ("tcp", str(port), f"tcp://127.0.0.1:{port}", extent.long_cycles),
    ):
        words = [str(nozzle), f"--{wire}", where]
        with device_process(words, realtime=realtime):
            place = Place("mav.effectors", "nozzle", address)
            name = f"C on {wire} 50 Hz{_how(realtime)}"
            figures = measure_path(name, place, STEER, cycles, realtime=realtime)
        for sentence in figures.refused:
            say(f"warning: {sentence}")
        yield path_row(figures, PATH_P50, PATH_P99[realtime])
        line.unlink(missing_ok=True)


def path_row(figures: PathFigures, p50: float, p99: float) -> Row:
    """A path; slips are its own where the floor has none."""
    floor, slips = figures.floor.at(0.99), figures.slips
    met = figures.trip.at(0.5) <= p50 and figures.trip.at(0.99) <= p99 and slips == 0
    aim = f"p50 <= {1e3 * p50:g}, p99 <= {1e3 * p99:g}, 0"
    own = OK if met else _missed(floor) if not figures.floor_slips else UNKNOWN
    return Row(figures.name, figures.trip, figures.floor, aim, own, slips)


def _qemu(extent: HilExtent, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    with firmware(folder, realtime=True) as address:
        place = Place("rover.wheels", "wheels", address)
        name = f"QEMU 50 Hz{_how(True)}"
        figures = measure_path(name, place, STATE, extent.qemu_cycles, realtime=True)
    for sentence in figures.refused:
        say(f"warning: {sentence}")
    met = figures.trip.at(0.99) <= QEMU_P99
    aim = f"p99 <= {1e3 * QEMU_P99:g}"
    own = OK if met else _missed(figures.floor.at(0.99))
    yield Row(name, figures.trip, figures.floor, aim, own, figures.slips)


def unplug_rows(figures: UnplugFigures, *, silent: bool, how: str = "") -> Iterator[Row]:
    """How soon it is known, how soon it is back, and that nothing moved by itself."""
    limit = FAULT_SILENT + SILENT_SLACK if silent else FAULT_DEAD
    for what, times, aim, wakes in (
        ("fault", figures.fault, limit, FAULT_WAKES), ("back", figures.back, BACK, BACK_WAKES)
    ):  # fmt: skip
        verdict = largest_within(times, aim, figures.floor, wakes)
        name = f"{what}: {figures.name}{how}"
        yield Row(name, times, figures.floor, f"max <= {1e3 * aim:g}", verdict)
    if not silent:
        name = f"moved unasked, of {figures.back.count} that came back: {figures.stale}"
        yield Row(name, Histogram(), None, "0", MISSED if figures.stale else OK)


def largest_within(times: Histogram, aim: float, floor: Histogram, wakes: int) -> str:
    """Whether the largest of some times is within an aim (s); UNKNOWN where it is not, and this
    machine, as late as `floor` at each of so many wakings, may have made it so."""
    if not floor.count:
        return UNKNOWN
    over = times.largest - aim
    if times.count == 0 or over > wakes * floor.largest:
        return _missed(floor.at(0.99))
    return OK if over <= 0.0 else UNKNOWN


def cost_row(costs: dict[str, float]) -> Row:
    """What guard, histogram and recorder take, of the processor; UNKNOWN where one could not be
    measured."""
    total = sum_of(costs)
    met = OK if costs.keys() >= {"guard", "histogram", "recorder"} else UNKNOWN
    verdict = met if total <= COST else MISSED
    words = ", ".join(f"{name} {1e6 * each:.1f}" for name, each in costs.items())
    return Row(
        f"cost of a call: {words} µs", Histogram.of([total]), None, f"<= {1e3 * COST:g}",
        verdict,
    )  # fmt: skip


def _ms(seconds: float) -> str:
    return f" {1e3 * seconds:.3g}"


def _floor_words(floor: Histogram | None) -> str:
    if floor is None:
        return ""
    return "/".join(_ms(each).strip() for each in (floor.at(0.5), floor.at(0.99), floor.largest))


def sum_of(costs: dict[str, float]) -> float:
    """All of them, s."""
    total = 0.0
    for each in costs.values():
        total += each
    return total


def hil_table(rows: list[Row]) -> Table:
    """The rows for people."""
    table = Table(title="Bench: real devices", box=box.SIMPLE, padding=0)
    heads = ("", "n", "p50", "p99", "max", " floor p50/p99/max", "ratio", "slips", "target", "")
    for name in heads:
        left = name in ("", "target")
        table.add_column(name, justify="left" if left else "right", no_wrap=bool(name))
    for row in rows:
        base = 0.0 if row.floor is None else row.floor.at(0.99)
        ratio = f"{row.times.at(0.99) / base:.2f}" if base else ""
        table.add_row(
            row.name, str(row.times.count), *(_ms(row.times.at(part)) for part in (0.5, 0.99)),
            _ms(row.times.largest), _floor_words(row.floor), f" {ratio}",
            "" if row.slips is None else str(row.slips), f" {row.aim}", f" {row.verdict}",
        )  # fmt: skip
    return table
