"""`msr train`: what a trainer does to a run that people operate; a script can do all of it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.commands.asking import NANOSECONDS, ask, configure_asking, read_pairs, times_of
from ground.commands.drill_files import name_of, text_of
from ground.commands.train_telling import TELL, as_json
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

WORDS = {
    "targets": (0, 0), "kinds": (2, 2), "faults": (0, 1), "inject": (1, 99), "heal": (1, 1),
    "kill": (1, 1), "checkpoint": (1, 1), "checkpoints": (0, 0), "branch": (1, 1),
    "drills": (0, 1), "begin": (1, 2), "end": (0, 0), "drill": (0, 0),
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
        "heal ID; kill VEHICLE|ground; drills [NAME]; begin FILE|NAME [CASE]; checkpoint NAME; "
        "branch CHECKPOINT|SECONDS",
    )
    parser.add_argument("--note", default="", help="checkpoint: what is to be known of it")
    parser.add_argument(
        "--now", action="store_true", help="begin: at once, and not where the drill says"
    )
    parser.add_argument(
        "--stand", action="store_true", help="begin: the run stands where the drill begins"
    )
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
    tell = as_json if arguments.json else TELL[act]
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
    if act == "begin":
        fields = await _drill(mc, words, now=arguments.now, stand=arguments.stand)
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
    "drills": ("drill_files", ("name",)),
    "begin": ("drill_begin", ()),
    "end": ("drill_end", ()),
    "drill": ("drill", ()),
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


async def _drill(mc: "MissionControl", words: list[str], *, now: bool, stand: bool) -> Any:
    """A drill from a file, or from one of those that the run has by name."""
    file, case = Path(words[0]), words[1] if len(words) > 1 else ""
    if file.suffix in (".yaml", ".yml"):
        name, text = name_of(file), text_of(file)
    else:
        name = words[0]
        text = (await mc.ask("drill_files", name=name))["text"]
    return {"name": name, "text": text, "case": case, "now": now, "stand": stand}
