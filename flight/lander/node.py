"""The Sample Retrieval Lander: its way down, then power, warmth and contact for what it carries."""

from functools import partial
from typing import Any, Literal

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import Restart, command
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.obedience import switched
from flight.core.radio_rest import rest
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError
from flight.icd.devices.communications import Radio
from flight.icd.exchanges import ENERGY_PERMISSION, LAUNCH_PERMISSION
from flight.lander.commissioning import commission, keep_array_open, unfold_after_landing
from flight.lander.descent_states import ENTRY, ENTRY_TRANSITIONS, WOKEN, wake
from flight.lander.hardware import ARM, COMPUTER, CORE, ELECTRONICS, HEAT, MAV
from flight.lander.launch_permission import launch_permission
from flight.lander.rhythm import Energy, Wanted
from flight.lander.vehicle import HOUSEKEEPING, LanderVehicle
from flight.lander.watched import WATCHED
from flight.lander.work_permission import OWN_NEEDS, energy_permission

UNPOWERED = ("dormant", "loading", "safe")  # states in which the MAV loses nothing without power
BLIND_AFTER = 3  # readings of the battery without meaning in a row
MAXIMUM_COMMISSIONING = 100 * SOL_SECONDS  # seconds


def _is_commissioned(node: LanderVehicle, signal: Signal) -> bool:
    return node.commissioned


def _recovered(node: LanderVehicle, signal: Signal) -> bool:
    return node.safe_has_passed()


def _recovered_commissioned(node: LanderVehicle, signal: Signal) -> bool:
    return node.safe_has_passed() and node.commissioned


