"""What the uplink keeps before a frame leaves, and what it says of one that may have left."""

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.frames import read_frame
from flight.icd.messages import Command
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import end
from ground.mission_control.space_link.stations import NotSent
from ground.mission_control.space_link.uplink import Uplink

UNSURE = NotSent("no answer", unsure=True)
DOWN = NotSent("no link")
REFUSED = NotSent("no such radio", refused=True)


class Bench:
    """An uplink at stations that answer as they are told; notes what is kept and said, in order."""

    def __init__(self, *answers: Any, last: str = "", first: int = 0, kept: int = 0) -> None:
        self.answers = list(answers)
        self.did: list[tuple[Any, ...]] = []
        self.over: dict[str, str] = {}
        self.overtaken: set[str] = set()
        self.left: dict[str, int] = {}
        self.waits: list[tuple[str, str, float]] = []
        archive: Any = SimpleNamespace(
            get=lambda key, other: kept or other, put=lambda key, value: self.do("kept", value),
            last_link=lambda bundle: last, together=nullcontext,
            add_uplink=lambda spacecraft, radio, at, size, names, what: self.do("told", what),
        )  # fmt: skip
        stations: Any = SimpleNamespace(
            status=None, refresh=self.refresh, choose=self.choose, send=self.send
        )
        self.uplink = Uplink(stations, archive, self.now_ns, first)
        self.uplink.about_to_leave = lambda names: self.do("perhaps", list(names))
        self.tracker: Any = SimpleNamespace(command=self.command, sent=self.sent)

    def do(self, *what: Any) -> None:
        self.did.append(what)

    def now_ns(self) -> int:
        return round(asyncio.get_running_loop().time() * 1e9)

    async def refresh(self) -> bool:
        return True

    def choose(self, target: str, last: str, waited: float) -> tuple[str, str]:
        self.waits.append((target, last, waited))
        return "relay", target

    async def send(self, spacecraft: str, radio: str, data: bytes) -> float:
        self.do("sent", read_frame(data).number)
        answer = self.answers.pop(0) if self.answers else 42.0
        if isinstance(answer, Exception):
            raise answer
        return float(answer)

    def sent(self, names: list[str], at: int, spacecraft: str) -> None:
        for name in names:
            self.left[name] = at
        self.do("tracked", names, spacecraft)

    def command(self, name: str) -> Any:
        return SimpleNamespace(
            verdict=self.over.get(name), sent_ns=self.left.get(name),
            order=SimpleNamespace(identifier=name), is_overtaken=name in self.overtaken,
        )  # fmt: skip

    def fly(self, *bundles: tuple[str, ...], until: float = 1.0, target: str = "rover") -> None:
        async def main() -> None:
            for names in bundles:
                self.uplink.send([Command(name, target, "drive", {}, "test") for name in names])
            task = asyncio.get_running_loop().create_task(self.uplink.run(self.tracker))
            await asyncio.sleep(until)
            assert not task.done()
            await end(task)

        run(main(), VirtualLoop())

    def of(self, kind: str) -> list[Any]:
        return [what[1] for what in self.did if what[0] == kind]


def test_number_and_what_may_leave_are_kept_before_the_frame_leaves() -> None:
    bench = Bench(first=7)
    bench.fly(("a", "b"))
    assert bench.did == [
        ("kept", 8), ("perhaps", ["a", "b"]), ("sent", 8), ("told", "sent"),
        ("tracked", ["a", "b"], "relay"),
    ]  # fmt: skip
    assert bench.uplink.perhaps == {} and bench.uplink.deliveries == {"rover": 42.0}
    assert bench.uplink.waiting == 0 and bench.uplink.waiting_for == ""


@pytest.mark.parametrize(("first", "kept", "number"), [(7, 3, 8), (3, 7, 8), (0, 0, 1)])
def test_no_number_is_given_twice_over_a_start(first: int, kept: int, number: int) -> None:
    bench = Bench(first=first, kept=kept)
    bench.fly(("a",))
    assert bench.of("sent") == [number]


