"""What `msr train` prints."""

from collections.abc import Callable
from typing import Any

from ground.commands.asking import NANOSECONDS, Times, print_json, print_table


def as_json(told: Any, _: Times) -> None:
    """As mission control answers."""
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


def _drills(told: Any, _: Times) -> None:
    if "text" in told:
        print(told["text"], end="")
        return
    rows = [
        (each["name"], each["title"], each["steps"] or "", ", ".join(each["cases"]))
        for each in told["drills"]
    ]
    heads = ("name", "title", "steps for people", "cases")
    print_table(heads, rows, "there is no drill of this scenario")


def _begun(told: Any, _: Times) -> None:
    print(f"{told['drill']} begins at {told['starts']}: {told['title']}")


def _ended(told: Any, _: Times) -> None:
    print(f"{told['drill']} is broken off")


def _drill_now(told: Any, times: Times) -> None:
    state = told.get("verdict") or told["state"].replace("_", " ")
    print(f"{told.get('name') or 'drill'}: {state}")
    for reason in told.get("because", ()):
        print(f"  because {reason}")
    for each in told.get("within", ()):
        took = "not seen" if each["took_s"] is None else f"after {each['took_s']:.0f} s"
        print(f"  {each['name']}: {each['what']}: {took}, allowed {each['limit_s']:g} s")
    rows = [
        (
            each["number"], each["prompt"], each["state"].replace("_", " "),
            times.utc(each["asked_ns"]), times.utc(each["deadline_ns"]),
            times.utc(each["done_ns"]), each["by"],
        )
        for each in told["prompts"]
    ]  # fmt: skip
    heads = ("", "prompt", "state", "asked (UTC)", "until (UTC)", "done (UTC)", "by")
    print_table(heads, rows, "nobody is asked for anything")


TELL: dict[str, Callable[[Any, Times], None]] = {
    "targets": _targets, "kinds": _kinds, "faults": _listed, "inject": _injected,
    "heal": _healed, "kill": _killed, "checkpoint": _checkpoint, "checkpoints": _checkpoints,
    "branch": _branched, "drills": _drills, "begin": _begun, "end": _ended, "drill": _drill_now,
}  # fmt: skip
"""What is printed of each act."""