class Lander(LanderVehicle):
    """The lander: entry, descent and landing (`descent_states`), then commissioning, power and
    warmth through the nights, relay for arm, MAV and rover.

    What is on at which hour follows from time and energy alone (`rhythm`), in every state; the
    states say what the lander may be asked to do.
    """

    watched = WATCHED
    statechart = Statechart(
        State("waking", initial=True, activity=wake, outcomes=WOKEN, doc="where am I?"),
        ENTRY,
        State(
            "landed",
            children=[
                State("unfolding", initial=True, activity=unfold_after_landing),
                State("waiting", doc="before commissioning"),
                State("commissioning", activity=commission),
                State(
                    "operating",
                    children=[
                        State("day", initial=True),
                        State("night", doc="computer asleep, radio on in the orbiter's windows"),
                    ],
                ),
            ],
        ),
        State("safe", activity=keep_array_open, doc="little is on; keeps itself warm and listens"),
        transitions=[
            *ENTRY_TRANSITIONS,
            On("done", "landed.unfolding", "landed.waiting"),
            On("failed", "landed.unfolding", "landed.waiting"),
            On("abort", "landed.unfolding", "landed.waiting"),
            On("commission", "landed.waiting", "landed.commissioning"),
            On("done", "landed.commissioning", "landed.operating"),
            On("failed", "landed.commissioning", "landed.waiting"),
            On("abort", "landed.commissioning", "landed.waiting"),
            On("sunset", "landed.operating.day", "landed.operating.night"),
            On("sunrise", "landed.operating.night", "landed.operating.day"),
            On("enter_safe", ANY, "safe"),
            On("done", "safe", None),
            On("failed", "safe", None),
            On("leave_safe", "safe", "landed.operating", guard=_is_commissioned),
            On("leave_safe", "safe", "landed.unfolding"),
            On("energy_recovered", "safe", "landed.operating", guard=_recovered_commissioned),
            On("energy_recovered", "safe", "landed.unfolding", guard=_recovered),
        ],
        ignored=("abort", "sunset", "sunrise", "energy_recovered"),
    )

    @command(
        deadline=MAXIMUM_COMMISSIONING,
        starts="landed.commissioning",
        so_in="landed.operating",
        restart=Restart.RESUME,
    )
    def commission(self) -> None:
        """Deploys the array and checks power, heaters and radios; takes some sols."""

    @command(deadline=300.0)
    async def condition_mav(self, on: bool) -> str:
        """Keeps the MAV at operating temperature (on) or only above the limit of its propellant.

        Warming takes hours: wait for `mav_temperature` or the event `mav_warm`.
        """
        self.mav_conditioning = self.conditioning_kept = on
        await self._control_heat()
        failed = len(self.thermal.failed)
        return "all zones set" if not failed else f"{failed} zones cannot be set"

    @command(deadline=60.0)
    def judge_arm(self, clear: bool) -> None:
        """Takes it from Earth whether an arm that is not stowed is out of the way of a launch."""
        self.arm_clear = clear
        self.arm_judged(clear=clear)

    @command(deadline=60.0, allowed_in="entry.lost")
    def claim_landing(self) -> None:
        """Begins the work on the ground though the descent gave up: Earth knows that it stands."""
        self.post("claim_landing")

    def attach(self) -> None:
        super().attach()
        self.exchanges.answer(ENERGY_PERMISSION, partial(energy_permission, self))
        self.exchanges.answer(LAUNCH_PERMISSION, partial(launch_permission, self))
        self.nursery.start(self.find_switches(), name="find switches")

    async def sample(self) -> None:
        await self.read_power()
        await self._read_temperatures()
        self._judge_energy()
        self.sun_elevation = self.rhythm.sun_elevation(self.clock.jd_tt())
        if self.is_in("landed.operating"):
            self._follow_the_sun(self._wanted().day)
        await self._keep_rhythm()

    async def _keep_rhythm(self) -> None:
        """Switches what is to be on or off now."""
        wanted = self._wanted()
        await self._switch(COMPUTER, wanted.computer)
        await self._switch_radio("uhf", self.devices.uhf, wanted.uhf)
        x_band = wanted.x_band and (wanted.direct or not self.is_shed("x_band"))
        await self._switch_radio("x_band", self.devices.x_band, x_band)
        await self._control_heat()

    def housekeeping_period(self) -> float:
        # By night little happens, and each look at the devices costs energy.
        if self.must_be_silent:
            return 2.0 * HOUSEKEEPING
        limit = HOUSEKEEPING if self._wanted().day else 2.0 * HOUSEKEEPING
        return self.rhythm.seconds_to_change(
            self.clock.jd_tt(), self.energy, self.is_in("safe"), limit
        )

    def _wanted(self) -> Wanted:
        if self.must_be_silent:
            return Wanted(False, computer=False, uhf=False, x_band=False)
        if self.hibernation is not None:
            return Wanted(True, computer=False, uhf=True, x_band=False)
        return self.rhythm.wanted(self.clock.jd_tt(), self.energy, self.is_in("safe"))

    def _follow_the_sun(self, day: bool) -> None:
        if day and self.is_in("landed.operating.night"):
            self.post("sunrise")
        elif not day and self.is_in("landed.operating.day"):
            self.post("sunset")

    async def live_by(self, *, listens: bool) -> None:
        await self._read_temperatures()
        await self._switch(HEAT, False)
        await self._switch(CORE, listens)
        if self.carried_modes.get("mav") in UNPOWERED:
            await self._switch(MAV, listens)
        await self._keep_rhythm()

    async def live_again(self) -> None:
        await self._switch(CORE, True)
        await self._switch(HEAT, True)
        await self._switch(MAV, True)
        await self._keep_rhythm()

    def is_window(self) -> bool:
        return self.rhythm.wanted(self.clock.jd_tt(), Energy.LOW, safe=True).uhf

    @property
    def east_longitude(self) -> float:
        return float(self.parameters["site_longitude"])

    def own_needs(self) -> float:
        return OWN_NEEDS

    def array_power_now(self) -> float:
        return self.array_power or 0.0

    async def read_power(self) -> None:
        try:
            battery = await self.devices.battery.state()
        except DeviceError as error:
            self.device_trouble(device="battery", reason=str(error))
            battery = None
        if battery is not None and battery.valid:
            if self._without_meaning >= BLIND_AFTER:
                self.gauge_back()
            self._without_meaning = 0
            self.state_of_charge = battery.state_of_charge
            self.battery_voltage = battery.voltage
            self.battery_temperature = battery.temperature
        else:
            self._without_meaning += 1
            self.state_of_charge = self.battery_voltage = self.battery_temperature = None
            if self._without_meaning == BLIND_AFTER:
                self.gauge_lost()
        try:
            array = await self.devices.solar_array.state()
        except DeviceError as error:
            self.device_trouble(device="solar_array", reason=str(error))
            self.array_power = None
            return
        self.array_power = round(array.power, 1) if array.valid else None
        known = battery if battery is not None and battery.valid else None
        self.battery_shows(known, self.array_power)
        self.array_energy = round(array.energy) if array.valid else None
        if array.valid:
            self.array_gives(array.energy)

    def _judge_energy(self) -> None:
        if self.energy is Energy.LOW:
            return
        # Without a gauge one lives as in need, but does not go safe for want of knowledge.
        if self.state_of_charge is not None:
            self.energy = Energy.AMPLE
        elif self._without_meaning >= BLIND_AFTER:
            self.energy = Energy.UNKNOWN

    @action(keeps_going=True)
    async def cut_loads(self) -> None:
        """Lives with little energy: computer off, radios in the orbiter's windows alone, arm cold,
        MAV above the limit of its propellant only."""
        if self.energy is Energy.LOW:
            return
        self._remember_low(True)
        self.energy_low(charge=round(100.0 * (self.state_of_charge or 0.0)))
        await self._keep_rhythm()

    @action(keeps_going=True)
    async def restore_loads(self) -> None:
        """Takes `cut_loads` back."""
        if self.energy is not Energy.LOW:
            return
        self._remember_low(False)
        self.energy_back(charge=round(100.0 * (self.state_of_charge or 0.0)))
        await self._keep_rhythm()

    @action(leaves_safe=True)
    def work_again(self) -> None:
        """Leaves the safe state that responses with this action have entered, if nobody else had
        a cause for it."""
        if not self.stays_safe():
            self.post("energy_recovered")

    def differs(self, device: str, reading: Any) -> str:
        told: dict[str, bool | None] = {}
        says: dict[str, bool] = {}
        if device == "power_switches":
            says = reading.closed
            self._switches_found = self._switches_found or dict(says)
            told = {**self._switches_found, **self._switches_told}
        elif device in ("uhf", "x_band") and device not in self._radios_resting:
            told, says = {device: self._radios_told.get(device)}, {device: reading.on}
        if self.hibernation is not None:
            told = dict.fromkeys(told)  # what has power then is by the light
        return switched(self.obedience.otherwise(device, told, says), says)

    async def set_right(self, device: str) -> None:
        if device == "power_switches":
            self._switched = {}  # what they said is not so any more
            for name, on in (self._switches_found | self._switches_told).items():
                await self._switch(name, on)
        else:
            self._radios_on.pop(device, None)
        await self._keep_rhythm()

    def _remember_low(self, low: bool) -> None:
        self.energy = Energy.LOW if low else Energy.AMPLE
        self.low_energy = self.low_energy_kept = low

    async def find_switches(self) -> None:
        """How the switches are at the boot: one that opens by itself later is not as it was."""
        try:
            state = await sound(self.devices.power_switches.state)
        except DeviceError:
            return  # the first look tells, and takes what it finds
        self._switches_found = self._switches_found or dict(state.closed)
        self.obedience.otherwise("power_switches", self._switches_found, state.closed)

    async def _switch(self, name: str, on: bool) -> None:
        self._switches_told[name] = on
        if self._switched.get(name) is on:
            return
        try:
            state = await self.devices.power_switches.set_switch(name, on)
        except DeviceError as error:
            self.device_trouble(device="power_switches", reason=str(error))
        else:
            self._switched[name] = state.closed.get(name) if state.valid else None

    async def _switch_radio(self, name: str, device: Radio, on: bool) -> None:
        self._radios_told[name] = on
        if self._radios_on.get(name) is on or name in self._radios_resting:
            return
        try:
            await device.set_power(on)
            state = await device.state()  # what was told is not what says that it is so
        except DeviceError as error:
            self.device_trouble(device=name, reason=str(error))
            return
        if not state.valid:
            return  # told by the gate; the next housekeeping switches it again
        self._radios_on[name] = state.on
        if name == "uhf":
            self.uhf_on = state.on
        else:
            self.x_band_on = state.on

    @action(keeps_going=True)
    async def restart_radio(self, radio: Literal["uhf", "x_band"]) -> None:
        """Switches a radio off, and after a rest to what it is to be at this hour."""
        device = self.devices.uhf if radio == "uhf" else self.devices.x_band
        self._radios_resting[radio] = None
        try:
            await rest(device)
        finally:
            del self._radios_resting[radio]
            self._radios_on.pop(radio, None)  # whatever came of it: it is switched anew
        await self._keep_rhythm()

    async def _read_temperatures(self) -> None:
        try:
            state = await self.devices.thermal_nodes.state()
        except DeviceError as error:
            self.device_trouble(device="thermal_nodes", reason=str(error))
            found: dict[str, float] = {}
        else:
            found = {name: round(value, 2) for name, value in state.temperatures.items()}
        self.temperatures = found
        self.electronics_temperature = found.get(ELECTRONICS)
        self.arm_temperature = found.get(ARM)
        mav = found.get(MAV)
        self.mav_temperature = mav
        warm = mav is not None and mav >= self.parameters["mav_conditioned"]
        if self.mav_conditioning and warm and not self._mav_was_warm:
            self.mav_warm(temperature=mav)
        self._mav_was_warm = bool(self.mav_conditioning and warm)

    async def _control_heat(self) -> None:
        if self.mav_conditioning and self.carried_modes.get("mav") in ("in_orbit", "lost"):
            self.mav_conditioning = self.conditioning_kept = False  # the igloo is empty
        conditioned = bool(self.mav_conditioning) and not self.is_shed("mav_conditioning")
        heated = not self.is_shed("arm_heater")
        energy = self.energy
        if self.hibernation is not None:
            energy, conditioned = self._energy_in_hibernation(), False
        fed = self._switches_told.get(HEAT, True)
        try:
            await self.thermal.apply(self.parameters, energy, conditioned, heated, fed)
        except DeviceError as error:
            self.device_trouble(device="heaters", reason=str(error))
        # A contact that is welded heats whatever it is told: the bus before it is the other switch.
        if self.hibernation is None and (self.is_shed("heater_bus") or not fed):
            calls = self.thermal.calls_for_heat(self.temperatures)
            await self._switch(HEAT, calls or not self.is_shed("heater_bus"))

    def _energy_in_hibernation(self) -> Energy:
        """The cells come first; with what they do without the MAV is warmed."""
        charge = self.state_of_charge
        full = charge is not None and charge > self.parameters["igloo_charge"]
        full = full or self.charged_for_its_wear()
        return Energy.LOW if full else Energy.NONE
