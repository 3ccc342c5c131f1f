"""Under any order of steps, crashes and message faults no tube is lost or counted twice."""

import contextlib
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flight.core.custody.ledger import (
    CustodyError,
    CustodyLedger,
    CustodyRecord,
    CustodyStatus,
    Evidence,
    Outcome,
)
from flight.core.keeping.storage import Storage, StorageClosed
from flight.icd.custody_account import account, agrees

TUBES = ("Malay", "Montdenier")
NODES = ("rover", "arm")
PLACES = {"rover": ("rover_rack", "rover_gripper"), "arm": ("arm_gripper", "container")}
OTHER = {"rover": "arm", "arm": "rover"}
MOVER = "arm.gripper"


class World:
    """Where the tubes truly are; its cameras see everything within reach of a node."""

    def __init__(self) -> None:
        self.place = {TUBES[0]: "rover_rack", TUBES[1]: "arm_gripper"}

    def look(self, tube: str, place: str | None) -> Evidence:
        return Evidence("camera", f"looked at {place}", present=self.place[tube] == place)


class Party:
    """A node that follows the protocol; all it knows after a reboot is its ledger."""

    def __init__(self, name: str, folder: Path, world: World, network: list[Any]) -> None:
        self.name, self.world, self.network = name, world, network
        self.path = folder / f"{name}.sqlite"
        self.now = 0
        self.crash_at: str | None = None
        self.published: list[CustodyRecord] = []
        self.boot()

    def boot(self) -> None:
        self.storage = Storage(self.path)
        self.ledger = CustodyLedger(self.storage, self.name, self.clock, self.published.append)
        self.released: dict[str, bool] = {}

    def clock(self) -> int:
        self.now += 1
        return self.now

    def crash(self) -> None:
        self.storage.crash()
        self.boot()

    def step(self, name: str, *arguments: Any, **options: Any) -> bool:
        """Take one step of the ledger; False if the node crashed before or after its commit."""
        crash_at, self.crash_at = self.crash_at, None
        if crash_at == "before commit":
            with pytest.raises(StorageClosed), self.storage.transaction():
                getattr(self.ledger, name)(*arguments, **options)
                self.storage.crash()
            self.boot()
            return False
        getattr(self.ledger, name)(*arguments, **options)
        if crash_at == "after commit":
            self.crash()
            return False
        return True

    def send(self, kind: str, transfer: str, **fields: Any) -> None:
        self.network.append((OTHER[self.name], kind, transfer, fields))

    def send_offer(self, record: CustodyRecord) -> None:
        assert record.transfer_id is not None
        self.send("offer", record.transfer_id, place=record.place, destination=record.destination)

    def receive(self, kind: str, transfer: str, fields: dict[str, Any]) -> None:
        getattr(self, f"on_{kind}")(transfer, **fields)

    def on_offer(self, transfer: str, place: str, destination: str) -> None:
        try:
            if not self.step("expect", transfer, OTHER[self.name], place, destination, MOVER):
                return
        except CustodyError:
            return  # out of date, or something is to be settled first: it is offered again
        self.answer(transfer)

    def on_ready(self, transfer: str) -> None:
        if self.ledger.outcome(transfer) is Outcome.OPEN and self.step("release", transfer):
            self.send("go", transfer)

    def on_go(self, transfer: str) -> None:
        if self.ledger.outcome(transfer) is Outcome.OPEN:
            self.released[transfer] = True

    def on_query(self, transfer: str) -> None:
        self.answer(transfer)

    def answer(self, transfer: str) -> None:
        outcome = self.ledger.outcome(transfer)
        if outcome is Outcome.CONFIRMED:
            self.send("confirmed", transfer)
        elif outcome is Outcome.CANCELLED:
            self.send("cancelled", transfer)
        elif outcome is Outcome.OPEN:
            record = self.ledger.record(transfer.rpartition("#")[0])
            assert record is not None
            if record.status is CustodyStatus.RECEIVING:
                self.send("ready", transfer)
            elif record.status is CustodyStatus.OFFERED:
                self.send_offer(record)
            else:
                self.send("go", transfer)

    def on_confirmed(self, transfer: str) -> None:
        self.step("complete", transfer, Evidence("counterpart", "confirmed by its sensor"))

    def on_cancelled(self, transfer: str) -> None:
        record = self.ledger.record(transfer.rpartition("#")[0])
        assert record is not None
        if self.ledger.outcome(transfer) is not Outcome.OPEN:
            return
        receiving = record.status is CustodyStatus.RECEIVING
        seen = self.world.look(record.tube, record.destination if receiving else record.place)
        self.step("cancel", transfer, seen, counterpart_cancelled=True)

    def settle(self) -> None:
        """What a node does about its open moves and transfers, after a boot or a timeout."""
        for record in self.ledger.records():
            if record.status is CustodyStatus.UNKNOWN and record.step == "cede":
                self.send("ceded", "", record=record)
        for record in self.ledger.open_transfers():
            if record.transfer_id is None:
                self.end_move(record)
            elif record.status is CustodyStatus.OFFERED:
                self.send_offer(record)
            else:
                self.send("query", record.transfer_id)

    def on_ceded(self, transfer: str, record: CustodyRecord) -> None:
        place = self.world.place[record.tube]
        if place in (*PLACES[self.name], "ground"):
            with contextlib.suppress(CustodyError):  # out of date
                seen = self.world.look(record.tube, place)
                self.step("find", record.tube, place, seen, ceded=record)

    def cede(self, record: CustodyRecord) -> None:
        with contextlib.suppress(CustodyError):  # another answers for it
            if self.step("cede", record.tube, OTHER[self.name]):
                self.send("ceded", "", record=self.ledger.record(record.tube))

    def end_move(self, record: CustodyRecord) -> None:
        at_end = self.world.look(record.tube, record.destination)
        at_start = self.world.look(record.tube, record.place)
        if at_end.present:
            self.step("commit", record.tube, at_end)
        elif at_start.present:
            self.step("revert", record.tube, at_start)
        else:
            self.step("lose", record.tube, "neither end sees it")

    def may_move(self, record: CustodyRecord) -> bool:
        if record.status is CustodyStatus.RECEIVING:
            return self.released.get(record.transfer_id or "", False)
        return record.status is CustodyStatus.IN_TRANSIT and record.transfer_id is None

    def decide(self, record: CustodyRecord, openly_lost: bool = False) -> None:
        """The receiver's decision, from what the camera sees."""
        assert record.transfer_id is not None
        seen = self.world.look(record.tube, record.destination)
        if seen.present:
            if self.may_move(record) and self.step("confirm", record.transfer_id, seen):
                self.send("confirmed", record.transfer_id)
        elif openly_lost:
            if self.step("lose", record.tube, "the gripper is empty"):
                self.send("cancelled", record.transfer_id)
        elif self.step("cancel", record.transfer_id, seen):
            self.send("cancelled", record.transfer_id)

    def search(self, record: CustodyRecord) -> None:
        place = self.world.place[record.tube]
        if place in (*PLACES[self.name], "ground"):
            with contextlib.suppress(CustodyError):  # its transfer is still open
                self.step("find", record.tube, place, self.world.look(record.tube, place))


