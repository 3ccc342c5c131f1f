"""`msr procedure`: the procedures that there are, the one that runs, and how it is led."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    print_json,
    print_table,
    read_pairs,
    read_value,
    rows_of,
    times_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

ACTS = ("show", "run", "pause", "step", "go", "retry", "stop", "jump", "answer", "poll")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "act", nargs="?", choices=ACTS, default=None, help="what to do (default: list them)"
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="show [NAME]; run NAME [key=value...]; jump STEP; answer PROMPT VALUE; poll POLL "
        "go|no-go",
    )
    parser.add_argument(
        "--of", default=None, metavar="NAME", help="which procedure (default: the mission's own)"
    )
    parser.add_argument("--why", default="", help="go, stop, jump: the reason, which is kept")
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists, shows or leads."""
    request = request_of(arguments.act, arguments.words, arguments.why)
    return ask(arguments, lambda mc: _work(mc, arguments, request))


def request_of(act: str | None, words: list[str], why: str) -> dict[str, Any]:
    """The fields of the request; raises ConfigurationError for words that it has no use for."""
    counts = {"show": (0, 1), "run": (1, 99), "jump": (1, 1), "answer": (2, 2), "poll": (2, 2)}
    least, most = counts.get(act or "", (0, 0))
    if not least <= len(words) <= most:
        from flight.configuration.files import ConfigurationError

        said = f"= {len(words)} words after {act or 'nothing'}: allowed are {least} to {most}"
        raise ConfigurationError("command line", None, "WORD", said)
    more = {"why": why} if why else {}
    if act == "show":
        return {"name": words[0] if words else None}
    if act == "run":
        return {"name": words[0], "arguments": read_pairs(words[1:])}
    if act == "jump":
        return {"step": read_value(words[0]), **more}
    if act == "answer":
        return {"prompt": words[0], "answer": read_value(words[1])}
    if act == "poll":
        return {"poll": words[0], "answer": words[1]}
    return more


async def _work(
    mc: "MissionControl", arguments: argparse.Namespace, request: dict[str, Any]
) -> int:
    if arguments.act == "show":
        times = await times_of(mc)
        _show(await mc.procedure(request["name"]), times, arguments.json)
        return YES
    if arguments.act is None:
        found = rows_of(await mc.procedures(), "procedures")
        if arguments.json:
            print_json(found)
        else:
            rows = [(each.get("name"), each.get("title"), state(each), at(each)) for each in found]
            print_table(("name", "title", "state", "at"), rows, "there are no procedures")
        return YES
    of = {"name": arguments.of} if arguments.of and arguments.act != "run" else {}
    answer = await mc.ask(f"procedure_{arguments.act}", **request, **of)
    if arguments.json:
        print_json(answer)
    else:
        print(f"procedure: {answer.get('says') or f'{arguments.act} is done'}")
    return YES


def state(told: dict[str, Any]) -> str:
    """How a procedure is, in a word or two."""
    if told.get("ended"):
        return f"{told['ended']} {told.get('reason') or ''}".rstrip()
    hold = told.get("hold")
    if hold:
        why = hold.get("why") if isinstance(hold, dict) else ""
        return f"waits: {why}" if why else "waits"
    if "position" in told:
        return str(told.get("pace") or "runs")
    if told.get("approved"):
        return "approved"
    return "in review" if told.get("review") else "draft" if told.get("draft") else "-"


def at(told: dict[str, Any]) -> str:
    """Where it is."""
    if "position" not in told:
        return ""
    return f"{told['position']} of {told.get('of')}: {told.get('doing') or ''}".rstrip(": ")


def _show(told: dict[str, Any], times: Times, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    entered = f", since {times.utc(told['entered_ns'])} UTC" if told.get("entered_ns") else ""
    print(f"{told.get('title') or told.get('name')}: {state(told)}{entered}")
    here = told.get("position")
    rows = [
        (
            "▶" if step.get("position") == here and not told.get("ended") else "",
            step.get("position"),
            step.get("phase"),
            step.get("vehicle"),
            step.get("what"),
            "hazardous" if step.get("hazardous") else "",
        )
        for step in told.get("steps", ())
    ]
    print_table(("", "step", "phase", "vehicle", "what", ""), rows, "it has no steps")
    for line in told.get("log", ())[-5:]:
        print(f"{times.utc(line[0])} UTC  {'  '.join(map(str, line[1:]))}")
