"""What a command names is known on the ground, or it is not staged."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ground.mission_control.dictionary.argument_types import TypeEntry
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.telemetry.custody import TubeEntry
from tests.ground.mission_control.service.desk_bench import SERVED, Desked, at_the_desk


def named(kind: str, of: str = "text") -> dict[str, Any]:
    entry = {"kind": of, "names": kind}
    return entry | ({"items": [{"kind": "any"}]} if of == "table" else {})


def command(name: str, argument: str, kind: dict[str, Any], **more: Any) -> dict[str, Any]:
    arguments = {argument: {"type": kind}}
    return {"name": name, "doc": "", "deadline": 60.0, "arguments": arguments, **more}


PLAIN: Any = msgspec.to_builtins(SERVED)
PLAIN["vehicles"]["rover"]["names"] = {"parameter": ["limit", "speed"], "monitor": ["tilted"]}
PLAIN["vehicles"]["rover"]["commands"] |= {
    "fetch": command("fetch", "tubes", {"kind": "list", "items": [named("tube")]}),
    "give": command("give", "to", named("vehicle")),
    "watch": command("watch", "monitor", named("monitor")),
    "answer": command("answer", "response", named("response")),
    "load_parameters": command("load_parameters", "values", named("parameter", "table")),
    "load_sequence": command(
        "load_sequence", "sequence", {"kind": "table", "items": [{"kind": "any"}]}
    ),
    "start_sequence": command(
        "start_sequence", "name", named("sequence"), carries="the stored sequence that is named"
    ),
}  # fmt: skip


class Knowing(Desked):
    tubes = (TubeEntry("T1"), TubeEntry("T2"))
    dictionary = Dictionary.from_plain(PLAIN)


def stage(desk: Desked, name: str, /, **arguments: Any) -> dict[str, Any]:
    return {"vehicle": "rover", "command": name, "arguments": arguments}


@pytest.mark.parametrize(
    ("name", "good", "bad", "words"),
    [
        ("fetch", {"tubes": ["T1", "T2"]}, {"tubes": ["T1", "T3"]}, "fetch: tubes = 'T3'"),
        ("give", {"to": "rover"}, {"to": "orbiter"}, "give: to = 'orbiter'"),
        ("watch", {"monitor": "tilted"}, {"monitor": "tiltd"}, "watch: monitor = 'tiltd'"),
        ("load_parameters", {"values": {"speed": 1}}, {"values": {"sped": 2}}, "'sped'"),
        ("answer", {"response": "any"}, {}, "response"),  # the ground knows of none here
    ],
)
def test_a_name_that_nobody_knows_is_not_staged(
    tmp_path: Path, name: str, good: dict[str, Any], bad: dict[str, Any], words: str
) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **stage(desk, name, **good))
        assert words in desk.refused("anna", "stage", **stage(desk, name, **bad))
        assert words in desk.refused("anna", "dry_run", **stage(desk, name, **bad))
        assert words in desk.refused("anna", "edit", stage="st-1", arguments=bad)
        assert desk.item("st-1").arguments == good

    at_the_desk(tmp_path, flight, kind=Knowing)


def test_monitors_that_were_loaded_may_have_other_names(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        new = stage(desk, "watch", monitor="new")
        assert "'new'" in desk.refused("anna", "stage", **new)
        load = stage(desk, "load_protection", table={"monitors": {"new": {}}})
        desk.done("anna", "stage", **load)
        assert "'new'" in desk.refused("anna", "stage", **new)  # nothing has left yet
        desk.done("anna", "release", stages=["st-1"])
        desk.done("anna", "stage", **new)

    at_the_desk(tmp_path, flight, kind=Knowing)


def test_a_sequence_is_loaded_before_it_is_started(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        start = desk.done("anna", "stage", **stage(desk, "start_sequence", name="dance"))
        problem = "start_sequence: no sequence 'dance' was loaded to rover; there is none"
        assert (start["state"], start["problems"]) == ("draft", [problem])
        assert problem in desk.refused("anna", "release", stages=["st-1"])
        sequence = {"name": "dance", "entries": []}
        desk.done("anna", "stage", **stage(desk, "load_sequence", sequence=sequence))
        # in one release the one that leaves first loads what the other starts
        assert problem in desk.refused("anna", "release", stages=["st-1", "st-2"])
        desk.done("anna", "release", stages=["st-2", "st-1"])
        other = desk.done("anna", "stage", **stage(desk, "start_sequence", name="dnce"))
        assert other["problems"][0].endswith("there are dance")
        assert desk.done("anna", "stage", **stage(desk, "start_sequence", name="dance"))[
            "problems"
        ] == []

    at_the_desk(tmp_path, flight, kind=Knowing)


def test_names_are_found_where_they_stand() -> None:
    deep = TypeEntry(
        "list", items=(TypeEntry("structure", fields={"tube": TypeEntry("text", names="tube")}),)
    )
    assert deep.named([{"tube": "T1"}, {}]) == [("tube", "T1")]
    assert TypeEntry("text", names="tube", optional=True).named(None) == []
    assert TypeEntry("text").named("T1") == []
