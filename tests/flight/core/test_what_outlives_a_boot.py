"""What outlives a boot in its order, and what is asked again though nothing was told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.core.custody.handover import HandoverFailed
from flight.core.custody.handover_together import give_together
from flight.core.fault_protection.names import Names
from flight.core.keeping.guarded_storage import GuardedStorage
from flight.core.keeping.storage import Storage
from flight.core.sequencing.sequence_store import RunState
from flight.icd.expressions import ExpressionError
from flight.icd.messages import Rung
from tests.flight.core.commanding.test_ladder import Desk, order
from tests.flight.core.fault_protection.guarded import Deck, Guarded, Sonar, on_deck
from tests.flight.core.fault_protection.test_watching import watching
from tests.flight.core.sequencing.sequence_vehicle import Vehicle, fly, relative

# ------------------------------------------------------------------------------------- commands


def test_the_history_of_commands_is_in_the_order_of_their_coming_over_boots(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path / "toy.sqlite")
    for identifier in ("c", "a", "d", "b"):
        desk.ladder.receive(order(identifier))
    for _ in range(2):
        desk.storage.close()
        desk.boot()
        assert [e.command.identifier for e in desk.ladder.interrupted()][:4] == ["c", "a", "d", "b"]
        desk.ladder.receive(order("0"))  # the first by name, and the last to come
    assert [e.command.identifier for e in desk.ladder.entries()] == ["c", "a", "d", "b", "0"]
    numbers = [entry.number for entry in desk.ladder.entries()]
    assert numbers == sorted(set(numbers))
    desk.storage.close()


def test_the_end_that_was_written_last_is_said_again_after_a_boot(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "toy.sqlite")
    for identifier in ("a", "b"):
        desk.ladder.receive(order(identifier))
        desk.ladder.step(identifier, Rung.REJECTED, identifier)
    desk.storage.close()
    desk.boot()
    desk.reports.clear()
    desk.ladder.repeat_last()
    assert [(r.identifier, r.rung, r.repeated) for r in desk.reports] == [
        ("b", Rung.REJECTED, True)
    ]
    desk.ladder.receive(order("c"))
    desk.reports.clear()
    desk.ladder.repeat_last()
    assert desk.reports == [], "what was written last has not ended"
    desk.storage.close()


# ------------------------------------------------------------------------------------ sequences


def test_a_sequence_that_was_paused_or_goes_on_is_so_after_a_boot() -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a", 50.0), relative("b", 50.0))

    def boot() -> RunState:
        vehicle.boot()
        run = vehicle.engine.status("seq")
        assert run is not None
        return run.state

    async def main() -> None:
        vehicle.engine.pause("seq")
        assert boot() is RunState.PAUSED
        vehicle.engine.resume("seq")
        assert boot() is RunState.RUNNING
        await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(50.0, "a"), (100.0, "b")]


# ---------------------------------------------------------------------------------------- store


@pytest.mark.parametrize("guarded", [False, True])
def test_a_journal_is_read_from_a_number_on_and_no_longer_than_asked(
    tmp_path: Path, guarded: bool
) -> None:
    storage = GuardedStorage(tmp_path / "node.sqlite")
    if guarded:
        storage.guard()
    for number in range(1, 6):
        storage.append("j", f"e{number}")
    assert [number for number, _ in storage.read("j")] == [1, 2, 3, 4, 5]
    assert [number for number, _ in storage.read("j", 3)] == [4, 5]
    assert [number for number, _ in storage.read("j", 1, 2)] == [2, 3]
    assert storage.read("j", 0, 0) == [] and storage.read("other") == []
    assert storage.count("j") == 5 and storage.last_number("j") == 5
    storage.close()


def test_a_plain_store_reads_the_same(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "node.sqlite")
    for number in range(1, 6):
        storage.append("j", number)
    assert storage.read("j", 1, 2) == [(2, 2), (3, 3)]
    storage.close()


# ---------------------------------------------------------------------------------- protection


@pytest.mark.parametrize("path", ["sonar", "radar.ping.range", "nothing", "nothing.at.all"])
def test_a_name_that_stands_for_no_value_is_refused_with_those_that_do(path: str) -> None:
    names = Names(Guarded, {"sonar": Sonar})
    with pytest.raises(ExpressionError, match=f"^{path}: ") as refused:
        names.resolve(path)
    assert "allowed is one of" in str(refused.value)
    assert names.resolve("sonar.ping.range").unit == "m"
    assert (names.resolve("speed").kind, names.resolve("wet").kind) == ("number", "boolean")


@pytest.mark.parametrize("name", ["names", "sonar.pong.range", "sonar.ping", "sonar.ping.depth"])
def test_what_cannot_be_compared_is_refused(name: str) -> None:
    with pytest.raises(ExpressionError, match=name.partition(".")[0]):
        Names(Guarded, {"sonar": Sonar}).resolve(name)


def test_a_limit_that_is_a_parameter_is_looked_at_anew_in_the_same_instant(
    tmp_path: Path,
) -> None:
    async def story(deck: Deck) -> None:
        node = deck.node
        await asyncio.sleep(10.0)
        node.heat = 301.0
        watch = node.protection.watch
        assert watch.runs["hot"].verdict == "OK"
        node.parameters.load({"speed": 2.0})
        node.parameters.validate()
        node.parameters.activate()
        node.parameters.swap()
        watch.look()
        assert watch.runs["hot"].verdict == "VIOLATED"

    plan = watching(hot={"violated_if": "heat > 300 K and speed > 1.5 m/s"})
    on_deck(tmp_path, plan, story)


# -------------------------------------------------------------------------------------- custody


class Giver:
    """Passes each tube through the gate, as a hand-over does, and says why one did not go."""

    def __init__(self, refused: tuple[str, ...] = ()) -> None:
        self.refused = refused
        self.went: list[str] = []
        self.failed: list[str] = []

    async def give(self, tube: str, receiver: str, place: str, move: Any, *, device: str) -> Any:
        if tube in self.refused:
            raise HandoverFailed(f"{tube} is not taken", settled=True)
        try:
            await move(None)
        except Exception as error:
            self.failed.append(str(error))
            raise HandoverFailed(f"{tube}: {error}", settled=False) from error
        self.went.append(tube)
        return tube


async def together(giver: Giver, move: Any) -> Any:
    handover: Any = giver
    return await give_together(handover, ["a", "b", "c"], "mav", "container", move, device="arm")


@pytest.mark.parametrize(
    ("error", "says"), [(RuntimeError("it is stuck"), "it is stuck"), (OSError(), "OSError")]
)
async def test_a_motion_that_fails_fails_all_and_says_why_also_where_it_says_nothing(
    error: Exception, says: str
) -> None:
    moves: list[int] = []

    async def move() -> None:
        moves.append(1)
        raise error

    giver = Giver()
    with pytest.raises(HandoverFailed) as failed:
        await together(giver, move)
    assert failed.value.settled is False and giver.went == [] and moves == [1]
    assert giver.failed == [str(error), says, says], "the others are told what it was"


async def test_one_that_is_refused_keeps_all_and_moves_nothing() -> None:
    moves: list[int] = []

    async def move() -> None:
        moves.append(1)

    giver = Giver(("b",))
    with pytest.raises(HandoverFailed) as failed:
        await together(giver, move)
    assert giver.went == [] and moves == [] and str(failed.value) == "b is not taken"
    whole = Giver()
    assert await together(whole, move) == ["a", "b", "c"] and moves == [1]
