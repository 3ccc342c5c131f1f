"""`msr alarms`: which alarms there are, and what people do with one."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    NANOSECONDS,
    Times,
    ask,
    configure_asking,
    finite,
    print_json,
    print_table,
    rows_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

ACTS = ("ack", "shelve", "unshelve", "own", "note", "reset")
HEADS = (
    "number", "vehicle", "name", "severity", "state", "raised (UTC)", "count", "owner", "text",
    "note",
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "act",
        nargs="?",
        choices=ACTS,
        default=None,
        help="do this with the alarm NUMBER (default: list them)",
    )
    parser.add_argument("number", nargs="?", type=int, default=None, help="which alarm")
    parser.add_argument("--all", action="store_true", help="those as well that are over")
    parser.add_argument("--note", default="", help="ack, note, shelve: what there is to say")
    parser.add_argument(
        "--hours", type=finite, default=1.0, help="shelve: for so many hours of mission time"
    )
    parser.add_argument("--owner", default=None, metavar="USER", help="own: who looks after it")
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists alarms, or does something with one."""
    if (arguments.act is None) != (arguments.number is None):
        from flight.configuration.files import ConfigurationError

        problem = "is missing: say what to do with which alarm"
        raise ConfigurationError("command line", None, "NUMBER", problem)
    return ask(arguments, lambda mc: _work(mc, arguments))


async def _work(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    if arguments.act is not None:
        more = await _fields(mc, arguments)
        answer = await mc.alarm(arguments.act, arguments.number, **more)
        if arguments.json:
            print_json(answer)
        else:
            print(f"alarm {arguments.number}: {arguments.act} is done")
        return YES
    times = Times(str((await mc.hello())["epoch_utc"]))
    found = rows_of(await mc.alarms(arguments.all), "alarms")
    if arguments.json:
        print_json(found)
        return YES
    rows = [
        (
            *(alarm.get(name) for name in ("number", "vehicle", "name", "severity", "state")),
            times.utc(alarm.get("raised_ns")),
            *(alarm.get(name) for name in ("count", "owner", "text", "note")),
        )
        for alarm in found
    ]
    print_table(HEADS, rows, "no alarm is open")
    return YES


async def _fields(mc: "MissionControl", arguments: argparse.Namespace) -> dict[str, Any]:
    act, note = arguments.act, arguments.note
    if act == "shelve":
        now_ns = int((await anext(mc.clock()))["time_ns"])
        until_ns = now_ns + round(arguments.hours * 3600.0 * NANOSECONDS)
        return {"until_ns": until_ns, "why": note}
    if act == "own":
        return {"owner": arguments.owner}
    return {"note": note} if note and act in ("ack", "note", "reset") else {}
