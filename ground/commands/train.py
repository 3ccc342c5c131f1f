"""`msr train`: what a trainer does to a run that people operate; a script can do all of it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.commands.asking import (
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
    "kill": (1, 1),
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
        "heal ID; kill VEHICLE|ground",
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
    told = await mc.ask(do, **dict(zip(names, words, strict=False)))
    tell(told, await times_of(mc))
    return YES


_REQUESTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "targets": ("fault_targets", ()),
    "kinds": ("fault_kinds", ("sort", "target")),
    "faults": ("faults", ("of",)),
    "heal": ("fault_heal", ("name",)),
    "kill": ("kill", ("role",)),
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


_TELL = {
    "targets": _targets, "kinds": _kinds, "faults": _listed, "inject": _injected,
    "heal": _healed, "kill": _killed,
}  # fmt: skip
