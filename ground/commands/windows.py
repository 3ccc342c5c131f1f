"""`msr windows`: when to leave for Mars, and for home."""

import argparse
import json
import sys
from collections.abc import Sequence
from math import degrees
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from flight.astrodynamics.launch_opportunities import (
    COSTS,
    DAYS_OF_FLIGHT,
    Opportunity,
    opportunities,
)
from flight.astrodynamics.time_scales import format_iso, julian_date
from flight.astrodynamics.vectors import norm
from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import replace_file
from ground.terminal.destinations import check_file
from ground.terminal.exit_codes import NO, YES
from ground.terminal.screen import make_screen
from ground.verification.rows import format_day

DIRECTIONS = {"out": ("earth", "mars"), "home": ("mars", "earth")}
_LEAST = {"c3": "launch energy", "arrival": "arrival speed", "sum": "sum of both v-infinities"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--from", dest="first", type=int, default=2026, metavar="YEAR", help="first year to leave"
    )
    parser.add_argument(
        "--to", dest="last", type=int, default=2035, metavar="YEAR", help="last year to leave"
    )
    parser.add_argument(
        "--direction",
        choices=("out", "home", "both"),
        default="both",
        help="Earth to Mars, Mars to Earth, or both (the default)",
    )
    parser.add_argument(
        "--type",
        type=int,
        choices=(1, 2),
        help="1: less than half a turn about the Sun, 2: more; default both",
    )
    parser.add_argument(
        "--least",
        choices=tuple(COSTS),
        default="c3",
        help="what shall be least: launch energy (default), arrival speed, or the sum of both "
        "v-infinities",
    )
    parser.add_argument(
        "--min-days", type=float, default=DAYS_OF_FLIGHT[0], help="shortest flight (default 125)"
    )
    parser.add_argument(
        "--max-days", type=float, default=DAYS_OF_FLIGHT[1], help="longest flight (default 400)"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw porkchops, such as w.png")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the list to a file too")


def run(arguments: argparse.Namespace) -> int:
    """Prints the list. YES: something was found; NO: nothing; raises ConfigurationError."""
    check_file("--json", arguments.json)
    check_file("--plot", arguments.plot)
    if arguments.plot is not None:
        _check_plot(arguments.plot)
    try:
        found = _search(arguments)
    except ValueError as error:
        raise ConfigurationError("command line", None, "", str(error)) from None
    if not found:
        print(f"msr windows: {_nothing(arguments)}", file=sys.stderr)
        return NO
    console = make_screen()
    for name in _directions(arguments):
        chosen = [one for one in found if (one.origin, one.destination) == DIRECTIONS[name]]
        _print_table(name, chosen, arguments, console)
    if arguments.json is not None:
        _write_json(arguments.json, found)
    if arguments.plot is not None:
        _draw(arguments.plot, found, console)
    return YES


def as_plain(one: Opportunity) -> dict[str, Any]:
    """An opportunity as plain data for JSON: dates in TDB, km, s, degrees."""
    transfer = one.transfer
    return {
        "from": one.origin,
        "to": one.destination,
        "type": transfer.type,
        "departure": format_iso(transfer.departure_jd_tdb, 0, ""),
        "arrival": format_iso(transfer.arrival_jd_tdb, 0, ""),
        "departure_jd_tdb": transfer.departure_jd_tdb,
        "arrival_jd_tdb": transfer.arrival_jd_tdb,
        "days": transfer.days,
        "c3_km2_s2": transfer.c3,
        "departure_v_infinity_km_s": norm(transfer.departure_v_infinity),
        "arrival_v_infinity_km_s": transfer.arrival_speed,
        "entry_speed_km_s": one.entry_speed,
        "transfer_angle_degrees": degrees(transfer.transfer_angle),
        "departure_declination_degrees": degrees(one.departure_declination),
        "against_half_turn": one.against_half_turn,
    }


