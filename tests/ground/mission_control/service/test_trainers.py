"""What a trainer breaks is told once it is broken, and by whom; else nothing is."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ground.api.fields import Read
from ground.api.requests import REQUEST_TYPES, NoRequest, read_request
from ground.testbed.operating.drilling import NoDrills
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk

MOST_CHECKPOINTS = 200


class Broken:
    """A simulation that tells what it was asked for; `refuses`: why it does not."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.asked: list[Any] = []

    def _do(self, what: str, given: Any) -> dict[str, Any]:
        if self.refuses:
            raise ValueError(self.refuses)
        self.asked.append((what, given))
        return {"done": what}

    def targets(self) -> dict[str, Any]:
        return self._do("targets", None)

    def kinds(self, sort: str, target: str) -> dict[str, Any]:
        return self._do("kinds", target)

    def told(self, of: str | None, limit: int) -> dict[str, Any]:
        return self._do("told", of)

    @property
    def drills(self) -> NoDrills:
        return NoDrills()

    def inject(self, fault: dict[str, Any]) -> dict[str, Any]:
        return self._do("inject", fault)

    def heal(self, name: str) -> dict[str, Any]:
        return self._do("heal", name)

    def kill(self, role: str) -> dict[str, Any]:
        return self._do("kill", role)


ASKED: list[tuple[str, dict[str, Any], str, str]] = [
    ("fault_inject", {"fault": {"kind": "x"}}, "inject", "injected"),
    ("fault_heal", {"name": "f1"}, "heal", "healed"),
    ("kill", {"role": "rover"}, "kill", "killed"),
]


@pytest.mark.parametrize(("do", "fields", "what", "told"), ASKED)
def test_what_is_done_is_told_with_who_did_it(
    tmp_path: Path, do: str, fields: dict[str, Any], what: str, told: str
) -> None:
    async def flight(desk: Desked) -> None:
        assert "nothing is simulated here" in desk.refused("anna", do, **fields)
        desk.service.desk.simulation = Broken("there is no such thing")
        assert desk.refused("anna", do, **fields) == "there is no such thing"
        assert desk.entries("fault") == []
        whole = Broken()
        desk.service.desk.simulation = whole
        assert "needs the role trainer" in desk.refused("ben", do, **fields)
        assert desk.done("anna", do, **fields) == {"done": what}
        assert whole.asked == [(what, next(iter(fields.values())))]
        [entry] = desk.entries("fault")
        assert (entry.what, entry.who, entry.data) == (told, "anna", fields)

    at_the_desk(tmp_path, flight)


LOOKED: list[tuple[str, dict[str, Any], str]] = [
    ("fault_targets", {}, "targets"),
    ("fault_kinds", {"sort": "node", "target": "rover"}, "kinds"),
    ("faults", {"of": "f1"}, "told"),
]


@pytest.mark.parametrize(("do", "fields", "what"), LOOKED)
def test_what_can_break_is_for_trainers_to_look_at(
    tmp_path: Path, do: str, fields: dict[str, Any], what: str
) -> None:
    async def flight(desk: Desked) -> None:
        assert "nothing is simulated here" in desk.refused("anna", do, **fields)
        desk.service.desk.simulation = Broken("there is no such target")
        assert desk.refused("anna", do, **fields) == "there is no such target"
        desk.service.desk.simulation = Broken()
        for user in ("ben", "eve", "max"):
            assert f"{do} needs the role trainer" in desk.refused(user, do, **fields)
        assert desk.done("anna", do, **fields) == {"done": what}
        assert desk.entries("fault") == []

    at_the_desk(tmp_path, flight)


SECRET = "gauge_of_tank_two"
NEEDED: dict[str, dict[str, Any]] = {
    "series": {"vehicle": "rover", "channel": "charge", "t0_ns": 0, "t1_ns": 10},
    "product": {"vehicle": "mav", "name": "ascent_chunk"},
    "on_board": {"vehicle": "rover"},
    "dry_run": {"vehicle": "rover", "command": "dig"},
    "fault_kinds": {"sort": "node", "target": "rover"},
}


