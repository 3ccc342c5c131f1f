"""The MAV believes what it feels: no acknowledgement alone lights a motor or ends a flight."""

import asyncio
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from launch_bench import EPOCH, TUBES, LaunchBench, launch_bench

from flight.core.custody.ledger import CustodyStatus
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.computers.protections import parts_without
from ground.testbed.rig import Rig

Harm = Callable[[LaunchBench], None]


def claims(b: LaunchBench, device: str, method: str, times: int, **said: Any) -> None:
    """The device says that it has done it, and has done nothing, the first times."""
    real = b.device(device)
    original = getattr(real, method)
    left = [times]

    async def claimed() -> Any:
        if left[0] == 0:
            return await original()
        left[0] -= 1
        return msgspec.structs.replace(await real.state(), **said)

    setattr(real, method, claimed)


def is_mute(b: LaunchBench, device: str, method: str) -> None:
    """The device does it, and never answers."""
    original = getattr(b.device(device), method)

    async def mute() -> Any:
        await original()
        await asyncio.Event().wait()

    setattr(b.device(device), method, mute)


async def launch(b: LaunchBench) -> Any:
    return await b.rig.command("mav", "launch")


def assert_in_orbit(b: LaunchBench, report: Any) -> None:
    assert report.rung == "COMPLETED", report
    assert b.places() == ["orbit"] * len(TUBES)
    low, high = b.true_heights()
    assert 280.0 < low <= high < 400.0


@pytest.mark.requirement("FLT-09")
def test_no_motor_is_lit_in_the_tube_when_the_ejection_is_only_acknowledged(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            claims(b, "ejector", "eject", 9, charged=False, in_tube=False)
            report = await launch(b)
            assert report.rung == "FAILED" and "not ejected" in report.detail
            assert b.device("first_igniter").charges == 2, "it was never commanded"
            unconfirmed = [e.data for e in b.rig.events if e.name == "result_unconfirmed"]
            assert unconfirmed == [{"actuation": "ejector.eject", "witness": "inertial_unit"}]
            await b.rig.wait_for_state("mav", "ready")
            assert {r.status for r in b.mav.ledger.records()} == {CustodyStatus.HELD}

    run(main(), VirtualLoop())


ALONE: dict[str, Harm] = {
    "ejector does not answer": lambda b: is_mute(b, "ejector", "eject"),
    "first ignition acknowledged only": lambda b: claims(b, "first_igniter", "fire", 1, charges=1),
    "separation acknowledged only": lambda b: claims(
        b, "separation", "separate_stage", 1, first_stage=False
    ),
    "first igniter does not answer": lambda b: is_mute(b, "first_igniter", "fire"),
    "second igniter does not answer": lambda b: is_mute(b, "second_igniter", "fire"),
    "second ignition acknowledged only": lambda b: claims(
        b, "second_igniter", "fire", 1, charges=1
    ),
    "separation acknowledged only, for some time": lambda b: claims(
        b, "separation", "separate_stage", 3, first_stage=False
    ),
    "separation does not answer": lambda b: is_mute(b, "separation", "separate_stage"),
    "fairing acknowledged only": lambda b: claims(
        b, "separation", "release_fairing", 1, fairing=False
    ),
    "container acknowledged only": lambda b: claims(
        b, "separation", "release_container", 1, container=False
    ),
}


@pytest.mark.requirement("FLT-09")
def test_acknowledgements_of_each_sort_that_are_wrong_or_missing_cost_no_flight(
    tmp_path: Path,
) -> None:
    """All in one flight; one alone in each is among the checks."""

    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            for case in (
                "ejector does not answer", "first ignition acknowledged only",
                "separation acknowledged only", "container acknowledged only",
            ):  # fmt: skip
                ALONE[case](b)
            assert_in_orbit(b, await launch(b))
            assert b.auditor.violations == []
            told = [e.data["actuation"] for e in b.rig.events if e.name == "result_unconfirmed"]
            assert told == [
                "first_igniter.fire", "separation.separate_stage", "separation.release_container",
            ]  # fmt: skip

    run(main(), VirtualLoop())


@pytest.mark.check
@pytest.mark.parametrize("case", ALONE)
@pytest.mark.requirement("FLT-09")
def test_one_acknowledgement_that_is_wrong_or_missing_costs_no_flight(
    tmp_path: Path, case: str
) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            ALONE[case](b)
            assert_in_orbit(b, await launch(b))
            assert b.auditor.violations == []
            told = "result_unconfirmed" in b.rig.event_names("mav")
            assert told == ("acknowledged only" in case)

    run(main(), VirtualLoop())


def test_an_igniter_that_does_not_answer_keeps_nobody_from_steering(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            is_mute(b, "first_igniter", "fire")
            steered: list[float] = []
            effectors = b.device("effectors")
            original = effectors.steer

            async def steer(*arguments: Any, **named: Any) -> Any:
                steered.append(asyncio.get_running_loop().time())
                return await original(*arguments, **named)

            effectors.steer = steer
            b.fire()
            await b.rig.wait_for_state("mav", "launching.first_burn")
            await asyncio.sleep(5.0)
            recent = [time for time in steered if time > steered[-1] - 6.0]
            gaps = [after - before for before, after in itertools.pairwise(recent)]
            assert max(gaps) < 0.1

    run(main(), VirtualLoop())


@pytest.mark.parametrize("after", [0.3, pytest.param(0.9, marks=pytest.mark.check)])
def test_a_computer_that_is_started_anew_in_mid_air_lights_the_motor(
    tmp_path: Path, after: float
) -> None:
    """Half a second after the throw there is still air below: a warm start is in time."""

    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            identifier = b.fire()
            await b.rig.wait_for_event("mav", "ejected")
            await asyncio.sleep(after)
            assert b.mav.state == "launching.ejecting"
            await b.rig.kill("mav")
            await asyncio.sleep(0.5)
            await b.rig.restart("mav")
            report = await b.rig.wait_for_end(identifier)
            assert report.rung == "COMPLETED", report
            assert b.places() == ["orbit"] * len(TUBES)
            # Nobody steered for half a second, and the fall is known as badly: it costs height.
            low, high = b.true_heights()
            assert 120.0 < low <= high < 400.0

    run(main(), VirtualLoop())


@pytest.mark.requirement("CUS-13")
def test_a_container_that_is_only_said_to_be_let_go_is_not_stated_to_be_in_orbit(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            claims(b, "separation", "release_container", 99, container=False)
            report = await launch(b)
            assert b.auditor.violations == []
            assert "result_unconfirmed" in b.rig.event_names("mav")
            assert report.rung == "FAILED" and "was not let go" in report.detail
            assert b.places() == ["mav"] * len(TUBES)
            records = b.mav.ledger.records()
            assert {(r.place, r.status) for r in records} == {("mav", CustodyStatus.HELD)}

    run(main(), VirtualLoop())


def test_without_the_witnesses_a_motor_is_lit_in_the_tube(tmp_path: Path) -> None:
    """What they are for: a drill that takes them away sees the fault do its work."""

    async def main() -> None:
        parts = parts_without(("witnesses",))
        async with Rig(tmp_path, epoch_jd_tt=EPOCH, parts=parts) as rig:
            b = LaunchBench(rig, 1)
            await b.prepare()
            claims(b, "ejector", "eject", 9, charged=False, in_tube=False)
            await launch(b)
            assert b.device("first_igniter").charges < 2 and b.truth.body is None

    run(main(), VirtualLoop())
