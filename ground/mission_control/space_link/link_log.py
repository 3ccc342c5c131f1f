"""Keeps what the stations tell of the way into space: light time, conjunction, links."""

from collections.abc import Callable

from flight.icd.devices.ground_station import NetworkStatus
from ground.mission_control.archive.archive import Archive

LIGHT_TIME_STEP = 1.0
"""Seconds by which the light time has changed when it is kept anew."""


class LinkLog:
    """What was kept last is taken up from the archive; only changes are kept."""

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        self._archive = archive
        self._now_ns = now_ns
        last = archive.rows(
            "SELECT seconds, moratorium FROM light_times ORDER BY time_ns DESC LIMIT 1"
        )
        self._light: tuple[float, bool] | None = (last[0][0], bool(last[0][1])) if last else None
        self._links: dict[str, tuple[bool, float]] = {
            spacecraft: (bool(up), rate)
            for spacecraft, _, up, rate in archive.rows(
                "SELECT spacecraft, MAX(since_ns), up, rate_bps FROM link_states "
                "GROUP BY spacecraft"
            )
        }

    def take(self, status: NetworkStatus) -> None:
        """Keeps what is other than it was."""
        now = self._now_ns()
        light, before = (status.light_time, status.moratorium), self._light
        if before is None or light[1] != before[1] or abs(light[0] - before[0]) >= LIGHT_TIME_STEP:
            self._light = light
            self._archive.add_light_time(now, *light)
        for link in status.links:
            state = (link.up, link.rate_bps if link.up else 0.0)
            if self._links.get(link.spacecraft) != state:
                self._links[link.spacecraft] = state
                self._archive.add_link_state(link.spacecraft, now, *state)
