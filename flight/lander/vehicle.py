"""The lander as its skills know it: channels, events, devices, and what it remembers."""

from typing import ClassVar

import msgspec

from flight.core.fault_protection.quantities import quantity
from flight.core.fault_protection.shedding import Sheddable
from flight.core.hearing import HearsPeers
from flight.core.keeping.memory import Remembered
from flight.core.telling.carried import keeper
from flight.core.telling.channels import Channel
from flight.core.telling.communications import Route, radio, wire
from flight.core.telling.events import event
from flight.core.two_computers import TwoComputers
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.communications import LinkState
from flight.icd.messages import Severity
from flight.lander.descent import Descent
from flight.lander.descent_hardware import DESCENT_DEVICES, descent_devices
from flight.lander.descent_memory import DescentMemory, Landing
from flight.lander.descent_reports import DescentReports
from flight.lander.hardware import LanderDevices
from flight.lander.parameters import PARAMETERS
from flight.lander.rhythm import Energy, Rhythm
from flight.lander.safeguards import LANDER_SAFEGUARDS
from flight.lander.thermal_control import ThermalControl
from flight.lander.witnesses import CONFIRMATIONS
from flight.surface.hibernation import Hibernates
from flight.surface.night_charge import NightCharge

CARRIED = ("arm", "mav")
HOUSEKEEPING = 1800.0  # s at the most, by day
SURVEYED = 1.0  # m: a place on the map by which a lander was put there


class Commissioning(msgspec.Struct, frozen=True):
    """When it began (s of the clock's count, which nobody sets), the result of each step done."""

    started: float
    done: dict[str, str] = {}


