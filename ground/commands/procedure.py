"""`msr procedure`: the procedures that there are, the one that runs, and how it is led."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    ask,
    configure_asking,
    print_json,
    print_table,
    read_pairs,
    read_value,
    rows_of,
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

        said = f"{len(words)} words after {act or 'nothing'}: allowed are {least} to {most}"
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
    if arguments.act is None:
        found = rows_of(await mc.procedures(), "procedures")
        if arguments.json:
            print_json(found)
        else:
            heads = ("name", "state", "title")
            rows = [tuple(each.get(name) for name in heads) for each in found]
            print_table(heads, rows, "there are no procedures")
        return YES
    if arguments.act == "show":
        _show(await mc.procedure(request["name"]), arguments.json)
        return YES
    answer = await mc.ask(f"procedure_{arguments.act}", **request)
    if arguments.json:
        print_json(answer)
    else:
        print(f"procedure: {arguments.act} is done")
    return YES


def _show(found: dict[str, Any], as_json: bool) -> None:
    found = found.get("procedure") or found
    if as_json:
        print_json(found)
        return
    print(f"{found.get('title') or found.get('name')}: {found.get('state')}")
    heads = ("number", "label", "vehicle", "state", "text", "detail")
    rows = [tuple(step.get(name) for name in heads) for step in found.get("steps", ())]
    print_table(heads, rows, "it has no steps")
    for name in ("prompt", "poll"):
        if found.get(name):
            print(f"{name}: {found[name].get('text') or found[name].get('question')}")
