"""The recorder keeps what matters most, within its bounds, until it is acknowledged."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.core.keeping.storage import Storage
from flight.core.telling.recorder import Recorder, RecorderPolicy

RECORD_OVERHEAD_BYTES = 32

ROOMY = 1_000_000


def room_for(records: int, payload_bytes: int = 1) -> int:
    return records * (payload_bytes + RECORD_OVERHEAD_BYTES)


class Board:
    """A storage that can be killed, and the recorder in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.storage = Storage(path)

    def recorder(
        self, capacity_bytes: int = ROOMY, policy: RecorderPolicy | None = None
    ) -> Recorder:
        return Recorder(self.storage, capacity_bytes, policy)

    def kill(self) -> None:
        self.storage.crash()
        self.storage = Storage(self.path)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    board = Board(tmp_path / "node.sqlite")
    yield board
    board.storage.close()


def payloads(taken: list[tuple[int, bytes]]) -> list[bytes]:
    return [payload for _, payload in taken]


def test_the_most_important_goes_first_then_the_oldest(board: Board) -> None:
    recorder = board.recorder()
    for priority, payload in ((4, b"a"), (2, b"b"), (4, b"c"), (0, b"d"), (2, b"e")):
        recorder.record(priority, payload)
    assert payloads(recorder.take(100)) == [b"d", b"b", b"e", b"a", b"c"]
    assert recorder.take(100) == []
    assert (recorder.pending, recorder.in_flight) == (0, 5)


def test_what_is_taken_fits_the_budget(board: Board) -> None:
    recorder = board.recorder()
    for payload in (b"aaaa", b"bbbb", b"cccc"):
        recorder.record(3, payload)
    assert payloads(recorder.take(11)) == [b"aaaa", b"bbbb"]
    assert payloads(recorder.take(3)) == [b"cccc"]  # alone, rather than never


def test_acknowledged_records_are_forgotten_for_good(board: Board) -> None:
    recorder = board.recorder()
    for payload in (b"a", b"b", b"c"):
        recorder.record(1, payload)
    first, second, _ = (number for number, _ in recorder.take(100))
    recorder.acknowledge([second, first, second, 999])
    assert recorder.used_bytes == room_for(1)
    board.kill()
    assert payloads(board.recorder().take(100)) == [b"c"]


def test_after_a_lost_pass_all_is_sent_again_in_the_old_order(board: Board) -> None:
    recorder = board.recorder()
    for payload in (b"a", b"b", b"c", b"d"):
        recorder.record(3, payload)
    first = [number for number, _ in recorder.take(2)]
    recorder.take(1)
    recorder.release(first[1:])
    assert payloads(recorder.take(1)) == [b"b"]
    recorder.release_unacknowledged()
    assert payloads(recorder.take(100)) == [b"a", b"b", b"c", b"d"]


def test_a_full_recorder_drops_the_oldest_of_the_least_important(board: Board) -> None:
    told: list[Mapping[int, int]] = []
    recorder = Recorder(board.storage, room_for(3), on_drop=told.append)
    for priority, payload in ((3, b"a"), (5, b"b"), (5, b"c")):
        recorder.record(priority, payload)
    assert recorder.record(4, b"d") is not None
    assert recorder.record(2, b"e") is not None
    assert recorder.record(5, b"f") is None  # nothing less important is left
    assert payloads(recorder.take(100)) == [b"e", b"a", b"d"]
    assert recorder.drops == {5: 3}
    assert told == []
    recorder.flush()
    recorder.flush()
    assert told == [{5: 3}]


def test_records_in_flight_are_not_dropped(board: Board) -> None:
    recorder = board.recorder(room_for(2))
    recorder.record(5, b"a")
    recorder.record(5, b"b")
    [(number, _)] = recorder.take(1)
    assert recorder.record(0, b"c") is not None
    assert recorder.record(0, b"d") is not None
    assert recorder.record(1, b"e") is None
    recorder.release([number])
    assert payloads(recorder.take(100)) == [b"d", b"a"]


def test_a_record_larger_than_the_recorder_drops_nothing_else(board: Board) -> None:
    recorder = board.recorder(room_for(2))
    recorder.record(5, b"a")
    assert recorder.record(0, b"x" * 1000) is None
    assert payloads(recorder.take(100)) == [b"a"]
    assert recorder.drops == {0: 1}


def test_an_event_about_drops_may_itself_be_recorded(board: Board) -> None:
    def report(drops: Mapping[int, int]) -> None:
        recorder.record(0, b"e")

    recorder = Recorder(board.storage, room_for(2), on_drop=report)
    for _ in range(4):
        recorder.record(5, b"t")
    recorder.flush()
    assert payloads(recorder.take(100)) == [b"e", b"t"]
    assert recorder.drops == {5: 3}