def test_what_the_stations_may_have_sent_has_used_its_number_and_may_have_left() -> None:
    bench = Bench(UNSURE)
    bench.fly(("a",), until=1.0)
    assert bench.uplink.perhaps == {"a": None}
    assert bench.of("perhaps") == [["a"], ["a"]]
    assert "without saying so" in bench.uplink.why_gone(bench.command("a"))
    bench.answers = []
    bench = Bench(UNSURE)
    bench.fly(("a",), until=301.0)
    assert bench.of("sent") == [1, 2] and bench.uplink.perhaps == {}
    assert bench.uplink.why_gone(bench.command("a")) == "it has left the ground"


def test_what_has_surely_not_left_uses_no_number_and_can_be_taken_back() -> None:
    bench = Bench(DOWN)
    bench.fly(("a",), until=1.0)
    assert bench.uplink.perhaps == {} and bench.of("perhaps") == [["a"], []]
    assert bench.uplink.why_gone(bench.command("a")) == ""
    bench = Bench(DOWN, DOWN)
    bench.fly(("a",), until=601.0)
    assert bench.of("sent") == [1, 1, 1]
    assert bench.of("told") == ["no link", "sent"], "told once, not at each attempt"
    assert [waited for _, _, waited in bench.waits] == [0.0, 300.0, 600.0]


def test_a_repeat_is_nothing_that_may_have_left_anew_and_holds_up_nobody() -> None:
    bench = Bench(UNSURE, last="relay")
    bench.fly(("a",), ("b",), until=301.0)
    assert bench.uplink.perhaps == {} and bench.of("perhaps")[:2] == [[], []]
    assert bench.of("tracked")[0] == ["b"], "it lets the next one go first"


@pytest.mark.parametrize("overtaken", [False, True])
def test_a_repeat_takes_the_other_way_but_where_the_first_has_brought_answers_since(
    overtaken: bool,
) -> None:
    bench = Bench(DOWN, last="orbiter")
    bench.overtaken = {"a"} if overtaken else set()
    bench.fly(("a",), ("b",), until=1.0)
    assert [last for _, last, _ in bench.waits] == ["" if overtaken else "orbiter"]
    bench.fly(("c",), until=301.0)
    assert bench.of("tracked")[0] == ["b"], "it holds up nobody either way"


@pytest.mark.parametrize(("answer", "first"), [(REFUSED, "b"), (DOWN, "a")])
def test_only_what_is_refused_lets_others_go_first(answer: NotSent, first: str) -> None:
    bench = Bench(answer)
    bench.fly(("a",), ("b",), until=301.0)
    assert bench.of("tracked")[0] == [first]


def test_what_has_ended_meanwhile_does_not_leave_and_the_rest_of_its_bundle_does() -> None:
    bench = Bench()
    bench.over = {"a": "CANCELLED", "b": "CANCELLED", "c": "COMPLETED"}
    bench.fly(("a", "x"), ("b",), ("c", "y", "z"))
    assert bench.of("tracked") == [["x"], ["y", "z"]]


def test_what_is_kept_back_does_not_leave_and_what_may_have_left_is_not_asked_for() -> None:
    asked: list[str] = []
    bench = Bench()

    def why(orders: list[Command]) -> str:
        asked.append(orders[0].identifier)
        return "its approval is void" if orders[0].identifier == "a" else ""

    kept: list[tuple[str, str]] = []
    bench.uplink.why_not_leave = why
    bench.uplink.keep_back = lambda orders, reason: kept.append((orders[0].identifier, reason))
    bench.left = {"c": 5}
    bench.uplink.perhaps = {"d": None}
    bench.fly(("a",), ("b",), ("c",), ("d",))
    assert asked == ["a", "b"] and kept == [("a", "its approval is void")]
    assert bench.of("tracked") == [["b"], ["c"], ["d"]]


def test_while_it_is_leaving_it_cannot_be_taken_back() -> None:
    bench = Bench()
    said: list[str] = []
    send = bench.send

    async def looked(*given: Any) -> float:
        said.append(bench.uplink.why_gone(bench.command("a")))
        return await send(*given)

    bench.uplink._stations.send = looked  # type: ignore[method-assign]
    bench.fly(("a",))
    assert said == ["it is leaving the ground now"]
    assert bench.uplink._leaving == ()
