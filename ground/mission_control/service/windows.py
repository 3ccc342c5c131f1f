"""When what is sent now can arrive and be answered at the earliest, as the ground knows it."""

from dataclasses import dataclass

from flight.icd.devices.ground_station import PredictedPass
from flight.runtime.loop import NANOSECONDS
from ground.api.entries import Estimate
from ground.mission_control.space_link.stations import RELAY, Stations

FRESH = 600.0
"""s for which what the stations told of links is taken to hold (assumption)."""


@dataclass(frozen=True)
class Outlook:
    """Of one vehicle. `why_not`: why nothing can be sent; empty where something can."""

    estimate: Estimate
    window: tuple[int, int] | None = None
    why_not: str = ""


def outlook(stations: Stations, vehicle: str, now: float) -> Outlook:
    """How it looks for a command that is to leave at `now` (s of mission time).

    A direct link that the stations have not told of lately may be up.
    """
    status = stations.status
    if status is None:
        return Outlook(Estimate(), None, "the ground stations have not said yet how things are")
    if status.moratorium:
        return Outlook(Estimate(), None, "the Sun stands between: nobody commands in conjunction")
    light, radio = stations.light_time, stations.radio_of(vehicle)
    up = [link.spacecraft for link in status.links if link.up]
    told = now - status.time_ns / NANOSECONDS < FRESH
    direct = [link.spacecraft for link in status.links if link.up or not told]
    if radio in direct:
        return Outlook(_estimate(now, now + light, light))
    coming = next((p for p in stations.passes(vehicle) if p.end > now + light), None)
    if coming is None:
        return Outlook(Estimate(), None, f"no pass over {vehicle} is in sight")
    delivery = max(coming.start, now + light)
    sent = now if RELAY in up else None
    return Outlook(_estimate(sent, delivery, light), _ns_of(coming))


def _estimate(sent: float | None, delivery: float, light: float) -> Estimate:
    return Estimate(None if sent is None else _ns(sent), _ns(delivery + light))


def _ns_of(coming: PredictedPass) -> tuple[int, int]:
    return _ns(coming.start), _ns(coming.end)


def _ns(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
