"""The lander on its way down, in a rig: the whole descent over the bus, and what may go wrong."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from flight.astrodynamics.site_frame import SiteFrame
from flight.icd.messages import EventReport
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.node import Lander
from flight.runtime.loop import VirtualLoop, run
from ground.missions.protection_files import plain
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.hardware.lander_entry import begin_entry
from ground.testbed.rig import Rig
from sim_hw.assembly.lander import HARDWARE, build
from sim_hw.dynamics.entry_vehicle import EntryBody, EntryVehicle
from sim_hw.dynamics.landing_legs import Touchdown
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

MORNING = 2461990.2  # JD TT: the Sun stands high over Jezero
FILE = load_vehicle_file(Lander, HARDWARE)
TABLE = plain(FILE.protection)
AIM = (330.0, -150.0)


class Falling:
    """A lander before its entry, with its hardware, in a rig."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig = rig
        self.world = World(seed, MORNING, TubeRegistry((), {}))
        self.world.place("lander", *AIM)
        self.world.place("rover", *AIM)
        load = begin_entry(self.world, FILE.hardware.descent, *AIM)
        self.electrical, self.devices = build(self.world, FILE.hardware)
        for name, device in self.devices.items():
            rig.add_device(f"lander.{name}", device)
        self.node = cast(Any, rig.add_node(Lander, FILE.flight, mission=load, protection=TABLE))

    def device(self, name: str) -> Any:
        return self.devices[name]

    @property
    def vehicle(self) -> EntryVehicle:
        body = self.world.space.bodies["lander"]
        assert isinstance(body, EntryBody)
        return body.vehicle

    async def to_the_end(self) -> Touchdown:
        """Waits until the truth has come to rest."""
        while self.vehicle.outcome is None:
            await asyncio.sleep(5.0)
            self.vehicle.body.advance()
            assert self.world.now() < 3000.0
        await asyncio.sleep(60.0)
        return self.vehicle.outcome

    def events(self, name: str) -> list[EventReport]:
        return [event for event in self.rig.events if event.name == name]

    def names(self) -> list[str]:
        return self.rig.event_names("lander")


def fall(folder: Path, story: Callable[[Falling], Awaitable[None]], seed: int = 1) -> None:
    async def scenario() -> None:
        async with Rig(folder) as rig:
            await story(Falling(rig, seed))

    run(scenario(), VirtualLoop())


def test_from_the_cruise_stage_to_the_ground(tmp_path: Path) -> None:
    async def story(falling: Falling) -> None:
        await falling.rig.wait_for_state("lander", "entry.entering")
        falling.rig.send("lander", "enter_safe")  # in the air nothing is safer than going on
        await falling.rig.wait_for_event("lander", "safing_withheld", timeout=10.0)
        outcome = await falling.to_the_end()
        assert outcome.verdict == "landed", outcome
        assert outcome.vertical_speed < 2.0 and outcome.horizontal_speed < 0.5
        assert math.degrees(outcome.resting_tilt) < 10.0
        assert math.dist((outcome.east, outcome.north), AIM) < 60.0
        expected = [
            "cruise_stage_separated",
            "entry_interface",
            "guidance_started",
            "peak_deceleration",
            "heading_alignment",
            "lift_given_up",
            "parachute_fired",
            "parachute_open",
            "heat_shield_separated",
            "radar_locked",
            "terrain_fix",
            "backshell_separated",
            "engines_lit",
            "straight_descent",
            "touchdown",
        ]
        assert [name for name in falling.names() if name in expected] == expected
        assert falling.node.is_in("landed")
        # Where it stands is known to the world, to the rover on it, and nearly so to itself.
        body = falling.world.bodies["lander"]
        assert (body.east, body.north) == (outcome.east, outcome.north)
        assert falling.world.bodies["rover"].east == outcome.east
        told = falling.rig.telemetry["lander"]
        assert told["descent_height"] < 10.0 and told["descent_propellant"] > 50.0
        assert told["descent_bank"] is None and told["descent_bank_ordered"] is None
        known = (told["landed_east"], told["landed_north"])
        assert math.dist(known, (outcome.east, outcome.north)) < 40.0

    fall(tmp_path, story)


def test_without_a_parachute_no_landing_is_claimed(tmp_path: Path) -> None:
    async def story(falling: Falling) -> None:
        falling.device("pyrotechnics").fail("does_not_fire", part="mortar", side="both")
        outcome = await falling.to_the_end()
        assert outcome.verdict == "crashed"
        assert "parachute_does_not_pull" in falling.names()
        assert "touchdown" not in falling.names()
        assert falling.node.state == "entry.lost"
        assert "landing_not_claimed" in falling.names()

    fall(tmp_path, story)


