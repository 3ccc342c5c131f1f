"""The entry capsule as its skills know it: channels, events, devices, and what it remembers."""

from typing import Any, ClassVar

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.looking import LooksForTubes
from flight.core.keeping.memory import Remembered
from flight.core.keeping.storage import StorageClosed
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import event
from flight.entry.parameters import PARAMETERS
from flight.entry.safeguards import ENTRY_SAFEGUARDS
from flight.entry.watched import WATCHED
from flight.entry.witnesses import CONFIRMATIONS
from flight.icd.devices.entry_capsule import (
    CapsuleAccelerometer,
    CapsuleBeacon,
    CapsuleTimer,
    GSwitch,
    ImpactSensor,
    PayloadBay,
)
from flight.icd.devices.power import Battery
from flight.icd.messages import Severity

CARRIER = "orbiter"


class EntryVehicle(LooksForTubes):
    """The Earth entry capsule."""

    name = "entry"
    routes = {CARRIER: wire(CARRIER)}  # noqa: RUF012  declared once, as every vehicle does
    parameter_declarations = PARAMETERS
    looked_after: ClassVar = {"battery": "state", "payload_bay": "state", "timer": "state"}
    longest_housekeeping = 21_600.0
    safeguards = ENTRY_SAFEGUARDS
    confirmations = CONFIRMATIONS
    watched = WATCHED
    handover: PassiveHandover

    checked = Remembered(bool, False, doc="whether the last checks have passed")
    entry_time = Remembered[float | None](
        float | None, None, doc="s from separation to the entry, once it was set"
    )
    entry_predicted = Remembered(
        bool, False, doc="whether that follows from the orbiter's prediction"
    )
    released_at = Remembered[float | None](
        float | None, None, doc="s of its clock's count, when the orbiter let go"
    )
    release_noted = Remembered(bool, False, doc="whether the separation was told")
    watching = Remembered(bool, False, doc="whether the watch for the entry has begun")
    falling = Remembered(bool, False, doc="whether the watch for the landing has begun")
    announced = Remembered(bool, False, doc="whether the end of the flight was told")
    peak_kept = Remembered[float | None](float | None, None, doc="m/s2, while braking")

    separated = Channel(bool, doc="let go by the orbiter")
    entry_after = Channel(float, unit="s", doc="from separation to the planned entry")
    axial_load = Channel(float, unit="m/s2", doc="felt along the axis")
    peak_load = Channel(float, unit="m/s2", doc="largest while braking")
    shock = Channel(float, unit="m/s2", doc="largest since the accelerometer was cleared")
    payload_temperature = Channel(
        float, unit="K", doc="of the container; samples stay below 30 °C (NASA/JPL)",
        yellow=(None, 298.0), red=(None, 303.0),
    )  # fmt: skip
    state_of_charge = Channel(
        float, doc="of the battery", yellow=(0.4, None), red=(0.2, None), hysteresis=0.02
    )
    payload_seated = Channel(bool, doc="the container sits in its bay, by two of three switches")
    tubes_held = Channel(int, doc="tubes in the capsule, by the ledger")
    beacon_on = Channel(bool, doc="the beacon sends")

    @event(Severity.ACTIVITY_HI, "Let go; entry due in {due} s")
    def released_from_orbiter(self, *, due: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "Entry sensed by {votes}, {late} s after the planned time")
    def entry_sensed(self, *, votes: str, late: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "The peak is over: {peak} g")
    def braking_over(self, *, peak: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "On the ground: wires torn, shock of {shock} g")
    def touched_down(self, *, shock: int) -> None: ...

    @event(Severity.WARNING_HI, "The time to land is over, but wires and shock do not agree")
    def landing_unsure(self) -> None: ...

    @event(Severity.ACTIVITY_HI, "The beacon sends at {power} W")
    def beacon_sends(self, *, power: float) -> None: ...

    @event(Severity.WARNING_HI, "{sensor} was outvoted: {reason}")
    def sensor_outvoted(self, *, sensor: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Trouble with {what}: {reason}", lasts=True)
    def device_trouble(self, *, what: str, reason: str) -> None: ...

    def attach(self) -> None:
        self.timer = self.driver(CapsuleTimer, "timer")
        self.g_switch = self.driver(GSwitch, "g_switch")
        self.accelerometer = self.driver(CapsuleAccelerometer, "accelerometer")
        self.impact_sensor = self.driver(ImpactSensor, "impact_sensor")
        self.payload_bay = self.driver(PayloadBay, "payload_bay")
        self.beacon = self.driver(CapsuleBeacon, "beacon")
        self.battery = self.driver(Battery, "battery")
        self._troubles: dict[str, str] = {}
        self.doubted_since: float | None = None  # sources of the separation contradict each other
        self.peak_load = self.peak_kept
        self.entry_after = self.entry_time

    def is_released(self) -> bool:
        """Whether the separation has been noted, also before a reboot."""
        return self.released_at is not None

    def housekeeping_period(self) -> float:
        return 3600.0 if self.is_in("armed") else self.longest_housekeeping

    def note_peak(self, peak: float | None) -> None:
        """Remembers the largest load of the entry, unless a landing has covered it."""
        if peak is not None and peak < self.parameters["sure_shock"]:
            self.peak_load = self.peak_kept = peak
            self.braking_over(peak=round(peak / STANDARD_GRAVITY, 1))

    def announce(self, settled: bool) -> None:
        """Says once how the flight ended."""
        if settled:
            self.touched_down(shock=round((self.shock or 0.0) / STANDARD_GRAVITY))
        else:
            self.landing_unsure()

    def keep_samples(self, journal: str, samples: list[list[Any]]) -> None:
        """Stores samples; those of a node that is being killed are lost."""
        try:
            self.storage.append_many(journal, samples)
        except StorageClosed:
            return

    def trouble(self, what: str, reason: str) -> None:
        """Reports a trouble when it is new."""
        if self._troubles.get(what) != reason:
            self._troubles[what] = reason
            self.device_trouble(what=what, reason=reason)