@pytest.mark.requirement("CON-12")
def test_by_no_way_of_looking_the_crew_sees_what_a_trainer_did(tmp_path: Path) -> None:
    """Each request that looks is asked by each who is no trainer, and by one who is."""

    class Telling(Broken):
        def _do(self, what: str, given: Any) -> dict[str, Any]:
            return {"secret": SECRET}

    async def flight(desk: Desked) -> None:
        desk.service.desk.simulation = Telling()
        fault = {"id": SECRET, "kind": SECRET}
        desk.done("anna", "fault_inject", fault=fault)
        desk.done("anna", "fault_heal", name=SECRET)
        desk.done("anna", "checkpoint", name=SECRET, note=SECRET)
        desk.refused("eve", "fault_inject", fault=fault)
        desk.refused("anna", "drill_begin", name="x", text=SECRET)
        seen = set()
        for do, kind in REQUEST_TYPES.items():
            if not issubclass(kind, Read):
                continue
            asked = NEEDED.get(do, {})
            for user in ("ben", "cleo", "eve", "max"):
                assert SECRET not in str(desk.ask(user, do, **asked)), (user, do)
            if SECRET in str(desk.ask("anna", do, **asked)):
                seen.add(do)
        assert seen == {"since", "fault_targets", "fault_kinds", "faults", "checkpoints"}

    at_the_desk(tmp_path, flight)


def test_the_journal_says_what_trainers_did_to_trainers_alone(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.service.desk.simulation = Broken()
        begun = desk.service.desk.journal.last
        desk.done("anna", "fault_inject", fault={"kind": "x"})
        desk.done("anna", "checkpoint", name="storm")
        told = desk.done("anna", "since", number=begun)["entries"]
        assert ["injected", "fault_inject"] == [each["what"] for each in told[:2]]
        assert told[0]["data"] == {"fault": {"kind": "x"}}
        other = desk.done("ben", "since", number=begun)["entries"]
        assert [each["n"] for each in other] == [each["n"] for each in told]
        assert {each["what"] for each in other} == {"hidden"}
        assert {each["who"] for each in other} == {""}
        assert all(each["data"] == {} for each in other)
        desk.ask("ben", "authority_take", vehicle="rover")  # of which everybody hears
        assert desk.done("eve", "since", number=told[-1]["n"])["entries"][-1]["who"] == "ben"

    at_the_desk(tmp_path, flight)


def test_a_checkpoint_is_refused_where_nothing_flies_again(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        about = desk.service.desk.about
        desk.service.desk.about = msgspec.structs.replace(about, deterministic=False)
        assert "does not fly again" in desk.refused("anna", "checkpoint", name="storm")
        desk.service.desk.about = about
        for number in range(MOST_CHECKPOINTS):
            desk.done("anna", "checkpoint", name=f"c{number}")
        assert "200 checkpoints at most" in desk.refused("anna", "checkpoint", name="one_more")

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"do": "fault_inject", "fault": {"x": [{1: 2}]}}, "the key 1: allowed are texts"),
        ({"do": "fault_inject", "fault": {"x": {None: 2}}}, "the key None: allowed are texts"),
        ({"do": "fault_inject", "fault": {"x": msgspec.msgpack.Ext(1, b"")}}, "Ext: allowed is"),
        ({"do": "fault_inject", "fault": {"x": datetime(2026, 1, 1)}}, "datetime: allowed is"),
        ({"do": "fault_inject", "fault": {"x": 2**63}}, "allowed are whole numbers of 64 bits"),
        ({"do": "fault_inject", "fault": {"x": -(2**63) - 1}}, "whole numbers of 64 bits"),
        ({"do": "fault_inject", "fault": {"x": b"ab"}}, "bytes: allowed is what JSON can say"),
        ({"do": "checkpoint", "name": "storm\n"}, "checkpoint: "),
        ({"do": "branch", "folder": "storm\n"}, "branch: "),
        ({"do": "drill_begin", "name": "crew/gauge\n", "text": "x"}, "drill_begin: "),
    ],
)
def test_what_a_record_could_not_be_read_again_from_is_no_request(
    request_: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(NoRequest, match=sentence):
        read_request(request_)


def test_what_is_just_allowed_is_a_request() -> None:
    fault = {"x": [2**63 - 1, -(2**63), True], "y": {"1": 2}}
    read_request({"do": "fault_inject", "fault": fault})
    read_request({"do": "checkpoint", "name": "storm"})
    read_request({"do": "branch", "folder": ""})
