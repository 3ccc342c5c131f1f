"""The lander in a rig: commissioning, nights, little energy, failures, records, reboots."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from flight.astrodynamics.time_scales import Epoch
from flight.core.chart.statechart import ANY, On, State, Statechart
from flight.core.chart.statechart_checks import check
from flight.core.fault_protection.timers import COMMAND_LOSS  # no ground is here to be missed
from flight.core.node import Node
from flight.core.telling.events import event
from flight.icd.devices.base import DeviceFault
from flight.icd.exchanges import EnergyWanted, Nothing, Permission
from flight.icd.frames import read_frame
from flight.icd.messages import EventReport, Packet, Rung, Severity, decode_message
from flight.lander.launch_permission import launch_permission
from flight.lander.node import Lander
from flight.lander.rhythm import Energy, Rhythm
from flight.lander.work_permission import energy_permission
from flight.runtime.loop import VirtualLoop, run
from ground.missions.protection_files import plain, without
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly.lander import HARDWARE, build
from sim_hw.devices.heaters import SimHeaters
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.links.parameters import load_link_parameters
from sim_hw.links.space_links import SpaceLinks
from sim_hw.world.dust import DustStorm
from sim_hw.world.relay_orbit import sun_synchronous_orbit
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

EPOCH = 2461990.0
SOL = 88_775.244
FILE = load_vehicle_file(Lander, HARDWARE)


class Landed:
    """A lander with its hardware and all links, in a rig."""

    def __init__(self, rig: Rig, **world: Any) -> None:
        self.rig = rig
        self.world = World(1, EPOCH, TubeRegistry((), {}), **world)
        self.world.place("lander", 0.0, 0.0)
        self.electrical, self.devices = build(self.world, FILE.hardware)
        self.links = SpaceLinks(
            self.world, sun_synchronous_orbit(Epoch(EPOCH)), load_link_parameters()
        )
        self.on_earth: list[Packet] = []
        for name, device in self.devices.items():
            rig.add_device(f"lander.{name}", device)
            if isinstance(device, SurfaceRadio):
                self.links.attach(device)
        self.links.stations.emit = self._heard_on_earth
        self.links.start()
        self.node = cast(
            Any,
            rig.add_node(
                Lander, FILE.flight, protection=plain(without(FILE.protection, [COMMAND_LOSS]))
            ),
        )

    def _heard_on_earth(self, signal: str, received: Any) -> None:
        for data in read_frame(received.data).packets:
            packet = decode_message(data)
            assert isinstance(packet, Packet)
            self.on_earth.append(packet)

    async def commission(self) -> None:
        await self.rig.wait_for_state("lander", "landed.waiting")
        report = await self.rig.command("lander", "commission")
        assert report.rung is Rung.COMPLETED, report

    def events(self, name: str) -> list[EventReport]:
        return [event for event in self.rig.events if event.name == name]


def land(folder: Path, story: Callable[[Landed], Awaitable[None]], **world: Any) -> None:
    async def scenario() -> None:
        async with Rig(folder) as rig:
            await story(Landed(rig, **world))

    run(scenario(), VirtualLoop())


def test_the_statechart_is_sound() -> None:
    assert check(Lander.statechart) == []


def test_thirty_sols_alone(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        assert landed.world.now() >= FILE.flight["commissioning_sols"] * SOL
        charges: list[float] = []
        while landed.world.now() < 30 * SOL:
            await asyncio.sleep(SOL / 8)
            charges.append(landed.electrical.state_of_charge)
        assert landed.node.is_in("landed.operating")
        assert min(charges) > FILE.flight["low_charge"] and max(charges) > 0.9
        assert landed.events("entered_safe") == []
        sunsets = [e for e in landed.events("mode_changed") if e.data["signal"] == "sunset"]
        assert len(sunsets) in (25, 26)
        assert landed.rig.telemetry["lander"]["battery_temperature"] > 253.0
        account = landed.electrical.account
        brought = account.array
        spent = account.loads + account.charging_loss + account.discharging_loss + account.shunted
        gained = landed.electrical.energy - 0.8 * 3000 * 3600
        assert brought == pytest.approx(spent + gained, rel=1e-9)
        assert {packet.source for packet in landed.on_earth} == {"lander"}
        assert landed.node.recorder.pending < 200

    land(tmp_path, story)


def test_the_mav_is_conditioned_on_command_and_kept_alive_otherwise(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        assert 233.15 < landed.node.mav_temperature < 250.0
        report = await landed.rig.command("lander", "condition_mav", on=True)
        assert (report.rung, report.detail) == (Rung.COMPLETED, "all zones set")
        warm = await landed.rig.wait_for_event("lander", "mav_warm", timeout=3 * SOL)
        assert warm.data["temperature"] >= FILE.flight["mav_conditioned"]
        await landed.rig.kill("lander")
        landed.node = await landed.rig.restart("lander")
        await asyncio.sleep(SOL)
        assert landed.node.mav_conditioning is True
        assert landed.node.mav_temperature >= FILE.flight["mav_conditioned"] - 1.5

    land(tmp_path, story)


def test_a_reboot_in_commissioning_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.rig.wait_for_state("lander", "landed.waiting")
        identifier = landed.rig.send("lander", "commission")
        await landed.rig.wait_for_event("lander", "commissioning_step")
        await asyncio.sleep(2.2 * SOL)
        await landed.rig.kill("lander")
        await asyncio.sleep(600.0)
        await landed.rig.restart("lander")
        report = await landed.rig.wait_for_end(identifier)
        assert report.rung is Rung.COMPLETED
        steps = [event.data["step"] for event in landed.events("commissioning_step")]
        assert steps == ["solar array", "power", "thermal", "radios"]
        assert landed.world.now() < 5.5 * SOL

    land(tmp_path, story)


def test_dead_heaters_end_commissioning_with_their_names(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        heaters = landed.devices["heaters"]
        assert isinstance(heaters, SimHeaters)
        heaters.fail("stuck_off", zone="battery")
        await landed.rig.wait_for_state("lander", "landed.waiting")
        report = await landed.rig.command("lander", "commission")
        assert report.rung is Rung.FAILED and "battery" in report.detail
        assert landed.node.state == "landed.waiting"

    land(tmp_path, story)


@pytest.mark.parametrize("safe", [False, True])
def test_in_a_global_storm_it_hibernates_and_comes_back_by_itself(
    tmp_path: Path, safe: bool
) -> None:
    """To what it did before: a safe state that was commanded is not left by the light either."""

    async def story(landed: Landed) -> None:
        await landed.commission()
        if safe:
            await landed.rig.command("lander", "enter_safe")
        await landed.rig.wait_for_event("lander", "hibernation_begins", timeout=20 * SOL)
        assert landed.node.hibernating is True and not landed.electrical.brownout
        await asyncio.sleep(1.5 * SOL)
        off = {"computer", "core", "heaters"}
        assert not any(landed.electrical.switches[name] for name in off)
        await landed.rig.wait_for_event("lander", "hibernation_ends", timeout=60 * SOL)
        await asyncio.sleep(1800.0)
        assert all(landed.electrical.switches[name] for name in off - {"computer"})
        assert landed.node.state_of_charge >= 0.6 and landed.node.hibernating is False
        assert landed.node.is_in("safe" if safe else "landed.operating")
        assert len(landed.events("entered_safe")) == safe

    land(tmp_path, story, storms=(DustStorm(7.0, 2.0, 9.0, 6.0),))


def test_a_gauge_that_means_nothing_cuts_loads_but_does_not_go_safe(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        battery = cast(Any, landed.devices["battery"])
        battery.fail("gauge_invalid")
        await landed.rig.wait_for_event("lander", "gauge_lost")
        await asyncio.sleep(SOL)
        assert landed.node.is_in("landed.operating") and landed.node.state_of_charge is None
        assert landed.electrical.switches["computer"] is False
        battery.gauge_invalid = False
        await landed.rig.wait_for_event("lander", "gauge_back")

    land(tmp_path, story)


def test_safe_listens_and_is_left_on_command(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        await landed.rig.command("lander", "enter_safe")
        await landed.rig.wait_for_state("lander", "safe")
        await asyncio.sleep(SOL)
        reports = await landed.rig.command("lander", "leave_safe")
        assert reports.rung is Rung.COMPLETED
        await landed.rig.wait_for_state("lander", "landed.operating", timeout=60.0)

    land(tmp_path, story)


def test_without_memory_it_is_looked_through_anew_and_its_sols_count_from_the_beginning(
    tmp_path: Path,
) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        await landed.rig.kill("lander")
        landed.rig.forget("lander")
        landed.node = await landed.rig.restart("lander")
        await landed.rig.wait_for_state("lander", "safe")
        assert not landed.node.commissioned
        await landed.rig.command("lander", "leave_safe")
        began = landed.world.now()
        await landed.commission()
        assert landed.node.is_in("landed.operating") and landed.world.now() - began < SOL
        assert len(landed.events("commissioning_step")) == 8

    land(tmp_path, story)


def test_safe_that_somebody_else_had_a_cause_for_is_not_left_by_the_sun(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        await landed.rig.command("lander", "enter_safe")
        # Empty under a clear sky: it saves energy, and need not hibernate for want of light.
        landed.electrical.drain(0.25)
        await landed.rig.wait_for_event("lander", "energy_low", timeout=SOL)
        await landed.rig.wait_for_event("lander", "energy_back", timeout=10 * SOL)
        await asyncio.sleep(2 * SOL)
        assert landed.events("hibernation_begins") == []
        assert landed.node.is_in("safe")
        [kept] = landed.events("safe_is_kept")
        assert kept.data == {"reason": "commanded"}
        await landed.rig.command("lander", "leave_safe")
        await landed.rig.wait_for_state("lander", "landed.operating", timeout=60.0)
        assert landed.node.safe_causes == []

    land(tmp_path, story)


@pytest.mark.parametrize("fails", [False, True])
def test_a_radio_that_was_restarted_is_what_it_is_to_be_at_each_hour(
    tmp_path: Path, fails: bool
) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        node, uhf = landed.node, cast(Any, landed.devices["uhf"])
        for day in (True, False):
            for _ in range(150):
                if node._wanted().uhf is day:
                    break
                await asyncio.sleep(600.0)
            await asyncio.sleep(60.0)
            if fails:
                switch, uhf.set_power = uhf.set_power, refuse_to_go_on(uhf.set_power)
                await node.restart_radio("uhf")
                uhf.set_power = switch
                assert (await switch(False)).on is False
                await node.sample()
            else:
                await node.restart_radio("uhf")
            assert node.uhf_on is day and (await uhf.state()).on is day

    land(tmp_path, story)


def refuse_to_go_on(switch: Any) -> Any:
    async def set_power(on: bool) -> Any:
        if on:
            raise DeviceFault("stuck", "the switch does not close")
        return await switch(on)

    return set_power


class Mav(Node):
    """A stand-in that says one thing."""

    name = "mav"
    statechart = Statechart(
        State("idle", initial=True),
        State("safe"),
        transitions=[On("enter_safe", ANY, "safe"), On("leave_safe", "safe", "idle")],
    )

    @event(Severity.WARNING_HI, "hello")
    def hello(self) -> None: ...


def test_what_the_mav_says_reaches_earth_under_its_own_name(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        mav = cast(Any, landed.rig.add_node(Mav, {}))
        await asyncio.sleep(60.0)
        mav.hello()
        await asyncio.sleep(2 * SOL)
        bodies = [decode_message(p.body) for p in landed.on_earth if p.source == "mav"]
        names = [body.name for body in bodies if isinstance(body, EventReport)]
        assert "hello" in names

    land(tmp_path, story)


def test_the_rhythm_is_asked_no_more_often_than_it_changes() -> None:
    rhythm = Rhythm.of(FILE.flight)
    seconds, changes = 0.0, 0
    while seconds < SOL:
        before = rhythm.wanted(EPOCH + seconds / 86_400.0, Energy.AMPLE, False)
        step = rhythm.seconds_to_change(EPOCH + seconds / 86_400.0, Energy.AMPLE, False, 1800.0)
        assert 0.0 < step <= 1800.0
        seconds += min(step, SOL - seconds)
        after = rhythm.wanted(EPOCH + seconds / 86_400.0, Energy.AMPLE, False)
        changes += before != after
    assert changes == 4  # sunrise, sunset, night window twice


def test_with_little_energy_only_the_ways_to_be_rescued_stay_open() -> None:
    rhythm = Rhythm.of(FILE.flight)
    on = {"uhf": 0, "x_band": 0}
    for step in range(288):
        wanted = rhythm.wanted(EPOCH + step / 288 * SOL / 86_400.0, Energy.LOW, True)
        assert not wanted.computer
        on["uhf"] += wanted.uhf
        on["x_band"] += wanted.x_band
    assert on["uhf"] == pytest.approx(288 * 5.0 / 24, abs=2)
    assert on["x_band"] == pytest.approx(288 * 1.5 / 24, abs=2)


def test_work_of_others_is_granted_only_when_a_night_is_left_after_it(tmp_path: Path) -> None:
    async def main(landed: Landed) -> None:
        await asyncio.sleep(600.0)
        node = landed.node

        async def ask(watt_hours: float) -> Permission:
            return await energy_permission(node, "arm", EnergyWanted(watt_hours))

        assert await ask(60.0) == Permission(True)
        refused = await ask(FILE.flight["battery_capacity"])
        assert refused.granted is False and "would be left" in refused.reason
        node.state_of_charge = None
        assert "not known" in (await ask(60.0)).reason
        node.energy = Energy.LOW
        node.state_of_charge = 0.9
        assert "loads are cut" in (await ask(60.0)).reason

    land(tmp_path, main)


def test_an_arm_that_is_not_stowed_stops_a_launch_until_earth_has_judged_it(
    tmp_path: Path,
) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        landed.node.carried_modes["arm"] = "safe"
        asked = await launch_permission(landed.node, "mav", Nothing())
        assert not asked.granted
        # So that it is led out: by these words the ground knows who stands in the way.
        assert asked.reason == "the arm is not known to be stowed: it is in safe"
        await landed.rig.command("lander", "judge_arm", clear=True)
        assert (await launch_permission(landed.node, "mav", Nothing())).granted
        await landed.rig.command("lander", "judge_arm", clear=False)
        assert not (await launch_permission(landed.node, "mav", Nothing())).granted

    land(tmp_path, story)


def test_an_empty_igloo_is_not_kept_warm(tmp_path: Path) -> None:
    async def story(landed: Landed) -> None:
        await landed.commission()
        await landed.rig.command("lander", "condition_mav", on=True)
        assert landed.node.mav_conditioning
        landed.node.carried_modes["mav"] = "in_orbit"
        await asyncio.sleep(2 * 3600.0)
        assert not landed.node.mav_conditioning

    land(tmp_path, story)
