"""`msr send`: has mission control send a command to a vehicle."""

import argparse
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    finite,
    print_json,
    read_pairs,
    shown,
    times_of,
)
from ground.terminal.exit_codes import NO, UNKNOWN, YES

if TYPE_CHECKING:
    from ground.client import JournalEntry, MissionControl


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("vehicle", help="to which vehicle")
    parser.add_argument("name", metavar="COMMAND", help="which command of its dictionary")
    parser.add_argument(
        "arguments",
        nargs="*",
        metavar="KEY=VALUE",
        help="its arguments; a value as JSON writes it, or a text",
    )
    parser.add_argument("--note", default="", help="why; told to who approves, and kept")
    parser.add_argument(
        "--when", default=None, metavar="CONDITION", help="leave when this holds, not before"
    )
    parser.add_argument(
        "--not-after", default=None, metavar="UTC",
        help='leave by then or not at all, as "2033-03-01 12:00:05"',
    )  # fmt: skip
    parser.add_argument(
        "--lifetime", type=finite, default=None, metavar="SECONDS",
        help="a hazardous one stays armed for so long (default: 600)",
    )  # fmt: skip
    parser.add_argument(
        "--apart", action="store_true",
        help="a hazardous one fires only after ARM was accepted (default: both as one unit)",
    )  # fmt: skip
    parser.add_argument(
        "--take", action="store_true", help="take hold of the vehicle first, if nobody holds it"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be, and send nothing"
    )
    parser.add_argument(
        "--preview",
        action="store_true",
        help="fly it on a twin of the run, say what would become of it, and send nothing",
    )
    parser.add_argument(
        "--wait", action="store_true", help="wait for the verdict, and show each rung as it comes"
    )
    configure_asking(parser, "print JSON, a line for each thing that happens")


def run(arguments: argparse.Namespace) -> int:
    """Sends. YES: it is on its way, or with --wait it was completed; NO: it waits for approval, or
    was not completed; UNKNOWN: nobody can say."""
    if arguments.preview and arguments.dry_run:
        raise ConfigurationError(
            "command line", None, "--preview", "allowed is that or --dry-run, not both"
        )
    values = read_pairs(arguments.arguments)
    return ask(arguments, lambda mc: _send(mc, arguments, values))


async def _send(mc: "MissionControl", arguments: argparse.Namespace, values: dict[str, Any]) -> int:
    times = await times_of(mc)
    if arguments.dry_run:
        terms = _terms(arguments, times)
        would = await mc.dry_run(arguments.vehicle, arguments.name, values, **terms)
        return _tell_dry_run(would, times, arguments.json)
    if arguments.preview:
        from ground.commands.previewing import preview

        command = {
            "vehicle": arguments.vehicle, "command": arguments.name, "arguments": values,
            **_terms(arguments, times),
        }  # fmt: skip
        return await preview(mc, command, times, arguments.json)
    number = int((await mc.hello())["journal_last"])
    terms = _terms(arguments, times)
    if arguments.take:
        await mc.take(arguments.vehicle)
    sent = await mc.send(arguments.vehicle, arguments.name, values, note=arguments.note, **terms)
    if arguments.json:
        print_json(sent._asdict())
    else:
        names = ", ".join(sent.identifiers)
        print(f"{names}: {arguments.name} to {arguments.vehicle} is released")
        when = sent.earliest_answer_ns
        pass_known = "- (no pass is predicted)" if when is None else f"{times.utc(when)} UTC"
        print(f"first answer from {pass_known}", flush=True)
    if not arguments.wait:
        return YES
    return await _wait(mc, sent.identifiers[-1], number, times, arguments.json)


def _terms(arguments: argparse.Namespace, times: Times) -> dict[str, Any]:
    """When and how it is to leave, where that was said; raises ConfigurationError."""
    by, lifetime = arguments.not_after, arguments.lifetime
    terms = {
        "when": arguments.when, "lifetime": lifetime, "unit": False if arguments.apart else None,
        "not_after": None if by is None else times.read(by, "--not-after"),
    }  # fmt: skip
    return {name: value for name, value in terms.items() if value is not None}


async def _wait(
    mc: "MissionControl", identifier: str, since: int, times: Times, as_json: bool
) -> int:
    status = ""
    async for entry in mc.ladder(identifier, since):
        status = str(entry.data.get("status", ""))
        _tell(entry, times, as_json)
    return YES if status == "COMPLETED" else NO if status else UNKNOWN


def _tell(entry: "JournalEntry", times: Times, as_json: bool) -> None:
    data = entry.data
    if as_json:
        print_json({"t": entry.t, "what": entry.what, **data})
        return
    rung = data.get("rung") or (data.get("status") if entry.what == "ended" else entry.what)
    heard = data.get("received_ns") or entry.t
    there = f", there {times.utc(data['occurred_ns'])}" if data.get("occurred_ns") else ""
    expected = data.get("expected_ns")
    by = f", answer expected by {times.utc(expected)}" if expected else ""
    detail = f"  {data['detail']}" if data.get("detail") else ""
    print(f"{times.utc(heard)} UTC  {rung}{there}{by}{detail}", flush=True)


def _tell_dry_run(would: dict[str, Any], times: Times, as_json: bool) -> int:
    problems = would.get("problems") or []
    if as_json:
        print_json(would)
        return NO if problems else YES
    for name in ("bytes", "hazardous", "hazard", "stages", "mode", "mode_age_s", "deadline_s"):
        if would.get(name) not in (None, ""):
            print(f"{name.replace('_', ' ')}: {shown(would[name])}")
    estimated = would.get("estimated") or {}
    print(f"leaves from: {times.utc(estimated.get('earliest_sent_ns'))}")
    print(f"first answer from: {times.utc(estimated.get('earliest_answer_ns'))}")
    for problem in problems:
        print(f"problem: {problem}")
    return NO if problems else YES
