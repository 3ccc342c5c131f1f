"""What goes wrong with computers and their stores, kind by kind: what is asked of the seam, how
often and how much, and what ends it."""

from typing import Any

import pytest

from flight.configuration.files import NotAllowed
from sim_hw.faults.node_kinds import (
    BREATH,
    ClockDrift,
    ClockFreeze,
    ClockStep,
    Crash,
    CrashLoop,
    Hang,
    Lost,
    NodeKind,
    OldFiles,
    RestartWithoutMemory,
    RunawayProducer,
    SideSwap,
    Slow,
)
from sim_hw.faults.store_kinds import BitFlip, Empty, Full, Statement, Torn
from sim_hw.faults.store_kinds import Slow as SlowStore
from sim_hw.faults.targets import NamedPart
from tests.sim_hw.faults.test_figures_of_faults import Held


class Computer:
    """Notes what is asked of it."""

    name = "rover"

    def __init__(self, *, runs: bool = True) -> None:
        self.runs, self.side = runs, "a"
        self.did: list[Any] = []
        self.starts: list[Any] = []
        self.lying = True

    def die(self, *, without_memory: bool = False, warm: bool = False) -> None:
        self.did.append(("die", without_memory, warm))

    def on_start(self, tell: Any) -> Any:
        self.starts.append(tell)
        return lambda: self.did.append("told no more")

    def lay_files(self) -> Any:
        return (lambda: self.lying), lambda: self.did.append("taken away")

    def say_too_much(self, characters: int) -> bool:
        self.did.append(("says", characters))
        return self.runs

    def turn_clock(self, turn: Any) -> Any:
        self.turn = turn
        return lambda: self.did.append("right again")

    def __getattr__(self, name: str) -> Any:
        def act() -> Any:
            self.did.append(name)
            return lambda: self.did.append(f"no {name}")

        return act


# ----------------------------------------------------------------------------- computers


@pytest.mark.parametrize(
    ("kind", "did", "hit"),
    [
        (Crash(), [("die", False, False)], ("runs", "dead")),
        (Crash(start="warm"), [("die", False, True)], ("runs", "dead")),
        (RestartWithoutMemory(), [("die", True, False)], ("runs", "dead")),
        (SideSwap(), ["swap"], ("a", "the other side")),
        (Hang(), ["leave_mailbox"], ("runs", "mailbox hangs")),
        (Hang(of="process"), ["stand"], ("runs", "process hangs")),
        (Lost(), ["lose"], ("here", "lost")),
    ],
)  # fmt: skip
def test_what_is_done_to_a_computer_once(kind: NodeKind, did: list[Any], hit: Any) -> None:
    computer: Any = Computer()
    held = Held()
    heal = kind.begin(computer, held)
    assert computer.did == did and held.hits == [("rover", *hit)]
    heal()
    undone = [f"no {each}" for each in did if each in ("leave_mailbox", "stand", "lose")]
    assert computer.did == did + undone
    asleep: Any = Computer(runs=False)
    still = Held()
    kind.begin(asleep, still)
    assert bool(still.hits) is isinstance(kind, Lost), "who does not run is not hit"
    assert ("swap" in asleep.did) is False


def test_it_dies_again_so_long_after_each_start_until_it_is_healed_or_the_other_flies() -> None:
    computer: Any = Computer()
    held = Held()
    heal = CrashLoop(after=40.0).begin(computer, held)
    assert computer.did == [("die", False, False)]
    (started,) = computer.starts
    started()
    started()
    assert [seconds for seconds, _ in held.afterwards] == [40.0, 40.0]
    held.afterwards[0][1]()
    assert len(computer.did) == 2
    computer.side = "b"
    held.afterwards[1][1]()
    assert len(computer.did) == 2, "the other computer stays"
    computer.side, held.active = "a", False
    held.afterwards[1][1]()
    assert len(computer.did) == 2
    heal()
    assert computer.did[2:] == ["told no more"]


def test_old_files_end_each_start_as_long_as_they_lie_there() -> None:
    computer: Any = Computer()
    held = Held()
    heal = OldFiles(after=7.0).begin(computer, held)
    computer.starts[0]()
    assert held.afterwards[0][0] == 7.0
    held.afterwards[0][1]()
    assert computer.did == [("die", False, False)] * 2
    computer.lying = False
    held.afterwards[0][1]()
    assert len(computer.did) == 2
    computer.lying, held.active = True, False
    held.afterwards[0][1]()
    assert len(computer.did) == 2
    heal()
    assert computer.did[2:] == ["told no more", "taken away"]


def test_a_slow_one_stands_breathes_and_stands_again() -> None:
    computer: Any = Computer()
    held = Held()
    heal = Slow(by=3.0).begin(computer, held)
    assert computer.did == ["stand"] and held.afterwards[0][0] == 3.0
    held.afterwards[0][1]()
    assert computer.did == ["stand", "no stand"] and held.afterwards[1][0] == BREATH == 1e-6
    held.afterwards[1][1]()
    assert computer.did[2:] == ["stand"] and len(held.hits) == 2
    heal()
    assert computer.did[3:] == ["no stand"]
    held.active = False
    held.afterwards[1][1]()
    assert computer.did[4:] == []


