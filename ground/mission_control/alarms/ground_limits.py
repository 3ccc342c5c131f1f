"""Judges what comes down by the limit sets that are in force, and has alarms raised by them."""

from collections.abc import Callable
from typing import Any

from ground.mission_control.alarms.active_limits import ActiveLimits
from ground.mission_control.alarms.alarms import BY_GROUND, LIMIT, Alarms
from ground.mission_control.dictionary.condition_checks import MODE
from ground.mission_control.telemetry.telemetry import LatestTelemetry, Sample

ANOTHER_SET = "another limit set is in force"


class GroundLimits:
    """Only news is judged: of what a vehicle stored and sends late, nothing raises an alarm.

    `now_ns`: mission time, here. `on_phase(vehicle, set, before, mode, since_ns)` is told when a
    vehicle's phase puts another set in force, before anything is judged by it.
    """

    def __init__(
        self, limits: ActiveLimits, telemetry: LatestTelemetry, alarms: Alarms,
        now_ns: Callable[[], int] = lambda: 0,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._telemetry = telemetry
        self._alarms = alarms
        self._now_ns = now_ns
        self.on_phase: Callable[[str, str, str, str, int], None] = lambda *told: None
        alarms.latches = self._latches

    def take(self, vehicle: str, channel: str, sample: Sample) -> None:
        """Judges a value that is news, by the phase that was told with it."""
        self._follow(vehicle)
        if self.limits.settled(vehicle, sample.occurred_ns):
            self._judge_anew(vehicle)
        self._judge(vehicle, channel, sample)

    def _judge(self, vehicle: str, channel: str, sample: Sample) -> None:
        state = self.limits.judged(vehicle, channel, sample.value)
        if state is None or state == "NONE":
            return
        unit = self._alarms.units(vehicle, channel)
        value = f"{_shown(sample.value)} {unit}".rstrip()
        by = self.limits.in_force(vehicle)
        text = f"{channel} = {value} is {state} by the limit set {by}"
        self._alarms.judge(vehicle, channel, state, text, sample.occurred_ns, sample.place)

    def _follow(self, vehicle: str) -> None:
        """Takes notice of the state that a vehicle told last."""
        mode = self._telemetry.sample(vehicle, MODE)
        name = None if mode is None else self.limits.entered(vehicle, mode.value)
        if mode is None or name is None:
            return
        before = self.limits.phase(vehicle)
        self.limits.begin(vehicle, name, mode.value, mode.occurred_ns, self._now_ns())
        self.on_phase(vehicle, name, before, mode.value, mode.occurred_ns)
        self._judge_anew(vehicle)

    def decide(self, name: str, vehicle: str = "") -> None:
        """Puts a set in force for a vehicle or for all, and judges by it what is known. Raises
        ValueError."""
        self.limits.decide(name, vehicle, self._now_ns())
        self._judge_anew(vehicle)

    def _judge_anew(self, only: str) -> None:
        """Judges what is known, of a vehicle or (no name) of all."""
        for vehicle, channel in self._alarms.judged_channels():
            if only in ("", vehicle) and self.limits.own(vehicle, channel) is None:
                sample = self._telemetry.sample(vehicle, channel)
                place, time = (0, 0) if sample is None else (sample.place, sample.occurred_ns)
                self._alarms.judge(vehicle, channel, "OK", ANOTHER_SET, time, place)
        for vehicle, channel in self.limits.of_set():
            sample = self._telemetry.sample(vehicle, channel)
            if only in ("", vehicle) and sample is not None:
                self._judge(vehicle, channel, sample)

    def _latches(self, source: str, name: str) -> bool:
        if not name.endswith(BY_GROUND):
            return False
        own = self.limits.own(source, name.removeprefix(LIMIT).removesuffix(BY_GROUND))
        return own is not None and own.latched


def _shown(value: Any) -> str:
    """A value as people read it: of a fraction six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