def test_a_kill_loses_only_the_unwritten_tail_of_what_can_wait(board: Board) -> None:
    recorder = board.recorder(policy=RecorderPolicy(flush_priority=1, buffer_records=3))
    recorder.record(4, b"a")
    recorder.record(1, b"event")  # takes the older ones with it
    for payload in (b"b", b"c", b"d", b"lost"):
        recorder.record(4, payload)
    board.kill()
    assert payloads(board.recorder().take(100)) == [b"event", b"a", b"b", b"c", b"d"]


def test_thousands_of_small_records_cost_few_commits(board: Board) -> None:
    recorder = board.recorder()
    commits: list[str] = []
    board.storage._open().set_trace_callback(
        lambda statement: commits.append(statement) if statement == "COMMIT" else None
    )
    for number in range(5000):
        recorder.record(4, b"%d" % number)
    recorder.flush()
    assert len(commits) <= 20
    assert board.recorder().pending == 5000


def test_numbers_go_on_after_a_reboot(board: Board) -> None:
    recorder = board.recorder()
    [number] = [recorder.record(0, b"a")]
    recorder.take(10)
    recorder.acknowledge([number or 0])
    board.kill()
    assert board.recorder().record(0, b"b") == 2


def test_drop_counts_survive_a_reboot(board: Board) -> None:
    recorder = board.recorder(room_for(1))
    recorder.record(5, b"a")
    recorder.record(5, b"b")
    recorder.flush()
    board.kill()
    recorder = board.recorder(room_for(1))
    assert recorder.drops == {5: 1}
    assert payloads(recorder.take(100)) == [b"b"]


def test_a_smaller_capacity_after_a_reboot_is_obeyed(board: Board) -> None:
    recorder = board.recorder()
    for priority in (5, 1, 5):
        recorder.record(priority, b"%d" % priority)
    recorder.flush()
    recorder = board.recorder(room_for(1))
    assert payloads(recorder.take(100)) == [b"1"]


def test_inside_a_transaction_records_are_written_when_it_is_committed(board: Board) -> None:
    recorder = board.recorder()
    with pytest.raises(KeyError), board.storage.transaction():
        recorder.record(0, b"a")
        raise KeyError
    with board.storage.transaction():
        recorder.record(0, b"b")
    board.kill()
    assert payloads(board.recorder().take(100)) == [b"a", b"b"]


def test_damaged_records_are_left_out_and_counted(board: Board) -> None:
    recorder = board.recorder()
    for payload in (b"a", b"b", b"c"):
        recorder.record(0, payload)
    connection = sqlite3.connect(board.path)
    with connection:
        connection.execute("UPDATE entry SET value = X'00' WHERE number = 2")
    connection.close()
    assert payloads(recorder.take(100)) == [b"a", b"c"]
    assert (recorder.damaged, recorder.drops) == (1, {0: 1})
    board.kill()
    recorder = board.recorder()
    assert payloads(recorder.take(100)) == [b"a", b"c"]
    assert recorder.damaged == 1
    assert board.recorder().damaged == 0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(0, 4), st.integers(0, 40)),
        st.tuples(st.just("take"), st.integers(0, 100), st.just(0)),
        st.tuples(st.just("acknowledge"), st.just(0), st.just(0)),
        st.tuples(st.just("release"), st.just(0), st.just(0)),
        st.tuples(st.just("flush"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(steps=STEPS, capacity=st.integers(30, 600))
def test_every_record_is_waiting_in_flight_acknowledged_or_counted_as_dropped(
    steps: list[tuple[str, int, int]], capacity: int
) -> None:
    storage = Storage(":memory:")
    recorder = Recorder(storage, capacity, RecorderPolicy(buffer_records=4))
    offered = acknowledged = 0
    flying: list[int] = []
    for step, first, second in steps:
        if step == "record":
            offered += 1
            recorder.record(first, b"x" * second)
        elif step == "take":
            flying += [number for number, _ in recorder.take(first)]
        elif step == "acknowledge":
            acknowledged += len(flying[::2])
            recorder.acknowledge(flying[::2])
            flying = flying[1::2]
        elif step == "release":
            recorder.release_unacknowledged()
            flying = []
        else:
            recorder.flush()
        kept = recorder.pending + recorder.in_flight
        assert offered == kept + acknowledged + sum(recorder.drops.values())
        assert recorder.used_bytes <= capacity
        assert recorder.in_flight == len(flying)
    recorder.flush()
    again = Recorder(storage, capacity)
    assert again.pending == recorder.pending + recorder.in_flight
    assert again.used_bytes == recorder.used_bytes
    assert again.drops == recorder.drops
    storage.close()
