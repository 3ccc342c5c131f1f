"""The command ladder: one terminal rung for each command, whatever happens in between."""

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.core.commanding import ladder as ladder_module
from flight.core.commanding.ladder import IllegalRung, Ladder
from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.messages import TERMINAL_RUNGS, Command, CommandReport, Rung


def order(identifier: str) -> Command:
    return Command(identifier, "toy", "drive", {"distance": 5.0}, "ground")


class Desk:
    """A ladder over boots, and all it reported."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        self.reports: list[CommandReport] = []
        self.time = 0
        self.boot()

    def boot(self) -> None:
        self.storage = Storage(self.path)
        self.ladder = Ladder("toy", self.storage, self.tick, self.reports.append, self.tick)

    def tick(self) -> int:
        self.time += 1
        return self.time

    def rungs(self, identifier: str) -> list[Rung]:
        return [r.rung for r in self.reports if r.identifier == identifier and not r.repeated]


def test_each_step_is_stamped_and_reported() -> None:
    desk = Desk()
    assert desk.ladder.receive(order("a"))
    for rung in (Rung.ACCEPTED, Rung.STARTED, Rung.PROGRESS, Rung.COMPLETED):
        desk.ladder.step("a", rung, f"now {rung}")
    assert [r.rung for r in desk.reports][-1] is Rung.COMPLETED
    stamps = [r.time_ns for r in desk.reports]
    assert stamps == sorted(stamps) and len(set(stamps)) == 5
    assert desk.reports[-1].detail == "now COMPLETED"
    assert desk.ladder.ended("a") and desk.ladder.interrupted() == []


def test_a_repeat_is_answered_from_history_also_after_a_reboot(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.sqlite")
    desk.ladder.receive(order("a"))
    desk.ladder.step("a", Rung.REJECTED, "no")
    desk.storage.crash()
    desk.boot()
    assert not desk.ladder.receive(order("a"))
    last = desk.reports[-1]
    assert (last.rung, last.detail, last.repeated) == (Rung.REJECTED, "no", True)


@pytest.mark.parametrize(
    "rungs",
    [
        [Rung.STARTED],
        [Rung.COMPLETED],
        [Rung.TIMED_OUT],
        [Rung.RECEIVED],
        [Rung.ACCEPTED, Rung.REJECTED],
        [Rung.ACCEPTED, Rung.PROGRESS],
        [Rung.ACCEPTED, Rung.STARTED, Rung.ACCEPTED],
        [Rung.ACCEPTED, Rung.STARTED, Rung.REJECTED],
        [Rung.REJECTED, Rung.REJECTED],
        [Rung.ACCEPTED, Rung.STARTED, Rung.FAILED, Rung.COMPLETED],
    ],
    ids=lambda rungs: "-".join(rungs),
)
def test_steps_that_the_ladder_does_not_have_are_refused(rungs: list[Rung]) -> None:
    desk = Desk()
    desk.ladder.receive(order("a"))
    for rung in rungs[:-1]:
        desk.ladder.step("a", rung)
    before = len(desk.reports)
    with pytest.raises(IllegalRung, match="cannot go from"):
        desk.ladder.step("a", rungs[-1])
    assert len(desk.reports) == before


def test_a_command_that_was_never_received_takes_no_step() -> None:
    with pytest.raises(IllegalRung, match="never received"):
        Desk().ladder.step("ghost", Rung.ACCEPTED)


@pytest.mark.requirement("CMD-02")
def test_the_journal_comes_before_the_report(tmp_path: Path) -> None:
    """A crash between the two must never have reported what is then forgotten."""
    desk = Desk(tmp_path / "a.sqlite")
    seen: list[str | None] = []

    def look(report: CommandReport) -> None:
        plain = desk.storage.get("commands", report.identifier)
        seen.append(plain["rung"] if plain else None)

    desk.ladder = Ladder("toy", desk.storage, desk.tick, look, desk.tick)
    desk.ladder.receive(order("a"))
    desk.ladder.step("a", Rung.ACCEPTED)
    assert seen == ["RECEIVED", "ACCEPTED"]


def test_what_was_begun_and_when_it_was_accepted_survive_a_reboot(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.sqlite")
    desk.ladder.receive(order("a"))
    desk.ladder.begin("a")
    desk.ladder.receive(order("b"))
    desk.ladder.step("b", Rung.ACCEPTED)
    accepted = desk.ladder.entry("b").accepted_ns
    desk.ladder.step("b", Rung.STARTED)
    desk.storage.crash()
    desk.boot()
    assert (desk.ladder.entry("a").begun, desk.ladder.entry("b").begun) == (True, False)
    assert desk.ladder.entry("b").accepted_ns == accepted > 0
    assert [entry.command.identifier for entry in desk.ladder.interrupted()] == ["a", "b"]


def test_the_oldest_ended_commands_are_forgotten_and_no_running_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ladder_module, "HISTORY", 10)
    desk = Desk(tmp_path / "a.sqlite")
    for number in range(30):
        desk.ladder.receive(order(str(number)))
        if number:
            desk.ladder.step(str(number), Rung.REJECTED)
    kept = [entry.command.identifier for entry in desk.ladder.entries()]
    assert kept == ["0", *(str(number) for number in range(21, 30))]
    desk.storage.crash()
    desk.boot()
    assert [entry.command.identifier for entry in desk.ladder.entries()] == kept


def test_an_entry_that_cannot_be_read_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.sqlite")
    desk.ladder.receive(order("good"))
    desk.storage.put("commands", "bad", {"rung": "SOMEWHERE"})
    damages: list[StorageDamage] = []
    desk.storage.on_damage = damages.append
    ladder = Ladder("toy", desk.storage, desk.tick, desk.reports.append, desk.tick)
    assert [entry.command.identifier for entry in ladder.entries()] == ["good"]
    assert [damage.key for damage in damages] == ["bad"]


def test_arguments_of_bytes_survive(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.sqlite")
    command = Command("a", "toy", "load", {"image": b"\x00\xff"}, "ground")
    desk.ladder.receive(command)
    desk.storage.crash()
    desk.boot()
    assert desk.ladder.entry("a").command == command


NAMES = st.sampled_from(["a", "b", "c"])
OPERATIONS = st.lists(
    st.tuples(st.just("receive"), NAMES)
    | st.tuples(st.sampled_from(list(Rung)), NAMES)
    | st.tuples(st.sampled_from(["crash", "settle", "begin"]), NAMES),
    max_size=40,
)


@settings(max_examples=150)
@given(OPERATIONS)
def test_any_order_of_operations_and_crashes_ends_in_one_terminal_rung(
    operations: list[tuple[str, str]],
) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "a.sqlite")
        for operation, name in [*operations, ("settle", "")]:
            known = desk.ladder.find(name) is not None
            if operation == "receive":
                assert desk.ladder.receive(order(name)) is not known
            elif operation == "begin" and known:
                desk.ladder.begin(name)
            elif operation == "crash":
                before = [(e.command, e.rung, e.begun) for e in desk.ladder.entries()]
                desk.storage.crash()
                desk.boot()
                assert [(e.command, e.rung, e.begun) for e in desk.ladder.entries()] == before
            elif operation == "settle":
                for entry in desk.ladder.interrupted():
                    desk.ladder.step(entry.command.identifier, Rung.ABORTED)
            elif operation in list(Rung):
                with contextlib.suppress(IllegalRung):
                    desk.ladder.step(name, Rung(operation))
        for entry in desk.ladder.entries():
            rungs = desk.rungs(entry.command.identifier)
            assert [rung in TERMINAL_RUNGS for rung in rungs] == [False] * (len(rungs) - 1) + [True]
            assert rungs[0] is Rung.RECEIVED
            assert rungs.count(Rung.RECEIVED) == 1
        desk.storage.close()
