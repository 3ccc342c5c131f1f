"""Orbiter and capsule together: let go on time, awake at the entry, and nothing of mass is lost.

Each flight begins at Mars with the container on board: some seconds of machine time, since the
cruise with its corrections decides when and how the capsule comes to the Earth.
"""

import asyncio
import math
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "orbiter"))

from bench import Bench, bench, manifest

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, julian_date
from flight.core.custody.ledger import CustodyStatus
from flight.entry.flying import JOURNAL
from flight.entry.node import EntryCapsule
from flight.icd.messages import Rung
from flight.icd.places import ORBITER
from flight.orbiter.custody import end_capture, find_in_orbit
from flight.runtime.loop import VirtualLoop, run
from ground.missions.protection_files import plain
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import entry

SHORTLY_BEFORE_THE_WINDOW = julian_date(2030, 10, 25)
CONTAINER_MASS, CAPSULE_MASS = 16.0, 85.0


class Flight:
    """The bench of the orbiter, with the capsule in its rig and in its world."""

    def __init__(self, b: Bench) -> None:
        self.b = b
        file = load_vehicle_file(EntryCapsule, entry.HARDWARE)
        _, devices = entry.build(b.world, file.hardware)
        for name, device in devices.items():
            b.rig.add_device(f"entry.{name}", device)
        self.truth = entry.flight_of(devices)
        self.felt: list[tuple[float, float]] = []
        self.truth.watchers.append(lambda load: self.felt.append((b.world.now(), load)))
        self.capsule: Any = b.rig.add_node(
            EntryCapsule, file.flight, protection=plain(file.protection)
        )
        self.burns: list[tuple[float, float]] = []
        use = b.vehicle.use

        def noted(delta_v: float, specific_impulse: float) -> None:
            self.burns.append((delta_v, specific_impulse))
            use(delta_v, specific_impulse)

        b.vehicle.use = noted  # type: ignore[method-assign]

    async def take_the_container(self) -> None:
        b = self.b
        await b.do("load_manifest", records=manifest(b.tubes))
        b.vehicle.captured, b.vehicle.taken = True, CONTAINER_MASS
        b.world.tubes.carry("orbit", ORBITER)
        find_in_orbit(b.node, 10.0)
        assert end_capture(b.node, True, "felt") == len(b.tubes)
        b.node.container_captured = True
        await b.do("enter_safe")
        await asyncio.sleep(1.0)
        await b.do("leave_safe")
        await asyncio.sleep(1.0)
        await b.do("contain")

    async def order(self, name: str, **arguments: Any) -> None:
        report = await self.b.rig.command("entry", name, **arguments)
        assert report.rung == Rung.COMPLETED, report

    async def to_the_approach(self) -> None:
        await self.take_the_container()
        await self.order("run_checks")
        await self.b.do("depart")
        await self.b.rig.wait_for_state("orbiter", "approach", 1e9)
        days = self.b.node.parameters["release_days"]
        await self.order("arm", entry_after=days * SECONDS_PER_DAY)

    async def to_the_ground(self) -> None:
        await self.b.rig.wait_for_state("entry", "landed", timeout=4.0 * SECONDS_PER_DAY)
        await asyncio.sleep(5.0)

    def check_the_peak(self) -> None:
        """The journal holds the peak of the braking as it truly was."""
        assert self.truth.landed_at is not None
        braking = max(load for time, load in self.felt if time < self.truth.landed_at - 1.0)
        assert 130.0 < braking / STANDARD_GRAVITY < 190.0
        samples = self.capsule.storage.read(JOURNAL)
        braked = [sample for _, sample in samples if sample[0] == "braking"]
        kept = max(abs(axial) for _, _, axial, _ in braked if axial is not None)
        assert kept == pytest.approx(braking, rel=0.02)
        assert self.capsule.peak_load == pytest.approx(braking, rel=0.01)
        assert not {"sensor_outvoted", "landing_unsure"} & set(self.b.rig.event_names("entry"))

    def check_the_masses(self) -> None:
        """By the rocket equation over all burns, from the masses at Mars."""
        vehicle = self.b.vehicle
        p = vehicle.parameters
        mass, taken = p.dry_mass + p.propellant + CONTAINER_MASS, CONTAINER_MASS
        # The deflection is the one burn after the release.
        for index, (delta_v, specific_impulse) in enumerate(self.burns):
            if index == len(self.burns) - 1:
                mass, taken = mass - CAPSULE_MASS, taken - CAPSULE_MASS
            mass *= math.exp(-delta_v / (specific_impulse * STANDARD_GRAVITY))
        assert len(self.burns) > 3
        assert vehicle.mass == pytest.approx(mass, rel=1e-12)
        assert vehicle.propellant == pytest.approx(mass - p.dry_mass - taken, rel=1e-12)


@asynccontextmanager
async def flight(folder: Path, seed: int) -> AsyncIterator[Flight]:
    async with bench(folder, seed=seed, epoch=SHORTLY_BEFORE_THE_WINDOW) as b:
        yield Flight(b)


@pytest.mark.parametrize("seed", [1, pytest.param(5, marks=pytest.mark.check)])
def test_the_capsule_is_awake_at_its_entry_and_its_journal_holds_the_peak(
    tmp_path: Path, seed: int
) -> None:
    async def main() -> None:
        async with flight(tmp_path, seed) as f:
            await f.to_the_approach()
            await f.b.do("release_capsule")
            await f.b.do("deflect")
            await f.to_the_ground()
            assert "entry_not_told" not in f.b.rig.event_names("orbiter")
            told = [e for e in f.b.rig.events if e.name == "landing_predicted"][-1].data
            carrier = f.b.world.space.bodies["entry_capsule"]
            released = f.truth.released_at
            assert released is not None
            # The timer is set from the prediction, and the release comes when it was meant to.
            assert f.capsule.entry_after == pytest.approx(told["entry_time"] - released, abs=2.0)
            assert carrier.time >= told["entry_time"]
            [sensed] = [e for e in f.b.rig.events if e.name == "entry_sensed"]
            assert 0.0 < sensed.data["late"] < 60.0
            f.check_the_peak()
            f.check_the_masses()
            held = [(r.place, r.status) for r in f.capsule.ledger.records()]
            assert held == [("earth", CustodyStatus.HELD)] * 3

    run(main(), VirtualLoop())


def test_springs_that_stick_once_delay_the_release_and_the_timer_knows(tmp_path: Path) -> None:
    async def main() -> None:
        async with flight(tmp_path, 2) as f:
            await f.to_the_approach()
            f.b.devices["capsule_release"].fail("stuck")
            await f.b.do("release_capsule")
            await f.to_the_ground()
            days = f.b.node.parameters["release_days"]
            assert f.capsule.entry_after < days * SECONDS_PER_DAY - 1800.0
            f.check_the_peak()

    run(main(), VirtualLoop())
