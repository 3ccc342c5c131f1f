"""What a run is ahead of: only while mission time is held to the wall's, and what is not permitted
is said."""

import gc
import os
from typing import Any

import pytest

from sim_hw.bench import realtime
from sim_hw.bench.realtime import NOT_FIFO, NOT_LOCKED, PRIORITY, Ahead, of_the_run


class Machine:
    """Which policies were set, and whether memory is locked."""

    def __init__(self, permits: bool) -> None:
        self.permits, self.policies, self.locked = permits, [(os.SCHED_OTHER, 0)], False

    def set(self, _: int, policy: int, parameter: Any) -> None:
        if policy == os.SCHED_FIFO and not self.permits:
            raise PermissionError
        self.policies.append((policy, parameter.sched_priority))

    def lock(self, on: bool) -> bool:
        self.locked = on and self.permits
        return self.permits


@pytest.fixture(params=[True, False])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(request.param)
    monkeypatch.setattr(os, "sched_setscheduler", made.set)
    monkeypatch.setattr(os, "sched_getscheduler", lambda _: made.policies[-1][0])
    monkeypatch.setattr(os, "sched_getparam", lambda _: os.sched_param(made.policies[-1][1]))
    monkeypatch.setattr(realtime, "_lock_memory", made.lock)
    return made


def test_a_run_is_ahead_while_it_is_held_and_as_any_program_else(machine: Machine) -> None:
    fifo, other = (os.SCHED_FIFO, of_the_run(PRIORITY)), (os.SCHED_OTHER, 0)
    ahead = Ahead(of_the_run(PRIORITY))
    assert ahead.refused == ([] if machine.permits else [NOT_LOCKED, NOT_FIFO])
    assert machine.policies[-1] == other and machine.locked is machine.permits and gc.isenabled()
    for _ in range(3):  # told again and again that it is held: once is enough
        ahead.take()
    assert machine.policies[-1] == (fifo if machine.permits else other) and not gc.isenabled()
    ahead.leave()
    ahead.leave()
    assert machine.policies[-1] == other and gc.isenabled() and machine.locked is machine.permits
    ahead.take()
    ahead.end()
    assert machine.policies[-1] == other and gc.isenabled() and not machine.locked
    assert len(ahead.refused) in (0, 2)  # each is said once


def test_a_run_is_behind_the_bench_process_and_who_writes_its_recording() -> None:
    assert of_the_run(PRIORITY) < PRIORITY - 1