def _search(arguments: argparse.Namespace) -> list[Opportunity]:
    if arguments.last < arguments.first:
        raise ValueError(f"--to {arguments.last} lies before --from {arguments.first}")
    departures = (julian_date(arguments.first, 1, 1), julian_date(arguments.last + 1, 1, 1))
    types = (1, 2) if arguments.type is None else (arguments.type,)
    return [
        one
        for name in _directions(arguments)
        for one in opportunities(
            *DIRECTIONS[name],
            departures,
            types,
            COSTS[arguments.least],
            (arguments.min_days, arguments.max_days),
        )
    ]


def _directions(arguments: argparse.Namespace) -> tuple[str, ...]:
    return tuple(DIRECTIONS) if arguments.direction == "both" else (arguments.direction,)


def _nothing(arguments: argparse.Namespace) -> str:
    years = _years(arguments)
    kind = "" if arguments.type is None else f" of type {arguments.type}"
    ways = " or ".join(_way(name) for name in _directions(arguments))
    return (
        f"no transfer{kind} {ways} that leaves in {years} and takes {arguments.min_days:g} to "
        f"{arguments.max_days:g} days has its least {_LEAST[arguments.least]} there; the planets "
        "stand right every 26 months, so ask for more years"
    )


def _years(arguments: argparse.Namespace) -> str:
    first, last = arguments.first, arguments.last
    return str(first) if first == last else f"{first} to {last}"


def _way(name: str) -> str:
    origin, destination = DIRECTIONS[name]
    return f"from {origin.capitalize()} to {destination.capitalize()}"


def _print_table(
    name: str, found: Sequence[Opportunity], arguments: argparse.Namespace, console: Console
) -> None:
    title = f"{_way(name)[0].upper()}{_way(name)[1:]}, least {_LEAST[arguments.least]}"
    if not found:
        console.print(f"{title}: none in {_years(arguments)}.\n")
        return
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for heading in ("leave", "type", "arrive"):
        table.add_column(heading, style="cyan" if heading == "leave" else None, no_wrap=True)
    for heading in ("days", "C3\nkm²/s²", "v∞ out\nkm/s", "v∞ in\nkm/s", "entry\nkm/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("turn\ndeg", "decl.\ndeg"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("remark", style="dim")
    for one in found:
        transfer = one.transfer
        table.add_row(
            format_day(transfer.departure_jd_tdb),
            str(transfer.type),
            format_day(transfer.arrival_jd_tdb),
            f"{transfer.days:.1f}",
            f"{transfer.c3:.3f}",
            f"{norm(transfer.departure_v_infinity):.3f}",
            f"{transfer.arrival_speed:.3f}",
            f"{one.entry_speed:.3f}",
            f"{degrees(transfer.transfer_angle):.1f}",
            f"{degrees(one.departure_declination):+.1f}",
            _remark(one, arguments.min_days, arguments.max_days),
        )
    console.print(table)
    console.print()


def _remark(one: Opportunity, shortest: float, longest: float) -> str:
    if one.against_half_turn:
        return "against half a turn: no minimum of its own"
    if one.transfer.days >= longest - 0.01:
        return "as long as allowed"
    if one.transfer.days <= shortest + 0.01:
        return "as short as allowed"
    return ""


def _write_json(path: Path, found: Sequence[Opportunity]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = [as_plain(one) for one in found]
    replace_file(path, json.dumps(plain, indent=2) + "\n")


def _check_plot(path: Path) -> None:
    """Refuses a picture that cannot be drawn, before the search, which takes a while."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        problem = "drawing needs matplotlib, which is not installed; install threeforks[plots]"
        raise ConfigurationError("command line", None, "--plot", problem) from None
    kinds = sorted(FigureCanvasAgg.get_supported_filetypes())
    if path.suffix.removeprefix(".").lower() not in kinds:
        problem = f"= {path}: allowed is a file that ends in one of {', '.join(kinds)}"
        raise ConfigurationError("command line", None, "--plot", problem)


def _draw(path: Path, found: Sequence[Opportunity], console: Console) -> None:
    from ground.pictures.porkchop import draw_porkchops

    path.parent.mkdir(parents=True, exist_ok=True)
    draw_porkchops(found, path)
    console.print(f"Drew {path}")
