"""Each fault of the world at each target that can have it: it takes effect, and it heals."""

import math
from typing import Any

import pytest

from ground.missions.mission import load_mission
from ground.testbed.faults.hardware_seams import HardwareSeams, parts_of
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from sim_hw.faults.catalogue import builtin_kinds
from sim_hw.faults.world_kinds import (
    BrownOut,
    BusShort,
    CellLoss,
    Crater,
    Debris,
    DustStorm,
    HeaterStuck,
    PanelDust,
    ParasiticLoad,
    PropellantLeak,
    Rock,
    SlipPatch,
    TornCanopy,
    Wind,
    WorldKind,
)
from sim_hw.world.traction import expected_slip
from tests.sim_hw.faults.parts import Held

SAMPLES: list[WorldKind] = [
    DustStorm(depth=9.8), Wind(east=20.0), SlipPatch(before="rover", ahead=3.0, slip=0.99),
    Crater(east=12.0, north=-7.0), Rock(east=12.0, north=-7.0), PanelDust(share=0.5),
    BrownOut(), CellLoss(fraction=0.4),
    ParasiticLoad(power=150.0), BusShort(share=0.364), HeaterStuck(zone="electronics"),
    Debris(socket=1, height=0.02), PropellantLeak(rate=0.01),
    TornCanopy(share=0.67),
]  # fmt: skip
DAY = 30_000.0


class Site:
    """The hardware of a mission, not served, with a clock that a test sets."""

    def __init__(self) -> None:
        mission = load_mission("nominal")
        self.hardware = Hardware(mission, load_vehicle_files(mission), 1)
        self.time = 10_000.0
        self.hardware.world.clock = lambda: self.time
        self.hardware.services()
        self.links, self.parts = parts_of(self.hardware)
        self.seams = HardwareSeams(self.hardware)
        self.time += DAY

    def look(self, kind: WorldKind, name: str) -> Any:
        """What the fault changes, now."""
        world = self.hardware.world
        power: Any = None if name == "site" else self.hardware.vehicles[name].electrical
        devices = {} if name == "site" else self.hardware.vehicles[name].devices
        match kind:
            case DustStorm():
                return round(world.sky_at(self.time + 5 * 88_775.0).optical_depth, 9)
            case Wind():
                effectors = self.hardware.vehicles["mav"].devices["effectors"]
                return effectors.truth.atmosphere.at(1000.0).wind_east
            case SlipPatch():
                east, north = self.seams.world("site").place_of("rover", 3.0)
                return expected_slip(world.terrain.ground(east, north), 0.0)
            case Crater():
                return world.terrain.elevation(12.0, -7.0)
            case Rock():
                return len(world.rocks.within(12.0, -7.0, 0.1))
            case PanelDust():
                return round(world.panel_dust(name), 9), list(power.shades)
            case BrownOut():
                return power.brownout, round(power.energy / 3600.0, 3)
            case CellLoss():
                return list(power.lost_cells)
            case ParasiticLoad():
                return round(power._drawn_by_loads(), 6)
            case BusShort():
                return list(power.soft_shorts)
            case HeaterStuck():
                return devices["heaters"]._network.zones["electronics"].stuck_on
            case PropellantLeak() if "descent_engines" in devices:
                return devices["descent_engines"].vehicle.body.leaks
            case PropellantLeak():
                return list(devices["propellant_lines"].vehicle.tanks.leaks)
            case TornCanopy():
                return list(devices["pyrotechnics"].vehicle.tears)
            case Debris():
                return dict(devices["container"].debris)
        raise AssertionError(kind)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def test_every_kind_has_a_sample() -> None:
    kinds = [kind.name() for kind in builtin_kinds() if kind.target == "world"]
    assert kinds == [sample.name() for sample in SAMPLES]


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.name())
def test_it_takes_effect_and_heals_wherever_it_can_be(site: Site, kind: WorldKind) -> None:
    tried = 0
    for name, part in site.parts.items():
        if type(kind).why_not(part):
            lent = name == "mav" and kind.needs == "battery"
            said = "mav lives on the battery of lander" if lent else f"{name} has no {kind.needs}"
            assert type(kind).why_not(part).startswith(said)
            continue
        kind.check(part, None, ())
        held: Any = Held()
        before = site.look(kind, name)
        heal = kind.begin(site.seams.world(name), held)
        during = site.look(kind, name)
        assert during != before and held.hits == [(name, "as it was", kind.name())]
        heal()
        after = site.look(kind, name)
        assert after == before or (isinstance(kind, BrownOut) and after[1] == before[1])
        tried += 1
    assert tried


@pytest.mark.parametrize(
    "kind",
    [
        Wind(), PanelDust(share=1.0), CellLoss(fraction=0.0), ParasiticLoad(power=0.0),
        TornCanopy(share=1.0),
    ],
)  # fmt: skip
def test_one_of_no_size_is_no_hit(site: Site, kind: WorldKind) -> None:
    held: Any = Held()
    name = "site" if isinstance(kind, Wind) else "lander"
    kind.begin(site.seams.world(name), held)()
    assert held.hits == []


def test_a_storm_takes_the_light_of_what_comes_and_not_of_what_was() -> None:
    site = Site()
    power = site.hardware.vehicles["lander"].electrical
    held: Any = Held()
    power.advance()
    site.time += 3000.0
    account = power.peek().time
    heal = DustStorm(depth=9.0, rise=0.01, decay=10.0).begin(site.seams.world("site"), held)
    assert power.peek().time > account  # up to here by the sky as it was
    light = power.grid.at(site.time + 3000.0).light
    heal()
    clear = power.grid.at(site.time + 3000.0).light
    assert light < 0.5 * clear or clear == 0.0


def test_an_orbiter_that_has_lost_a_wing_has_half_the_power_until_it_is_whole() -> None:
    site = Site()
    power = site.hardware.vehicles["orbiter"].electrical
    seam: Any = site.seams.world("orbiter")

    def given() -> float:
        """W, in the next minutes."""
        power.advance()
        before = power.account.generator
        site.time += 100.0
        power.advance()
        return round((power.account.generator - before) / 100.0, 6)

    whole = given()
    wing, other = PanelDust(share=0.5).change(seam), PanelDust(share=0.5).change(seam)
    assert given() == whole / 4
    wing()
    assert given() == whole / 2
    other()
    assert given() == whole > 0.0


def test_a_battery_that_is_drained_sheds_the_loads_and_tells() -> None:
    site = Site()
    power = site.hardware.vehicles["perseverance"].electrical
    told: list[float] = []
    power.on_brownout.append(told.append)
    held: Any = Held()
    BrownOut().begin(site.seams.world("perseverance"), held)
    assert power.brownout and told == [site.time]


@pytest.mark.parametrize("first", [True, False])
def test_of_two_at_once_each_heals_by_itself(site: Site, first: bool) -> None:
    """Whichever ends first, the other one goes on, and nothing is left of both."""
    for kind, look in (
        (BusShort(share=0.5), lambda power: math.prod(s.share for s in power.soft_shorts)),
        (CellLoss(fraction=0.5), lambda power: power._full() / power._capacity),
    ):
        power = site.hardware.vehicles["rover"].electrical
        seam: Any = site.seams.world("rover")
        one, other = kind.change(seam), kind.change(seam)
        assert look(power) == 0.25
        (one if first else other)()
        assert look(power) == 0.5
        (other if first else one)()
        assert look(power) == 1.0
