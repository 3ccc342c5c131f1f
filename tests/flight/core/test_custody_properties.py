"""Under any order of steps, crashes and message faults no tube is lost or counted twice."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flight.core.custody import (
    CustodyError,
    CustodyLedger,
    CustodyRecord,
    CustodyStatus,
    Evidence,
    Outcome,
)
from flight.core.storage import Storage, StorageClosed
from flight.icd.custody_account import account, agrees

TUBES = ("Malay", "Montdenier")
NODES = ("rover", "arm")
PLACES = {"rover": ("rover_rack", "rover_gripper"), "arm": ("arm_gripper", "container")}
OTHER = {"rover": "arm", "arm": "rover"}
MOVER = "arm.gripper"


class World:
    """Where the tubes truly are; its cameras see everything within reach of a node."""

    def __init__(self) -> None:
        self.place = {tube: "rover_rack" for tube in TUBES}

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
        for record in self.ledger.open_transfers():
            if record.transfer_id is None:
                self.end_move(record)
            elif record.status is CustodyStatus.OFFERED:
                self.send_offer(record)
            else:
                self.send("query", record.transfer_id)

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
tube_names = st.sampled_from(TUBES)


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
        for tube in TUBES:
            self.parties["rover"].ledger.adopt(
                tube, "rover_rack", Evidence("mission_load", "load list")
            )

    def teardown(self) -> None:
        try:
            self.heal_and_settle()
        finally:
            for party in self.parties.values():
                party.storage.close()
            self.folder.cleanup()

    @rule(name=node_names, tube=tube_names, index=st.integers(0, 1))
    def offer(self, name: str, tube: str, index: int) -> None:
        party, destination = self.parties[name], PLACES[OTHER[name]][index]
        record = party.ledger.record(tube)
        if record is None or record.status is not CustodyStatus.HELD or record.place == "ground":
            return
        if party.step("offer", tube, OTHER[name], destination, MOVER):
            offered = party.ledger.record(tube)
            assert offered is not None
            party.send_offer(offered)

    @rule(name=node_names, tube=tube_names)
    def withdraw(self, name: str, tube: str) -> None:
        record = self.parties[name].ledger.record(tube)
        if record is not None and record.status is CustodyStatus.OFFERED:
            self.parties[name].step("cancel", record.transfer_id)

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
        for name, party in self.parties.items():
            for record in party.ledger.records():
                if record.status is CustodyStatus.RECEIVING and party.may_move(record):
                    self.move(name, record.tube, "there")
                    party.decide(record)

    @rule(name=node_names, tube=tube_names, index=st.integers(0, 1))
    def begin(self, name: str, tube: str, index: int) -> None:
        party = self.parties[name]
        record = party.ledger.record(tube)
        if record is not None and record.status is CustodyStatus.HELD:
            party.step("begin", tube, PLACES[name][index], f"{name}.joints")

    @rule(name=node_names, tube=tube_names, how=st.sampled_from(["there", "back", "dropped"]))
    def move(self, name: str, tube: str, how: str) -> None:
        party = self.parties[name]
        record = party.ledger.record(tube)
        if record is None or not party.may_move(record) or record.destination is None:
            return
        if self.world.place[tube] in (record.place, record.destination):
            ends = {"there": record.destination, "back": record.place, "dropped": "ground"}
            self.world.place[tube] = ends[how]

    @rule(name=node_names, tube=tube_names, openly_lost=st.booleans())
    def conclude(self, name: str, tube: str, openly_lost: bool) -> None:
        party = self.parties[name]
        record = party.ledger.record(tube)
        if record is None:
            return
        if record.status is CustodyStatus.RECEIVING:
            party.decide(record, openly_lost)
        elif record.status is CustodyStatus.IN_TRANSIT and record.transfer_id is None:
            party.end_move(record)

    @rule(name=node_names, tube=tube_names)
    def give_up(self, name: str, tube: str) -> None:
        """A giver that says openly that it does not know, before the receiver has decided."""
        party = self.parties[name]
        record = party.ledger.record(tube)
        if record is not None and record.status is CustodyStatus.IN_TRANSIT:
            party.step("lose", tube, "out of sight")

    @rule(name=node_names, tube=tube_names)
    def search(self, name: str, tube: str) -> None:
        record = self.parties[name].ledger.record(tube)
        if record is not None and record.status is CustodyStatus.UNKNOWN:
            self.parties[name].search(record)

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
        for tube in TUBES:
            for party in self.parties.values():
                told = account({n: p.ledger.records() for n, p in self.parties.items()})
                record = party.ledger.record(tube)
                free = record is not None and record.status in (
                    CustodyStatus.UNKNOWN,
                    CustodyStatus.DECLINED,
                    CustodyStatus.HANDED_OVER,
                )
                if record is not None and free and told[tube].last_seen is not None:
                    party.search(record)


TestCustody = CustodyMachine.TestCase
TestCustody.settings = settings(
    max_examples=120, stateful_step_count=50, derandomize=True, database=None, deadline=None
)