node_names = st.sampled_from(NODES)
choices = st.integers(0, 11)


class CustodyMachine(RuleBasedStateMachine):
    """Two nodes, two tubes, a bad network, a clumsy gripper and kills at every instant."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World()
        self.network: list[Any] = []
        self.parties = {
            name: Party(name, Path(self.folder.name), self.world, self.network) for name in NODES
        }

    @initialize()
    def load(self) -> None:
        load = Evidence("mission_load", "load list")
        for name, tube in zip(NODES, TUBES, strict=True):
            self.parties[name].ledger.adopt(tube, self.world.place[tube], load)

    def teardown(self) -> None:
        try:
            self.heal_and_settle()
        finally:
            for party in self.parties.values():
                party.storage.close()
            self.folder.cleanup()

    def choose(
        self, choice: int, *statuses: CustodyStatus
    ) -> tuple[Party, CustodyRecord] | tuple[None, None]:
        """One of the records with one of the statuses, and whose it is."""
        found = [
            (party, record)
            for party in self.parties.values()
            for record in party.ledger.records()
            if record.status in statuses
        ]
        return found[choice % len(found)] if found else (None, None)

    @rule(choice=choices, index=st.integers(0, 1))
    def offer(self, choice: int, index: int) -> None:
        party, record = self.choose(choice, CustodyStatus.HELD)
        if party is None or record.place == "ground":
            return
        other = OTHER[party.name]
        if party.step("offer", record.tube, other, PLACES[other][index], MOVER):
            offered = party.ledger.record(record.tube)
            assert offered is not None
            party.send_offer(offered)

    @rule(choice=choices)
    def withdraw(self, choice: int) -> None:
        party, record = self.choose(choice, CustodyStatus.OFFERED, CustodyStatus.IN_TRANSIT)
        if party is not None and record.transfer_id is not None:
            seen = self.world.look(record.tube, record.place)
            with contextlib.suppress(CustodyError):  # released: the receiver decides
                party.step("cancel", record.transfer_id, seen)

    @rule(index=st.integers(0, 30), fault=st.sampled_from(["none", "none", "twice", "lost"]))
    def deliver(self, index: int, fault: str) -> None:
        if not self.network:
            return
        message = self.network[index % len(self.network)]
        if fault != "twice":
            self.network.remove(message)
        if fault != "lost":
            to, kind, transfer, fields = message
            self.parties[to].receive(kind, transfer, fields)

    @rule(messages=st.integers(1, 5))
    def go_on_well(self, messages: int) -> None:
        """A while without message faults, so that long chains of transfers come about."""
        for message in self.network[:messages]:
            self.network.remove(message)
            to, kind, transfer, fields = message
            self.parties[to].receive(kind, transfer, fields)
        for party in self.parties.values():
            for record in party.ledger.records():
                if record.status is CustodyStatus.RECEIVING and party.may_move(record):
                    self.carry(record, "there")
                    party.decide(record)

    @rule(choice=choices, index=st.integers(0, 1))
    def begin(self, choice: int, index: int) -> None:
        party, record = self.choose(choice, CustodyStatus.HELD)
        if party is not None:
            party.step("begin", record.tube, PLACES[party.name][index], f"{party.name}.joints")

    @rule(choice=choices, how=st.sampled_from(["there", "there", "back", "dropped"]))
    def move(self, choice: int, how: str) -> None:
        party, record = self.choose(choice, CustodyStatus.RECEIVING, CustodyStatus.IN_TRANSIT)
        if party is not None and party.may_move(record):
            self.carry(record, how)

    def carry(self, record: CustodyRecord, how: str) -> None:
        assert record.destination is not None
        if self.world.place[record.tube] in (record.place, record.destination):
            ends = {"there": record.destination, "back": record.place, "dropped": "ground"}
            self.world.place[record.tube] = ends[how]

    @rule(choice=choices, openly_lost=st.booleans())
    def conclude(self, choice: int, openly_lost: bool) -> None:
        party, record = self.choose(choice, CustodyStatus.RECEIVING, CustodyStatus.IN_TRANSIT)
        if party is None:
            return
        if record.status is CustodyStatus.RECEIVING:
            party.decide(record, openly_lost)
        elif record.transfer_id is None:
            party.end_move(record)

    @rule(choice=choices)
    def give_up(self, choice: int) -> None:
        """A giver that says openly that it does not know, before the receiver has decided."""
        party, record = self.choose(choice, CustodyStatus.IN_TRANSIT)
        if party is not None:
            party.step("lose", record.tube, "out of sight")

    @rule(choice=choices)
    def search(self, choice: int) -> None:
        party, record = self.choose(choice, CustodyStatus.UNKNOWN)
        if party is not None:
            party.search(record)

    @rule(choice=choices)
    def cede(self, choice: int) -> None:
        party, record = self.choose(choice, CustodyStatus.UNKNOWN)
        if party is not None and self.world.place[record.tube] == "ground":
            party.cede(record)

    @rule(name=node_names, when=st.sampled_from(["now", "before commit", "after commit"]))
    def crash(self, name: str, when: str) -> None:
        if when == "now":
            self.parties[name].crash()
        else:
            self.parties[name].crash_at = when

    @rule(name=node_names)
    def settle(self, name: str) -> None:
        self.parties[name].settle()

    @invariant()
    def the_account_agrees_with_the_truth(self) -> None:
        ledgers = {name: party.ledger.records() for name, party in self.parties.items()}
        for tube, told in account(ledgers).items():
            assert told.problem is None, told
            assert agrees(told, self.world.place[tube], dropped_to="ground"), told

    def heal_and_settle(self) -> None:
        for party in self.parties.values():
            party.crash_at = None
        for _ in range(6):
            for party in self.parties.values():
                party.settle()
            while self.network:
                to, kind, transfer, fields = self.network.pop(0)
                self.parties[to].receive(kind, transfer, fields)
            for party in self.parties.values():
                for record in party.ledger.records():
                    if record.status is CustodyStatus.RECEIVING:
                        if party.may_move(record):
                            self.carry(record, "there")
                        party.decide(record)
            self.the_account_agrees_with_the_truth()
        self.find_what_is_unknown()
        ledgers = {name: party.ledger.records() for name, party in self.parties.items()}
        told = account(ledgers)
        for tube in TUBES if told else ():
            assert told[tube].place == self.world.place[tube]
            assert len(told[tube].holders) == 1
        for party in self.parties.values():
            assert [r for r in party.ledger.open_transfers() if r.transfer_id] == []
            newest = {record.tube: record for record in party.published}
            assert all(r.sequence >= newest[r.tube].sequence for r in party.ledger.records())

    def find_what_is_unknown(self) -> None:
        for party in self.parties.values():
            for record in party.ledger.records():
                if record.status is CustodyStatus.UNKNOWN:
                    party.search(record)


TestCustody = CustodyMachine.TestCase
TestCustody.settings = settings(
    max_examples=40, stateful_step_count=50, derandomize=True, database=None, deadline=None
)


@pytest.mark.parametrize("seed", range(16))
def test_long_walks_end_with_one_holder(seed: int) -> None:
    """Hypothesis prefers short stories; these are long, with many transfers of each tube."""
    stream = random.Random(seed)
    machine = CustodyMachine()
    machine.load()
    try:
        for _ in range(250):
            random_step(machine, stream)
            machine.the_account_agrees_with_the_truth()
    finally:
        machine.teardown()


def random_step(machine: CustodyMachine, stream: random.Random) -> None:
    choice, index, name = stream.randrange(12), stream.randrange(2), stream.choice(NODES)
    steps: list[tuple[int, Callable[[], None]]] = [
        (6, lambda: machine.offer(choice, index)),
        (1, lambda: machine.withdraw(choice)),
        (12, lambda: machine.deliver(stream.randrange(31), "none")),
        (3, lambda: machine.deliver(stream.randrange(31), stream.choice(["twice", "lost"]))),
        (8, lambda: machine.go_on_well(stream.randint(1, 5))),
        (4, lambda: machine.begin(choice, index)),
        (8, lambda: machine.move(choice, stream.choice(["there", "there", "back", "dropped"]))),
        (4, lambda: machine.conclude(choice, stream.random() < 0.5)),
        (1, lambda: machine.give_up(choice)),
        (4, lambda: machine.search(choice)),
        (1, lambda: machine.cede(choice)),
        (2, lambda: machine.crash(name, stream.choice(["now", "before commit", "after commit"]))),
        (3, lambda: machine.settle(name)),
    ]
    weights = [weight for weight, _ in steps]
    stream.choices([step for _, step in steps], weights)[0]()
