"""Judges what comes down by the limit set that is in force, and has alarms raised by it."""

from ground.mission_control.alarms.alarms import BY_GROUND, LIMIT, Alarms
from ground.mission_control.alarms.limit_sets import ActiveLimits
from ground.mission_control.telemetry.telemetry import LatestTelemetry, Sample

ANOTHER_SET = "another limit set is in force"


class GroundLimits:
    """Only news is judged: of what a vehicle stored and sends late, nothing raises an alarm."""

    def __init__(self, limits: ActiveLimits, telemetry: LatestTelemetry, alarms: Alarms) -> None:
        self.limits = limits
        self._telemetry = telemetry
        self._alarms = alarms
        alarms.latches = self._latches

    def take(self, vehicle: str, channel: str, sample: Sample) -> None:
        """Judges a value that is news."""
        own = self.limits.own(vehicle, channel)
        if own is None:
            return
        state = self.limits.state(vehicle, channel, sample.value)
        if state == "NONE":
            return
        unit = self._alarms.units(vehicle, channel)
        value = f"{sample.value} {unit}".rstrip()
        text = f"{channel} = {value} is {state} by the limit set {self.limits.name}"
        self._alarms.judge(vehicle, channel, state, text, sample.occurred_ns, sample.place)

    def decide(self, name: str) -> None:
        """Puts a set in force, and judges by it what is known. Raises ValueError."""
        self.limits.decide(name)
        for vehicle, channel in self._alarms.judged_channels():
            if self.limits.own(vehicle, channel) is None:
                sample = self._telemetry.sample(vehicle, channel)
                place, time = (0, 0) if sample is None else (sample.place, sample.occurred_ns)
                self._alarms.judge(vehicle, channel, "OK", ANOTHER_SET, time, place)
        for vehicle, channel in self.limits.of_set():
            sample = self._telemetry.sample(vehicle, channel)
            if sample is not None:
                self.take(vehicle, channel, sample)

    def _latches(self, source: str, name: str) -> bool:
        if not name.endswith(BY_GROUND):
            return False
        own = self.limits.own(source, name.removeprefix(LIMIT).removesuffix(BY_GROUND))
        return own is not None and own.latched