@pytest.mark.parametrize(("runs", "hits"), [(True, 2), (False, 0)])
def test_a_part_that_says_too_much_does_so_each_time(runs: bool, hits: int) -> None:
    computer: Any = Computer(runs=runs)
    held = Held()
    RunawayProducer(every=5.0).begin(computer, held)
    held.afterwards[0][1]()
    assert computer.did == [("says", 20_000)] * 2 and len(held.hits) == hits
    assert [seconds for seconds, _ in held.afterwards] == [5.0, 5.0]
    held.active = False
    held.afterwards[1][1]()
    assert len(computer.did) == 2 == len(held.afterwards)


def test_a_clock_jumps_drifts_or_stands() -> None:
    computer: Any = Computer()
    held = Held(time=110.0, since=100.0)
    ClockStep(by=-2.5).begin(computer, held)
    assert computer.turn(50.0) == 47.5 and held.hits == [("rover", "right", "-2.5 s")]
    ClockStep(by=0.0).begin(computer, held)
    ClockDrift(rate=0.0).begin(computer, held)
    assert len(held.hits) == 1, "nothing is no hit"
    ClockDrift(rate=0.25).begin(computer, held)
    assert computer.turn(50.0) == 52.5
    held.time = 120.0
    assert computer.turn(60.0) == 65.0
    heal = ClockFreeze().begin(computer, held)
    assert [computer.turn(count) for count in (50.0, 60.0, 70.0)] == [50.0] * 3
    heal()
    assert computer.did == ["right again"]


def test_what_a_computer_has_not_cannot_fail() -> None:
    bare, full = NamedPart("mav"), NamedPart("rover", ("mailbox", "store", "clock", "vehicle",
                                                       "second computer"))  # fmt: skip
    for kind, lacks in ((Lost, "vehicle"), (SideSwap, "second computer"), (OldFiles, "mailbox"),
                        (RestartWithoutMemory, "store"), (ClockStep, "clock")):  # fmt: skip
        assert kind.why_not(full) == "" and kind.why_not(bare) == f"mav has no {lacks}"
    assert Crash.why_not(bare) == "" == Hang.why_not(bare)
    with pytest.raises(NotAllowed, match="mav has no mailbox"):
        Hang().check(bare, None, ())
    Hang(of="process").check(bare, None, ())
    for given in (("fly", ()), (None, ("a",))):
        with pytest.raises(NotAllowed, match="crash is of the whole computer"):
            Crash().check(full, *given)


# -------------------------------------------------------------------------------- stores


class Disc:
    name = "rover"

    def __init__(self) -> None:
        self.did: list[Any] = []

    def pause(self, seconds: float) -> None:
        self.did.append(("pause", seconds))

    def flip(self, namespace: str, key: str, bit: int) -> Any:
        self.did.append(("flip", namespace, key, bit))
        return None if key == "none" else (lambda: self.did.append("mended"))

    def set_empty(self, tell: Any) -> Any:
        tell()
        return lambda: self.did.append("full again")


@pytest.mark.parametrize(
    ("text", "verb", "writes"),
    [("insert into a", "INSERT", True), ("  UPDATE a", "UPDATE", True), ("delete from a", "DELETE",
                                                                        True),
     ("replace into a", "REPLACE", True), ("create table a", "CREATE", True), ("drop table a",
                                                                              "DROP", True),
     ("SELECT 1", "SELECT", False), ("open", "OPEN", False), ("", "", False),
     ("INSERTED", "INSERTED", False)],
)  # fmt: skip
def test_what_a_statement_does_is_its_first_word(text: str, verb: str, writes: bool) -> None:
    statement = Statement("rover", text, (), False)
    assert statement.verb == verb and statement.writes is writes
    assert Full().concerns(statement) is writes


@pytest.mark.parametrize(
    ("share", "value", "left"),
    [(0.5, b"abcd", b"ab"), (0.5, b"abc", b"a"), (0.0, b"abc", b""), (1.0, b"abc", None),
     (0.5, "text", None), (0.5, 7, None)],
)  # fmt: skip
def test_of_a_torn_value_the_beginning_is_written(share: float, value: Any, left: Any) -> None:
    kind, held = Torn(share=share), Held()
    statement = Statement("rover", "INSERT", (value, 1), False)
    assert kind.concerns(statement) is (left is not None)
    assert not kind.concerns(Statement("rover", "SELECT", (value,), False))
    if left is not None:
        done = kind.around(statement, lambda text, values: (text, values), held)
        assert done == ("INSERT", (left, 1)) and len(held.hits) == 1


def test_a_slow_store_holds_its_computer_and_a_bit_is_turned_back() -> None:
    disc: Any = Disc()
    held = Held()
    slow = SlowStore(by=4.0)
    slow.begun(disc, held)
    assert (
        slow.around(Statement("rover", "INSERT", (), False), lambda *given: "done", held) == "done"
    )
    assert disc.did == [("pause", 4.0)] and held.hits == [("rover", "INSERT", "4 s")]
    heal = BitFlip(namespace="memory", key="pose", bit=9).begin(disc, held)
    heal()
    assert disc.did[1:] == [("flip", "memory", "pose", 9), "mended"] and len(held.hits) == 2
    BitFlip(namespace="memory", key="none").begin(disc, held)()
    assert disc.did[3:] == [("flip", "memory", "none", 0)] and len(held.hits) == 2
    Empty().begin(disc, held)()
    assert held.hits[2] == ("rover", "what was stored", "nothing")
    assert disc.did[4:] == ["full again"]
