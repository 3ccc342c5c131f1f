"""Keeps the common clock of a run at the pace that what is under way bears."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flight.astrodynamics.vectors import norm
from flight.runtime.pace import SharedClock
from ground.testbed.hardware import Hardware
from ground.testbed.pace import ATTENTION, BOOTING, UnderWay, pace_limit
from sim_hw.assembly.entry import flight_of
from sim_hw.assembly.truth_probes import distance_to_container
from sim_hw.dynamics.capsule_flight import NAME as CAPSULE
from sim_hw.dynamics.entry_vehicle import EntryBody
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.world.spacecraft import Spacecraft

LOOK = 0.05  # wall seconds between looks
QUICKER = 2.0  # by how much the pace may rise from one look to the next


class PaceKeeper:
    """Decides on the pace; lives with the hardware, which alone knows what truly goes on.

    The pace falls at once, also in the moment in which a device is asked that announces something
    delicate: before it answers. It rises step by step: who sleeps or waits for an answer meanwhile
    is not overrun. `quiet` is the pace when nothing is under way; all limits are divided by `care`.
    Changes are written to `record`.
    """

    def __init__(
        self, clock: SharedClock, hardware: Hardware, quiet: float, care: float, record: Path
    ) -> None:
        self._clock = clock
        self._hardware = hardware
        self._quiet = quiet
        self._care = care
        self._record = record
        self._asked: dict[str, float] = {}
        self._reason = ""
        self._timer: asyncio.TimerHandle | None = None
        self._held: dict[str, None] = {}

    def start(self) -> None:
        """Lets mission time run."""
        self._hardware.on_asked = self.asked
        rate, reason = self._wanted()
        self._set(rate, reason)

    def hold(self, role: str) -> None:
        """A computer starts: what machines need for that is not to cost much mission time."""
        self._held[role] = None

    def release(self, role: str) -> None:
        """It runs, or has died."""
        self._held.pop(role, None)

    def stop(self) -> None:
        """Looks no more; the clock goes on as it does."""
        if self._timer is not None:
            self._timer.cancel()

    def asked(self, service: str) -> None:
        """To be told of each call of a device, before it is answered."""
        if service in ATTENTION:
            self._asked[service] = self._hardware.world.now()
            rate, reason = self._wanted()
            if rate < self._clock.rate:
                self._set(rate, reason)

    def look(self) -> None:
        """Looks at what is under way; to be called now and then, which `start` sees to."""
        rate, reason = self._wanted()
        self._set(min(rate, QUICKER * self._clock.rate), reason)

    def _wanted(self) -> tuple[float, str]:
        now = self._hardware.world.now()
        asked = {service: now - at for service, at in self._asked.items()}
        if has_ended_ascent(self._hardware):
            asked = {k: v for k, v in asked.items() if not k.startswith("mav.")}
        limit, reason = pace_limit(under_way(self._hardware, asked))
        limits = [(self._quiet, "quiet"), (limit / self._care, reason)]
        if self._held:
            limits.append((BOOTING, f"{next(iter(self._held))} starts"))
        return min(limits)

    def _set(self, rate: float, reason: str) -> None:
        if rate != self._clock.rate:
            self._clock.set_rate(rate)
        if reason != self._reason:
            self._reason = reason
            line = {"time": self._hardware.world.now(), "rate": rate, "reason": reason}
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LOOK * rate, self.look)


def under_way(hardware: Hardware, asked: Mapping[str, float]) -> UnderWay:
    """What is truly under way now. `asked`: seconds since each device was asked last."""
    facts: dict[str, Any] = {**_lander(hardware), **_mav(hardware)}
    return UnderWay(
        **facts,
        container_distance=_container_distance(hardware),
        capsule_distance=_capsule_distance(hardware),
        container_on_mars=hardware.released is None and not hardware.lost.get("mav"),
        asked=asked,
    )


def has_ended_ascent(hardware: Hardware) -> bool:
    """Whether the MAV has let its container go, so that nothing hangs on its devices any more."""
    body = hardware.world.space.bodies.get("mav")
    return isinstance(body, MavBody) and not body.has_container


def _lander(hardware: Hardware) -> dict[str, Any]:
    body = hardware.world.space.bodies.get("lander")
    if not isinstance(body, EntryBody) or body.frozen:
        return {}
    x, y, z = (now := body.peek()).state[:3]
    height = body.vehicle.frame.local(now.time, (x, y, z))[2]
    return {"lander_height": height, "lander_in_aeroshell": body.vehicle.under_aeroshell}


def _mav(hardware: Hardware) -> dict[str, Any]:
    body = hardware.world.space.bodies.get("mav")
    if not isinstance(body, MavBody) or not body.has_container:
        return {}
    body = body.peek()
    # A motor burns, or the air still presses on both stages.
    fast = body.has_first_stage or body.burning(body.time) is not None
    return {"mav_flying": not body.frozen, "mav_steering_fast": fast}


def _container_distance(hardware: Hardware) -> float | None:
    lidar = hardware.device("orbiter.lidar")
    return None if lidar is None else distance_to_container(lidar.vehicle)


def _capsule_distance(hardware: Hardware) -> float | None:
    """From the centre of the Earth, once the capsule is let go and in the Earth's reach."""
    if CAPSULE not in hardware.world.space.bodies:
        return None
    flight = flight_of(hardware.vehicles["entry"].devices)
    if flight.landed_at is not None:
        return None
    shadow = flight.peek()
    if shadow is None or (isinstance(shadow, Spacecraft) and shadow.centre != "earth"):
        return None
    x, y, z = shadow.state[:3]
    return norm((x, y, z))