@pytest.mark.parametrize(
    ("state", "delay", "silence"),
    [
        ("entry.entering", 75.0, 3.0),
        ("entry.parachuting", 15.0, 3.0),
    ],
)
def test_a_short_reboot_is_survived_before_the_engines(
    tmp_path: Path, state: str, delay: float, silence: float
) -> None:
    async def story(falling: Falling) -> None:
        await falling.rig.wait_for_state("lander", state)
        await asyncio.sleep(delay)
        await falling.rig.kill("lander")
        await asyncio.sleep(silence)
        falling.node = cast(Any, await falling.rig.restart("lander"))
        assert falling.node.state == state
        outcome = await falling.to_the_end()
        resumed = falling.events("descent_resumed")
        assert len(resumed) == 1 and silence <= resumed[0].data["gap"] < silence + 3.0
        assert outcome.verdict == "landed", outcome
        assert math.dist((outcome.east, outcome.north), AIM) < 60.0

    fall(tmp_path, story)


def test_many_reboots_do_not_make_it_go_safe_in_the_air(tmp_path: Path) -> None:
    async def story(falling: Falling) -> None:
        for _ in range(4):
            await asyncio.sleep(60.0)
            await falling.rig.kill("lander")
            await asyncio.sleep(5.0)
            falling.node = cast(Any, await falling.rig.restart("lander"))
            assert falling.node.state == "entry.coasting"
        assert "boot_reduced" in falling.names()
        outcome = await falling.to_the_end()
        assert outcome.verdict == "landed", outcome

    fall(tmp_path, story)


def test_a_long_reboot_on_engines_is_a_loss_that_nobody_calls_a_landing(tmp_path: Path) -> None:
    async def story(falling: Falling) -> None:
        await falling.rig.wait_for_state("lander", "entry.powered")
        await asyncio.sleep(25.0)
        await falling.rig.kill("lander")
        await asyncio.sleep(40.0)
        falling.node = cast(Any, await falling.rig.restart("lander"))
        outcome = await falling.to_the_end()
        assert outcome.verdict == "crashed"
        assert falling.events("descent_resumed")
        assert "touchdown" not in falling.names()
        assert falling.node.state == "entry.lost"

    fall(tmp_path, story)


def test_not_a_number_from_inertial_unit_radar_and_engines_is_survived(tmp_path: Path) -> None:
    async def story(falling: Falling) -> None:
        def lie(device: str, method: str, seconds: float, **fields: Any) -> None:
            true = getattr(falling.device(device), method)
            until = falling.world.now() + seconds

            async def asked(**arguments: Any) -> Any:
                reading = await true(**arguments)
                lying = falling.world.now() < until
                return msgspec.structs.replace(reading, **fields) if lying else reading

            setattr(falling.device(device), method, asked)

        await falling.rig.wait_for_event("lander", "radar_locked")
        lie("descent_inertial_unit", "increments", 5.0, rotation=(math.nan, 0.0, 0.0))
        lie("landing_radar", "measure", 8.0, range=math.nan, velocity=(0.0, math.inf, 0.0))
        await falling.rig.wait_for_event("lander", "engines_lit")
        await asyncio.sleep(3.0)
        lie("descent_inertial_unit", "increments", 0.8, interval=math.nan)
        lie("descent_engines", "throttle", 5.0, propellant=math.nan)
        lie("touchdown_sensors", "state", 5.0, time_ns=0)
        outcome = await falling.to_the_end()
        assert outcome.verdict == "landed", outcome
        assert math.dist((outcome.east, outcome.north), AIM) < 100.0
        refused = {event.data["device"] for event in falling.events("reading_invalid")}
        assert refused >= {"descent_inertial_unit", "landing_radar", "descent_engines"}

    fall(tmp_path, story)


def test_what_was_guessed_is_forgotten_with_the_next_reading() -> None:
    known = falling_navigation()
    before = (known.position, known.velocity, known.attitude, known.time, known.kept())
    known.guess(0.5)
    known.guess(0.5)
    assert known.time == pytest.approx(before[3] + 1.0)
    assert known.position != before[0]
    known.end_guess()
    assert (known.position, known.velocity, known.attitude, known.time, known.kept()) == before
    known.end_guess()  # nothing to forget: nothing happens
    assert known.position == before[0]


def falling_navigation() -> DescentNavigation:
    frame = SiteFrame(math.radians(18.4), math.radians(77.4), 0.0)
    return DescentNavigation(
        frame, 10.0, frame.inertial(10.0, 0.0, 0.0, 3000.0), (1.0, 2.0, 3.0),
        (1.0, 0.0, 0.0, 0.0), 7, 50.0, 1.0,
    )  # fmt: skip