class LanderVehicle(
    DescentReports, DescentMemory, HearsPeers, TwoComputers, Hibernates, NightCharge
):
    """The lander: entry, descent and landing (`descent_states`), then commissioning, power and
    warmth through the nights, relay for arm, MAV and rover.

    What is on at which hour follows from time and energy alone (`rhythm`), in every state; the
    states say what the lander may be asked to do.
    """

    name = "lander"
    has_recorder = True
    parameter_declarations = PARAMETERS
    safeguards = LANDER_SAFEGUARDS
    confirmations = CONFIRMATIONS
    routes: ClassVar[dict[str, Route]] = {
        "arm": wire("arm"),
        "mav": wire("mav"),
        "rover": radio("rover"),
        "perseverance": radio("perseverance"),
    }

    night_charge = "low_charge"
    looked_after: ClassVar = dict.fromkeys(
        ("battery", "solar_array", "thermal_nodes", "heaters", "power_switches", "uhf", "x_band"),
        "state",
    )
    longest_housekeeping = 2.0 * HOUSEKEEPING
    optional_devices: ClassVar[dict[str, type[DeviceInterface]]] = DESCENT_DEVICES
    loads: ClassVar[dict[str, Sheddable]] = {
        "x_band": Sheddable("the direct link to Earth outside its short window"),
        "arm_heater": Sheddable("warmth of the transfer arm, which is rated to be cold"),
        "mav_conditioning": Sheddable("more warmth of the MAV than its propellant needs"),
        "heater_bus": Sheddable("the bus of all heaters, while no zone is colder than it is to be"),
    }

    descent: Descent

    @quantity(unit="m", sources=("descent_inertial_unit",))
    def range_expected(self) -> float | None:
        """Of the radar, by its ranges of the last seconds and what the lander has sunk since."""
        return self.descent.sensing.expected_range()

    @quantity()
    def zones_stuck_on(self) -> int | None:
        """Heater zones that heat though it is warm enough."""
        return self.thermal.stuck(self.temperatures, on=True)

    @quantity()
    def zones_stuck_off(self) -> int | None:
        """Heater zones that do not heat though it is too cold."""
        return self.thermal.stuck(self.temperatures, on=False)

    commissioning = Remembered[Commissioning | None](
        Commissioning | None, None, doc="how far it has come"
    )
    commissioned = Remembered(bool, False, doc="whether it is over")
    conditioning_kept = Remembered(bool, False, doc="whether the MAV is kept warm for its flight")
    low_energy_kept = Remembered(bool, False, doc="whether loads are cut")
    arm_clear = Remembered(bool, False, doc="whether, by Earth's judgement, the arm is clear")

    state_of_charge = Channel(
        float, doc="of the battery", yellow=(0.4, None), red=(0.25, None), hysteresis=0.03
    )
    battery_voltage = Channel(float, unit="V", doc="of the battery", red=(24.5, None))
    battery_temperature = Channel(
        float, unit="K", doc="of the cells", yellow=(258.0, 308.0), red=(253.0, 318.0)
    )
    array_power = Channel(float, unit="W", doc="that the solar array can give")
    array_energy = Channel(float, unit="W h", doc="delivered by the array since landing")
    electronics_temperature = Channel(
        float, unit="K", doc="of the electronics", yellow=(243.0, 323.0), red=(233.0, 328.0)
    )
    arm_temperature = Channel(float, unit="K", doc="of the transfer arm")
    mav_temperature = Channel(
        float,
        unit="K",
        doc="of the MAV's propellant, which must stay above 233 K",
        yellow=(236.0, None),
        red=(233.15, None),
        hysteresis=0.5,
    )
    mav_conditioning = Channel(bool, doc="whether the igloo keeps the MAV at operating temperature")
    dead_zones = Channel(int, doc="heater zones that do not heat", yellow=(None, 0.5))
    sun_elevation = Channel(float, unit="deg", doc="of the Sun, from time and place")
    uhf_on = Channel(bool, doc="UHF radio")
    x_band_on = Channel(bool, doc="X-band radio")
    relay_in_view = Channel(bool, doc="the relay orbiter can be heard")
    earth_in_view = Channel(bool, doc="Earth can be heard directly")
    low_energy = Channel(bool, doc="loads are cut because the battery is low")

    @event(Severity.ACTIVITY_HI, "Commissioning, {step}: {result}")
    def commissioning_step(self, *, step: str, result: str) -> None: ...

    @event(Severity.WARNING_HI, "Heater zone {zone} cannot be set: {reason}")
    def zone_not_set(self, *, zone: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "The battery's gauge means nothing: loads are cut")
    def gauge_lost(self) -> None: ...

    @event(Severity.ACTIVITY_HI, "The battery's gauge is valid again")
    def gauge_back(self) -> None: ...

    @event(Severity.WARNING_LO, "By Earth's judgement the arm is clear: {clear}")
    def arm_judged(self, *, clear: bool) -> None: ...

    @event(Severity.ACTIVITY_HI, "The MAV has reached {temperature} K")
    def mav_warm(self, *, temperature: float | None) -> None: ...

    @event(Severity.WARNING_HI, "Battery at {charge} %: loads are cut")
    def energy_low(self, *, charge: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "Battery at {charge} %: loads are back")
    def energy_back(self, *, charge: int) -> None: ...


    def attach(self) -> None:
        self.devices = LanderDevices(self)
        if self.context.mission.get("start") == "entry":
            load = self.context.mission["entry"]
            self.descent = Descent(
                self, self, descent_devices(self), self.parameters, load, self.context.structure
            )
            self.descent.alive = self.vigil.alive
        self.thermal = ThermalControl(self.devices.heaters, self.zone_not_set)
        self.rhythm = Rhythm.of(self.parameters)
        self.energy = Energy.AMPLE
        self.temperatures: dict[str, float] = {}
        self._without_meaning = 0
        self._radios_on: dict[str, bool] = {}  # as they said last
        self._radios_told: dict[str, bool] = {}
        self._radios_resting: dict[str, None] = {}
        self._switched: dict[str, bool | None] = {}
        self._switches_told: dict[str, bool] = {}  # last, whether they obeyed or not
        self._switches_found: dict[str, bool] = {}  # at the boot; told or not
        self._mav_was_warm = False
        self.carried_modes: dict[str, str] = {}  # of arm and MAV, as they tell it
        self.mav_conditioning, self.low_energy = self.conditioning_kept, self.low_energy_kept
        if self.context.store_lost:
            # It is looked through anew, but its sols count from the begin of the mission.
            self.commissioning = Commissioning(self.clock.count() - self.clock.now())
        if self.low_energy:
            self.energy = Energy.LOW
        self.relay_in_view = self.earth_in_view = False
        self.take_up_hibernation()
        self.take_up_battery()
        self.communications.use_radio(self.devices.uhf)
        self.communications.use_radio(self.devices.x_band)
        for source in CARRIED:
            self.bus.subscribe(f"{source}.telemetry", keeper(self, source, self.carried_modes))

    def show_descent(
        self,
        height: float,
        speed: float,
        sigma: float,
        propellant: float,
        bank_ordered: float | None = None,
        bank: float | None = None,
    ) -> None:
        """Publishes where the lander is on its way down."""
        self.descent_height, self.descent_speed = height, speed
        self.descent_sigma, self.descent_propellant = sigma, propellant
        self.descent_bank_ordered, self.descent_bank = bank_ordered, bank
        self.publish_telemetry()

    def landed_at(self, landing: Landing) -> None:
        """Takes note of where the lander stands by its own navigation."""
        self.landed_east, self.landed_north = landing.east, landing.north
        self.landed_sigma = landing.sigma
        self.publish_telemetry()

    def say_where(self) -> None:
        """Says where the lander stands: by its descent, or by the load if it began here."""
        began_here = self.context.mission.get("start") != "entry"
        known = self.landing
        if known is not None:
            self.standing(east=known.east, north=known.north, error=known.sigma)
            return
        placed = self.context.mission.get("lander")
        if began_here and placed is not None:
            error = placed.get("sigma", SURVEYED)
            self.standing(east=placed["east"], north=placed["north"], error=error)

    def parameters_changed(self) -> None:
        self.rhythm = Rhythm.of(self.parameters)

    def link_changed(self, link: LinkState) -> None:
        super().link_changed(link)
        if link.peer == "relay":
            self.relay_in_view = link.up
        elif link.peer == "earth":
            self.earth_in_view = link.up

