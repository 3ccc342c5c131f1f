"""`msr procedure`: the procedures that there are, how one is led, written and approved."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    print_json,
    print_table,
    read_value,
    rows_of,
    times_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

NAMED = ("run", "save", "submit", "approve")
"""What is done with a procedure that is named in its words."""
ACTS = (
    "show", *NAMED, "pause", "step", "go", "retry", "stop", "jump", "answer", "poll",
)  # fmt: skip
BESIDE = {"draft": "a draft is beside it", "submitted": "a new version is submitted"}
"""What is said of a draft beside a version that is approved or runs."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "act", nargs="?", choices=ACTS, default=None, help="what to do (default: list them)"
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="show [NAME]; run NAME; jump STEP; answer PROMPT VALUE; poll POLL go|no-go; save NAME "
        "FILE (YAML); submit NAME; approve NAME VERSION",
    )
    parser.add_argument(
        "--of", default=None, metavar="NAME", help="which procedure (default: the mission's own)"
    )
    parser.add_argument(
        "--why", default="", help="go, stop, jump, approve: the reason, which is kept"
    )
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists, shows or leads."""
    request = request_of(arguments.act, arguments.words, arguments.why)
    return ask(arguments, lambda mc: _work(mc, arguments, request))


def request_of(act: str | None, words: list[str], why: str) -> dict[str, Any]:
    """The fields of the request; raises ConfigurationError for words that it has no use for."""
    counts = {
        "show": (0, 1), "run": (1, 1), "jump": (1, 1), "answer": (2, 2), "poll": (2, 2),
        "save": (2, 2), "submit": (1, 1), "approve": (2, 2),
    }  # fmt: skip
    least, most = counts.get(act or "", (0, 0))
    if not least <= len(words) <= most:
        from flight.configuration.files import ConfigurationError

        said = f"= {len(words)} words after {act or 'nothing'}: allowed are {least} to {most}"
        raise ConfigurationError("command line", None, "WORD", said)
    more = {"why": why} if why else {}
    if act == "show":
        return {"name": words[0] if words else None}
    if act == "run":
        return {"name": words[0]}
    if act == "save":
        return {"name": words[0], "text": _text_of(Path(words[1]))}
    if act == "submit":
        return {"name": words[0]}
    if act == "approve":
        note = {"note": why} if why else {}
        return {"name": words[0], "version": words[1], **note}
    if act == "jump":
        return {"step": read_value(words[0]), **more}
    if act == "answer":
        return {"prompt": words[0], "answer": read_value(words[1])}
    if act == "poll":
        return {"poll": words[0], "answer": words[1]}
    return more


def _text_of(path: Path) -> str:
    from flight.configuration.files import ConfigurationError
    from flight.configuration.outside_files import UnfitFile, read_outside
    from flight.configuration.yaml_nodes import LARGEST_FILE

    try:
        return read_outside(path, LARGEST_FILE, "a procedure").decode().replace("\r\n", "\n")
    except UnfitFile as error:
        problem = str(error)
        raise ConfigurationError("command line", None, str(path), problem) from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "holds no text"
        problem = f"cannot be read: {why}"
        raise ConfigurationError("command line", None, str(path), problem) from None


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
    of = {"name": arguments.of} if arguments.of and arguments.act not in NAMED else {}
    answer = await mc.ask(f"procedure_{arguments.act}", **request, **of)
    if arguments.json:
        print_json(answer)
    else:
        print(f"procedure: {answer.get('says') or _done(arguments.act, answer)}")
    return YES


def _done(act: str, answer: dict[str, Any]) -> str:
    """What came of a request, in words; of a written one with the version that is to be named."""
    if act in ("save", "submit", "approve"):
        return f"{answer.get('name')} is {answer.get('state')}, version {answer.get('version')}"
    return f"{act} is done"


def state(told: dict[str, Any]) -> str:
    """How a procedure is, in a word or two: as it runs, or the state of its newest version."""
    draft = str((told.get("draft") or {}).get("state", ""))
    now = _run_state(told) or ("approved" if told.get("approved") else "")
    if not now:
        return draft or "-"
    return f"{now}; {BESIDE[draft]}" if draft in BESIDE else now


def _run_state(told: dict[str, Any]) -> str:
    """Of one that was run; empty where it never was."""
    if told.get("ended"):
        return f"{told['ended']} {told.get('reason') or ''}".rstrip()
    hold = told.get("hold")
    if hold:
        return f"waits: {hold['text']}"
    return str(told.get("pace") or "runs") if "position" in told else ""


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
    for version in filter(None, (told.get("draft"), told.get("approved"))):
        by = f" by {version['approved_by']}" if version["approved_by"] else ""
        note = f": {version['note']}" if version["note"] else ""
        hands = ", ".join(version["hands"])
        print(f"version {version['version']} of {hands}, {version['state']}{by}{note}")
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
