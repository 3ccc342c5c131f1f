"""The tables of `msr bench`."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ground.benchmarks.bus_benchmark import BusFigures
from ground.benchmarks.measurement import Comparison
from ground.benchmarks.mission_profile import MissionFigures
from ground.benchmarks.statecharts import StatechartFigures
from ground.benchmarks.two_versions import TwoVersions
from ground.benchmarks.virtual_nodes import AIM as NODES_AIM
from ground.benchmarks.virtual_nodes import NODES, NodeFigures

BUS_AIM = 0.8  # of the throughput of bare sockets

BUS_NOTE = (
    "Bare: zmq socket, msgpack.packb; a reader that drains with NOBLOCK, msgpack.unpackb; the same "
    "bytes, in the same loop and thread. The bus numbers, stamps, limits, checks against types and "
    "counts as well; a mission also hashes each message (log). 100 %: as fast as bare. Ratios are "
    "of medians, in turns; noise is half the spread of the repetitions."
)
NODES_NOTE = (
    "Whole flight nodes: bus, message log, mailbox, exchanges, storage, events; no devices."
)
STATECHARTS_NOTE = 'Bare: HierarchicalAsyncMachine, queued="model", the same table and callbacks.'
VERSIONS_NOTE = (
    "Medians, each flight a process of its own; a ratio below 1: this version takes less. Seconds "
    "depend on the machine and on who else uses it, the ratio of flights in turns hardly."
)
PROFILE_NOTE = "Shares are of a second, profiled flight; the speed is that of a plain one."


def throughput_table(figures: Sequence[BusFigures]) -> Group:
    """Messages per second over the bus and over bare sockets."""
    title = f"Bus: thousand messages a second (aim: {BUS_AIM:.0%} of bare)"
    table = plain_table(("pattern", "transport"), ("bare", "bus", "bus/bare", "noise", "with log"))
    for row in figures:
        compared, logged = row.throughput, row.logged_throughput
        table.add_row(
            row.pattern,
            row.transport,
            f"{compared.bare.rate / 1e3:.0f}",
            f"{compared.ours.rate / 1e3:.0f}",
            _aimed(compared.speed, BUS_AIM),
            _noise(compared),
            f"{logged.speed:.0%}" if logged is not None else "",
        )
    return titled(title, table)


def round_trip_table(figures: Sequence[BusFigures]) -> Group:
    """Round trips over the bus and over bare sockets."""
    title = "Bus: round trip, microseconds"
    table = plain_table(("pattern", "transport"), ("bare", "bus", "speed", "noise"))
    for row in figures:
        compared = row.round_trip
        table.add_row(
            row.pattern,
            row.transport,
            f"{compared.bare.median * 1e6:.0f}",
            f"{compared.ours.median * 1e6:.0f}",
            f"{compared.speed:.0%}",
            _noise(compared),
        )
    return titled(title, table)


def nodes_table(figures: Sequence[NodeFigures]) -> Group:
    """Nodes in virtual time."""
    title = f"{NODES} nodes in virtual time (aim: {NODES_AIM:.0f} times real time)"
    table = plain_table(
        (), ("messages/s", "transitions/s", "virtual s", "wall s", "times real time")
    )
    for row in figures:
        table.add_row(
            f"{row.messages / row.virtual_seconds:.0f}",
            f"{row.transitions / row.virtual_seconds:.0f}",
            f"{row.virtual_seconds:.0f}",
            f"{row.wall_seconds:.2f}",
            f"{row.times_real_time:.1f}",
        )
    return titled(title, table)


def statecharts_table(figures: Sequence[StatechartFigures]) -> Group:
    """Transitions per second."""
    title = "Statechart: transitions a second"
    table = plain_table(("transition",), ("bare", "Machine", "speed", "noise"))
    for row in figures:
        compared = row.transitions
        table.add_row(
            row.kind,
            f"{compared.bare.rate:.0f}",
            f"{compared.ours.rate:.0f}",
            f"{compared.speed:.0%}",
            _noise(compared),
        )
    return titled(title, table)


def mission_table(figures: MissionFigures) -> Group:
    """Where the wall time of a mission goes."""
    title = (
        f"Mission {figures.mission}: {figures.mission_seconds:.0f} mission seconds in "
        f"{figures.wall_seconds:.2f} s, {figures.times_real_time:.0f} per wall second; "
        f"{figures.messages} messages"
    )
    table = plain_table(("part",), ("share",))
    for part, share in figures.shares:
        if share >= 0.005:
            table.add_row(part, f"{share:.1%}")
    return titled(title, table)


def versions_table(compared: TwoVersions, other: Path) -> Group:
    """Two versions that flew in turns: medians, and ratios of them."""
    count = len(compared.ours)
    same = "the same messages" if compared.same_messages else "not the same messages"
    title = f"Mission {compared.mission} by this version and {other}, {count} each in turns: {same}"
    table = plain_table(("",), ("this", "other", "ratio"))
    for name, of in (
        ("processor, s", lambda flight: flight.processor),
        ("wall, s", lambda flight: flight.wall),
        ("most memory, MB", lambda flight: flight.peak),
    ):
        ours, theirs = (median(map(of, each)) for each in (compared.ours, compared.theirs))
        table.add_row(name, f"{ours:.1f}", f"{theirs:.1f}", f"{compared.ratio(of):.2f}")
    return titled(title, table)


def titled(title: str, table: Table) -> Group:
    """A table under its title."""
    # Not the table's own title: that is squeezed into the width of a narrow table.
    return Group(Text(title, style="bold"), table)


def plain_table(texts: Sequence[str], numbers: Sequence[str]) -> Table:
    """A table with columns of texts, and of numbers, which stand to the right."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in texts:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _aimed(speed: float, aim: float) -> str:
    return f"{speed:.0%}" if speed >= aim else f"{speed:.0%} (below)"


def _noise(compared: Comparison) -> str:
    return f"±{compared.noise:.0%}"
