"""What a device says that nobody told it to be: each vehicle knows what it told, and tells it so
again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm.node import Arm
from flight.core.fault_protection.obedience import Obedience
from flight.core.keeping.clock import monotonic
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.lander.node import Lander
from flight.mav.vehicle import MavVehicle
from flight.orbiter.node import Orbiter
from flight.perseverance.node import Perseverance
from flight.rover.node import FetchRover
from flight.runtime.loop import VirtualLoop, run
from tests.flight.lander.descent_bench import Answers

ON, OFF = SimpleNamespace(on=True), SimpleNamespace(on=False)


def closed(**switches: bool) -> Any:
    return SimpleNamespace(closed=switches)


def zones(**enabled: bool) -> Any:
    return SimpleNamespace(zones={n: SimpleNamespace(enabled=e) for n, e in enabled.items()})


def valves(a: bool, b: bool) -> Any:
    return SimpleNamespace(a=a, b=b)


class Vehicle:
    """One of a kind that stands in a state, and knows what it told its devices."""

    def __init__(self, kind: type, state: str = "", **values: Any) -> None:
        self.kind, self.state = kind, state
        self.is_in_safe = state == "safe"
        self.told: list[tuple[Any, ...]] = []
        self.obedience = Obedience()
        for name, value in values.items():
            setattr(self, name, value)

    def is_in(self, state: str) -> bool:
        return self.state == state or self.state.startswith(f"{state}.")

    def valves_differ(self, state: Any) -> str:
        return Orbiter.valves_differ(self, state)  # type: ignore[arg-type]

    def valves_were_right(self) -> bool:
        return Orbiter.valves_were_right(self)  # type: ignore[arg-type]

    def differs(self, device: str, reading: Any) -> str:
        return str(self.kind.differs(self, device, reading))  # type: ignore[attr-defined]


def lander(**values: Any) -> Vehicle:
    known = {"_switched": {"core": True, "heaters": None}, "_radios_on": {}}
    more = {
        "_radios_resting": {}, "_radios_told": {"uhf": True}, "_switches_found": {},
        "_switches_told": {"core": True}, "hibernation": None,
    }  # fmt: skip
    return Vehicle(Lander, **{**known, **more, **values})


def rover(**values: Any) -> Vehicle:
    known = {"radio_wanted": True, "avionics_wanted": True, "hibernation": None}
    return Vehicle(FetchRover, **{**known, **values})


def orbiter(state: str = "cruise", **values: Any) -> Vehicle:
    known = {"_radio_is_on": True, "line_wanted": "a", "line_seen": "a", "arrays_turned": None}
    return Vehicle(Orbiter, state, **{**known, **values})


PARKED = {"_told": {"power_switches": False, "uhf": True}, "_resting": {}}
POWERED, DARK = SimpleNamespace(powered=True), SimpleNamespace(powered=False)
SUN, ASIDE = (SimpleNamespace(following=on, angle=1.0) for on in (True, False))
BRAKED, LOOSE = SimpleNamespace(brakes=True), SimpleNamespace(brakes=False)


@pytest.mark.parametrize(
    ("vehicle", "device", "reading", "what"),
    [
        (lander(), "uhf", OFF, "uhf off"),
        (lander(), "uhf", ON, ""),
        (lander(), "x_band", OFF, ""),  # it was never told anything
        (lander(_radios_resting={"uhf": None}), "uhf", OFF, ""),
        (lander(), "power_switches", closed(core=False, heaters=False), "core off"),
        (lander(), "power_switches", closed(core=True, heaters=True), ""),
        (lander(_switches_found={"arm": True}), "power_switches", closed(arm=False), "arm off"),
        # What it was told last counts, not how it was found, nor what it said then.
        (lander(_switches_found={"core": False}), "power_switches", closed(core=False), "core off"),
        (lander(_switched={"core": False}), "power_switches", closed(core=True), ""),
        (lander(), "battery", SimpleNamespace(), ""),
        (lander(hibernation=1), "uhf", OFF, ""),
        (rover(), "uhf", OFF, "itself off"),
        (rover(radio_wanted=False), "uhf", ON, "itself on"),
        (rover(radio_wanted=None), "uhf", OFF, ""),
        (rover(), "power_switches", closed(avionics=False), "avionics off"),
        (rover(avionics_wanted=False), "power_switches", closed(avionics=True), "avionics on"),
        (rover(avionics_wanted=None), "power_switches", closed(avionics=True), ""),
        (rover(), "power_switches", closed(core=False, heaters=True, avionics=True), "core off"),
        (rover(hibernation=1), "power_switches", closed(core=False, heaters=False), ""),
        (rover(), "heaters", zones(battery=True, electronics=True), ""),
        (rover(), "heaters", zones(battery=False, electronics=True),
         "the heater of the battery off"),
        (rover(hibernation=1), "heaters", zones(battery=True, electronics=False), ""),
        (rover(), "heaters", zones(battery=True), ""),  # of a zone that it does not name
        (rover(), "heaters", zones(battery=False), "the heater of the battery off"),
        (rover(), "wheels", SimpleNamespace(), ""),
        (Vehicle(Perseverance, **PARKED), "uhf", OFF, "itself off"),
        (Vehicle(Perseverance, **PARKED), "x_band", OFF, ""),
        (Vehicle(Perseverance, **PARKED), "power_switches", closed(avionics=True), "avionics on"),
        (Vehicle(Perseverance, **PARKED), "battery", SimpleNamespace(), ""),
        (Vehicle(MavVehicle, "loading"), "systems", DARK, "its avionics off"),
        (Vehicle(MavVehicle, "loading"), "systems", POWERED, ""),
        (Vehicle(MavVehicle, "dormant"), "systems", DARK, ""),
        (orbiter(), "x_band", OFF, "itself off"),
        (orbiter(_radio_is_on=False), "x_band", OFF, ""),  # it is being switched on
        (orbiter(), "array_drive", ASIDE, "the arrays to 57 deg"),
        (orbiter("safe"), "array_drive", ASIDE, ""),
        (orbiter(), "array_drive", SUN, ""),
        (orbiter(), "propellant_lines", valves(False, False), "both valves off"),
        (orbiter(), "propellant_lines", valves(True, True), "a valve beside line a"),
        (orbiter(line_wanted="", line_seen=""), "propellant_lines", valves(True, True), ""),
        (orbiter(line_seen=""), "propellant_lines", valves(True, False), "the valves to line a"),
        (orbiter(), "propellant_lines", valves(True, False), ""),
        (Vehicle(Arm, "stowed"), "transfer_arm", LOOSE, "its brakes off"),
        (Vehicle(Arm, "stowed"), "transfer_arm", BRAKED, ""),
        (Vehicle(Arm, "ready.loading.waiting"), "transfer_arm", LOOSE, ""),
    ],
)
def test_what_a_device_says_is_held_against_what_it_was_told(
    vehicle: Vehicle, device: str, reading: Any, what: str
) -> None:
    assert vehicle.differs(device, reading) == what


def set_right(kind: Any, device: str, vehicle: Any) -> None:
    run(kind.set_right(vehicle, device), VirtualLoop())


def test_it_is_told_so_again() -> None:
    hardware = SimpleNamespace(
        radio=Answers(set_power=[None]), switches=Answers(set_switch=[None]),
        arm=Answers(set_brakes=[None]),
    )  # fmt: skip
    own: Any = rover(hardware=hardware)

    async def live_again() -> None:
        own.told.append("as before")

    own.live_again = live_again
    set_right(FetchRover, "uhf", own)
    set_right(FetchRover, "power_switches", own)
    assert hardware.radio.of("set_power") == [(True,)]
    assert hardware.switches.of("set_switch") == [("avionics", True)]
    assert own.told == ["as before"]
    own.hibernation = 1
    set_right(FetchRover, "power_switches", own)
    assert own.told == ["as before"]
    set_right(Arm, "transfer_arm", Vehicle(Arm, hardware=hardware))
    assert hardware.arm.of("set_brakes") == [(True,)]
    systems = Answers(set_power=[None])
    set_right(MavVehicle, "systems", Vehicle(MavVehicle, systems=systems))
    assert systems.of("set_power") == [(True,)]


class Switches:
    """Power switches; those that are `stuck` refuse."""

    def __init__(self, **closed: bool) -> None:
        self.closed = closed
        self.stuck: tuple[str, ...] = ()
        self.told: list[tuple[str, bool]] = []
        self.mute = False

    async def state(self) -> Any:
        if self.mute:
            raise DeviceTimeout("no answer")
        return SimpleNamespace(valid=True, closed=dict(self.closed))

    async def set_switch(self, name: str, on: bool) -> Any:
        self.told.append((name, on))
        if name in self.stuck:
            raise DeviceFault("stuck", f"{name} does not move")
        self.closed[name] = on
        return await self.state()


def with_switches(switches: Switches) -> Any:
    own: Any = lander(
        devices=SimpleNamespace(power_switches=switches), _switched={}, _switches_told={},
        rhythm_kept=0, troubles=[],
    )  # fmt: skip

    async def keep_rhythm() -> None:
        own.rhythm_kept += 1

    own._keep_rhythm = keep_rhythm
    own._switch = lambda name, on: Lander._switch(own, name, on)
    own.device_trouble = lambda **what: own.troubles.append(what["reason"])
    return own


def test_the_lander_switches_again_what_it_had_switched() -> None:
    switches = Switches(core=False, arm=True)
    own = with_switches(switches)
    run(Lander.find_switches(own), VirtualLoop())
    run(own._switch("core", True), VirtualLoop())
    assert own.differs("power_switches", closed(core=True, arm=True)) == ""
    # One that it never told to be anything is to be as it was found at the boot.
    assert own.differs("power_switches", closed(core=True, arm=False)) == "arm off"
    switches.told.clear()
    switches.closed["core"] = False
    set_right(Lander, "power_switches", own)
    assert switches.told == [("core", True), ("arm", True)] and own.rhythm_kept == 1
    assert switches.closed["core"]
    set_right(Lander, "uhf", own)
    assert own._radios_on == {} and own.rhythm_kept == 2


def test_what_a_switch_was_told_counts_though_the_order_fails() -> None:
    switches = Switches(core=False)
    own = with_switches(switches)
    run(Lander.find_switches(own), VirtualLoop())
    run(own._switch("core", True), VirtualLoop())
    assert own.differs("power_switches", closed(**switches.closed)) == ""
    switches.closed["core"], switches.stuck = False, ("core",)
    for by_itself in (True, False):  # as it was found at the boot is not as it is to be
        assert own.differs("power_switches", closed(**switches.closed)) == "core off"
        assert Lander.was_right(own, "power_switches") is by_itself  # then it does not obey
        Lander.note_told_again(own, "power_switches")
        set_right(Lander, "power_switches", own)
        assert own.troubles.pop() == "core does not move"
    switches.stuck = ()
    set_right(Lander, "power_switches", own)
    assert own.differs("power_switches", closed(**switches.closed)) == ""
    assert switches.closed["core"]
    # One that does not obey hides none that has changed by itself.
    own._switches_told["mav"] = True
    for mav, by_itself in ((True, False), (False, True)):
        now = closed(core=False, mav=mav)
        assert own.differs("power_switches", now) == ("core off" if mav else "core off, mav off")
        Lander.note_told_again(own, "power_switches") if mav else None
        assert Lander.was_right(own, "power_switches") is by_itself


def test_a_switch_that_opens_before_the_first_look_is_not_taken_as_right() -> None:
    switches = Switches(arm=True)
    own = with_switches(switches)
    run(Lander.find_switches(own), VirtualLoop())
    switches.closed["arm"] = False
    assert own.differs("power_switches", closed(**switches.closed)) == "arm off"
    assert Lander.was_right(own, "power_switches")
    own = with_switches(switches)  # of one that did not say it at the boot nothing else is known
    switches.mute = True
    run(Lander.find_switches(own), VirtualLoop())
    assert own.differs("power_switches", closed(**switches.closed)) == ""


def test_perseverance_keeps_what_it_told_though_the_order_fails() -> None:
    switches = Switches(avionics=True)
    own: Any = Vehicle(
        Perseverance, hardware=SimpleNamespace(switches=switches), _told={}, _awake=None,
        troubles=[], _resting={},
    )  # fmt: skip

    async def set_radio(name: str, on: bool) -> None:
        own.told.append((name, on))

    own.set_radio = set_radio
    own.set_awake = lambda awake: Perseverance.set_awake(own, awake)
    own.device_trouble = lambda **what: own.troubles.append(what["reason"])
    run(own.set_awake(False), VirtualLoop())
    assert own.differs("power_switches", closed(avionics=False)) == "" and own.asleep
    switches.stuck = ("avionics",)
    for by_itself in (True, False):
        assert own.differs("power_switches", closed(avionics=True)) == "avionics on"
        assert Perseverance.was_right(own, "power_switches") is by_itself
        Perseverance.note_told_again(own, "power_switches")
        set_right(Perseverance, "power_switches", own)
    assert len(own.troubles) == 2 and switches.told == [("avionics", False)] * 3


@pytest.mark.parametrize(
    ("seconds", "what"), [(3599.0, ""), (3600.0, ""), (3601.0, "the arrays to 57 deg")]
)
def test_arrays_that_the_safe_state_has_turned_stand_so_for_an_hour(
    seconds: float, what: str
) -> None:
    async def main() -> str:
        own = orbiter(arrays_turned=monotonic())
        await asyncio.sleep(seconds)
        return own.differs("array_drive", ASIDE)

    assert run(main(), VirtualLoop()) == what


@pytest.mark.requirement("FP-09")
@pytest.mark.parametrize(
    ("own", "device"),
    [
        (rover(), "uhf"),
        (lander(), "uhf"),
        (Vehicle(Perseverance, _told={"uhf": True}, _resting={}), "uhf"),
        (Vehicle(Perseverance, _told={"power_switches": True}, _resting={}), "power_switches"),
        (rover(), "power_switches"),
        (rover(), "heaters"),
        (Vehicle(Arm, "stowed"), "transfer_arm"),
    ],
)
def test_who_has_never_obeyed_has_not_changed_by_itself(own: Any, device: str) -> None:
    def says(right: bool) -> Any:
        return SimpleNamespace(
            on=right, closed={"avionics": right, "core": right}, brakes=right,
            zones={"battery": SimpleNamespace(enabled=right)},
        )  # fmt: skip

    assert own.differs(device, says(False)) and not own.kind.was_right(own, device)
    assert own.differs(device, says(True)) == ""
    assert own.differs(device, says(False)) and own.kind.was_right(own, device)
    own.kind.note_told_again(own, device)
    assert own.differs(device, says(False)) and not own.kind.was_right(own, device)


def test_who_was_right_before_he_was_told_something_else_has_to_obey_anew() -> None:
    own: Any = rover()
    assert own.differs("uhf", ON) == ""
    own.radio_wanted = False
    assert own.differs("uhf", ON) == "itself on" and not FetchRover.was_right(own, "uhf")
    assert own.differs("uhf", OFF) == ""
    own.radio_wanted = None  # it sleeps, and its radio is not minded
    assert own.differs("uhf", ON) == ""
    own.radio_wanted = False
    assert own.differs("uhf", ON) == "itself on"
    assert not FetchRover.was_right(own, "uhf")


def test_a_lander_that_lives_by_the_light_forgets_who_has_obeyed() -> None:
    own: Any = lander()
    assert own.differs("uhf", ON) == ""
    own.hibernation = 1
    assert own.differs("uhf", OFF) == ""
    own.hibernation = None
    assert own.differs("uhf", OFF) == "uhf off" and not Lander.was_right(own, "uhf")
    assert own.differs("uhf", ON) == own.differs("x_band", OFF) == ""
    assert not Lander.was_right(own, "x_band")


@pytest.mark.parametrize("device", ["x_band", "propellant_lines", "array_drive"])
def test_what_the_orbiter_has_seen_to_be_right_has_changed_by_itself(device: str) -> None:
    own: Any = orbiter(line_seen="", _radio_is_on=False)
    assert not Orbiter.was_right(own, device)
    own.line_seen, own._radio_is_on = "a", True
    assert own.differs("array_drive", SUN) == ""
    own.differs("array_drive", ASIDE)
    assert Orbiter.was_right(own, device)
