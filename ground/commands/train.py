"""`msr train`: what a trainer does to a run that people operate; a script can do all of it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.commands.asking import (
    NANOSECONDS,
    Times,
    ask,
    configure_asking,
    print_json,
    print_table,
    read_pairs,
    times_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

WORDS = {
    "targets": (0, 0), "kinds": (2, 2), "faults": (0, 1), "inject": (1, 99), "heal": (1, 1),
    "kill": (1, 1), "checkpoint": (1, 1), "checkpoints": (0, 0), "branch": (1, 1),
}  # fmt: skip
"""Each act, and how many words it takes."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "act", nargs="?", choices=tuple(WORDS), default="faults",
        help="what to do (default: list the faults of the run)",
    )  # fmt: skip
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="kinds SORT TARGET; faults [ID]; inject FILE, or key=value as a drill file has them; "
        "heal ID; kill VEHICLE|ground; checkpoint NAME; branch CHECKPOINT|SECONDS",
    )
    parser.add_argument("--note", default="", help="checkpoint: what is to be known of it")
    parser.add_argument(
        "--folder", default="", metavar="NAME", help="branch: its folder, beside that of the run"
    )
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Asks for it."""
    act, words = arguments.act, arguments.words
    least, most = WORDS[act]
    if not least <= len(words) <= most:
        said = f"= {len(words)} words after {act}: allowed are {least} to {most}"
        raise ConfigurationError("command line", None, "WORD", said)
    faults = _faults(words) if act == "inject" else []
    return ask(arguments, lambda mc: _work(mc, arguments, faults))


async def _work(
    mc: "MissionControl", arguments: argparse.Namespace, faults: list[dict[str, Any]]
) -> int:
    act, words = arguments.act, arguments.words
    tell = _as_json if arguments.json else _TELL[act]
    if act == "inject":
        for fault in faults:
            tell(await mc.ask("fault_inject", fault=fault), await times_of(mc))
        return YES
    do, names = _REQUESTS[act]
    fields = dict(zip(names, words, strict=False))
    if act == "checkpoint":
        fields["note"] = arguments.note
    if act == "branch":
        fields = _branch(words[0], arguments.folder)
    told = await mc.ask(do, **fields)
    tell(told, await times_of(mc))
    return YES


_REQUESTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "targets": ("fault_targets", ()),
    "kinds": ("fault_kinds", ("sort", "target")),
    "faults": ("faults", ("of",)),
    "heal": ("fault_heal", ("name",)),
    "kill": ("kill", ("role",)),
    "checkpoint": ("checkpoint", ("name",)),
    "checkpoints": ("checkpoints", ()),
    "branch": ("branch", ()),
}
"""Each act that is one request, and which of its fields the words are."""


def _faults(words: list[str]) -> list[dict[str, Any]]:
    """Those of a file, or the one that `key=value` words say; raises ConfigurationError."""
    if "=" in words[0]:
        return [read_pairs(words)]
    if len(words) > 1:
        raise ConfigurationError("command line", None, words[1], "one file, or key=value words")
    from flight.configuration.sections import load_section

    section = load_section(Path(words[0]))
    section.only(("format", "faults"), ("format", "faults"))
    return [item.plain() for item in section.at("faults").items()]


def _branch(at: str, folder: str) -> dict[str, Any]:
    """From a checkpoint, unless it is a number of seconds."""
    try:
        instant: dict[str, Any] = {"t_ns": round(float(at) * NANOSECONDS)}
    except (ValueError, OverflowError):
        instant = {"checkpoint": at}
    return {**instant, "folder": folder}


# ------------------------------------------------------------------- telling


def _as_json(told: Any, _: Times) -> None:
    print_json(told)


def _targets(told: Any, _: Times) -> None:
    rows = [(each["sort"], each["name"]) for each in told["targets"]]
    print_table(("sort", "target"), rows, "nothing can break here")


def _kinds(told: Any, _: Times) -> None:
    rows = [
        (
            each["name"],
            ", ".join(_argument(name, entry) for name, entry in each["arguments"].items()),
            f"not here: {each['why_not']}" if each["why_not"] else each["doc"],
        )
        for each in told["kinds"]
    ]
    print_table(("kind", "figures", "what happens"), rows, "it cannot break")


def _argument(name: str, entry: dict[str, Any]) -> str:
    unit = "" if entry["unit"] == "1" else f" {entry['unit']}"
    return f"{name}{unit}" if entry["required"] else f"[{name}{unit}]"


def _listed(told: Any, times: Times) -> None:
    rows = [
        (
            each["id"], each["words"], each["state"], times.utc(each["began_ns"]),
            times.utc(each["healed_ns"]), each["hits"],
        )
        for each in told["faults"]
    ]  # fmt: skip
    heads = ("id", "what", "state", "began (UTC)", "over (UTC)", "hits")
    print_table(heads, rows, "nothing was broken")
    for hit in told["hits"][:20]:
        print(
            f"{times.utc(hit['t_ns'])} UTC  {hit['fault']} hit {hit['where']}: "
            f"{hit['before']} → {hit['after']}"
        )


def _injected(told: Any, _: Times) -> None:
    print(f"armed: {told['fault']}, {told['says']}")


def _healed(told: Any, _: Times) -> None:
    print(f"{told['fault']} is whole again")


def _killed(told: Any, _: Times) -> None:
    print(f"{told['role']} dies; it is started again")


def _checkpoint(told: Any, times: Times) -> None:
    print(f"{told['name']} is {times.utc(told['t_ns'])} UTC, {told['t_ns'] / NANOSECONDS:.3f} s")


def _checkpoints(told: Any, times: Times) -> None:
    rows = [
        (
            each["name"], times.utc(each["t_ns"]), each["t_ns"] / NANOSECONDS, each["by"],
            each["note"],
        )
        for each in told["checkpoints"]
    ]  # fmt: skip
    heads = ("name", "when (UTC)", "mission time, s", "by", "note")
    print_table(heads, rows, "no instant has a name")
    parent = told["branch_of"]
    if parent:
        at = parent["checkpoint"] or f"{parent['time_ns'] / NANOSECONDS:.3f} s"
        print(f"this run branches off from {parent['run']} at {at}")


def _branched(told: Any, _: Times) -> None:
    print(f"{told['folder']} goes on from {told['at']} and stands there; this run ends, is kept")


_TELL = {
    "targets": _targets, "kinds": _kinds, "faults": _listed, "inject": _injected,
    "heal": _healed, "kill": _killed, "checkpoint": _checkpoint, "checkpoints": _checkpoints,
    "branch": _branched,
}  # fmt: skip
