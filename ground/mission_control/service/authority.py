"""Who holds which vehicle: only its holder stages and releases for it."""

from typing import Any

from ground.api.entries import Entry
from ground.mission_control.service.handling import Refused


class Authority:
    """The holders, as the journal tells them."""

    def __init__(self) -> None:
        self._holders: dict[str, str] = {}
        self._offers: dict[str, str] = {}

    def take(self, entry: Entry) -> None:
        """An entry of the journal about a vehicle's authority."""
        vehicle = entry.vehicle
        if entry.what in ("taken", "accepted"):
            self._holders[vehicle] = entry.data["holder"]
            self._offers.pop(vehicle, None)
        elif entry.what == "offered":
            self._offers[vehicle] = entry.data["to"]
        elif entry.what == "released":
            self._holders.pop(vehicle, None)
            self._offers.pop(vehicle, None)

    def holder(self, vehicle: str) -> str:
        """Who holds a vehicle; empty where nobody does."""
        return self._holders.get(vehicle, "")

    def offered_to(self, vehicle: str) -> str:
        """To whom it is offered; empty where it is not."""
        return self._offers.get(vehicle, "")

    def need(self, vehicle: str, user: str) -> None:
        """Raises Refused where somebody does not hold a vehicle."""
        holder = self.holder(vehicle)
        if holder != user:
            who = f"{holder} holds it" if holder else "nobody holds it: take it first"
            raise Refused(f"{user} does not hold {vehicle}: {who}")

    def plain(self, vehicles: tuple[str, ...]) -> dict[str, Any]:
        """For whoever looks."""
        return {
            vehicle: {"holder": self.holder(vehicle), "offered_to": self.offered_to(vehicle)}
            for vehicle in vehicles
        }
