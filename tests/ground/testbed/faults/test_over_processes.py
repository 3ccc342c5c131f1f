"""The same faults where each participant has a process of its own."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.testbed.processes.processes import Processes
from sim_hw.faults.bus_kinds import Delay, Drop
from sim_hw.faults.fault import Nth
from sim_hw.faults.ground_kinds import OperatorLate
from sim_hw.faults.link_kinds import Outage
from sim_hw.faults.node_kinds import ClockStep, Crash, Hang, NodeKind, OldFiles, SideSwap
from sim_hw.faults.store_kinds import Full
from sim_hw.faults.value_kinds import NotANumber
from sim_hw.faults.world_kinds import ParasiticLoad
from tests.ground.testbed.faults.flights import at, fault, flown

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("kind", "why"),
    [(SideSwap(), "one computer"), (OldFiles(after=5.0), "in the process of its computer")],
)
def test_what_cannot_be_over_processes_is_refused_before_anything_begins(
    tmp_path: Path, kind: NodeKind, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        flown(tmp_path, fault("odd", "node:rover", kind, at(10.0)), host=Processes())
    assert "fault odd" in str(caught.value) and kind.name() in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_one_of_each_sort_hits_and_heals(tmp_path: Path) -> None:
    flight = flown(
        tmp_path,
        fault("nan", "device:rover.battery", NotANumber(), at(100.0), 5000.0, method="state"),
        fault("calls", "bus:perseverance", Drop(), Nth(nth=1, calls=2), method="perseverance.uhf"),
        fault("late", "bus:hardware", Delay(by=0.5), at(10.0), 4000.0, method="lander.battery"),
        fault("full", "store:arm", Full(), at(100.0), 4000.0),
        fault("clock", "node:rover", ClockStep(by=-50.0), at(1000.0), 5000.0),
        fault("again", "node:rover", Crash(), at(3000.0)),
        fault("mail", "node:lander", Hang(), at(6900.0), 300.0),
        fault("stand", "node:arm", Hang(of="process"), at(5000.0), 500.0),
        fault("sky", "link:relay", Outage(vehicle="perseverance"), at(100.0), 50_000.0),
        fault("watts", "world:lander", ParasiticLoad(power=50.0), at(100.0), 500.0),
        fault("slip", "ground:mission_control", OperatorLate(by=1.0), at(1.0)),
        sols=0.3,  # with a second pass, should the first be over when the mailbox is free
        host=Processes(),
    )
    for name in ("nan", "calls", "late", "full", "clock", "again", "mail", "stand", "watts"):
        assert flight.of(name, "began") and flight.of(name, "hit"), name
    assert len(flight.of("calls", "hit")) == 2
    for name in ("nan", "late", "full", "mail", "stand", "watts"):
        assert [line["time"] for line in flight.of(name, "healed")], name
        last = max(line["time"] for line in flight.of(name, "hit"))
        assert last <= flight.of(name, "healed")[0]["time"], name
    errors = {
        round(event.time_ns / 1e9 - time)
        for time, event in flight.events("rover", "booted")
        if time > 10.0
    }
    assert errors == {-50}  # the clock is wrong over the boot
    reports = [t for t, m in flight.told if type(m).__name__ == "CommandReport" and t > 6900.0]
    assert reports and min(reports) >= 7200.0  # the mailbox is free again, and was not before
    events = (tmp_path / "run" / "events.jsonl").read_text()
    assert "time_went_on" not in events  # whatever a fault takes away or adds is accounted for
