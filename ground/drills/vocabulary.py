"""The names that a drill may use: states, channels, the truth, what must always hold.

lander.entry.powered        a state, or all states inside it: true while the vehicle is there
lander.state_of_charge      a channel: what the vehicle believes now
battery.lander, truth....   what is truly so (`ground.drills.truth`)
tubes_accounted             something that must always hold (`ground.drills.invariants`)
"""

from collections.abc import Iterable, Mapping, Sequence

from flight.configuration.allowed_values import choices_words
from flight.icd.expression_values import Kind, Symbol
from flight.icd.expressions import ExpressionError
from ground.drills.invariants import INVARIANTS
from ground.drills.told_names import names_told
from ground.drills.truth import BATTERY, TRUTH, Look
from ground.mission_control import Dictionary, VehicleEntry

_KINDS: dict[str, Kind] = {
    "boolean": "boolean", "integer": "number", "number": "number", "text": "text",
}  # fmt: skip


class Vocabulary:
    """What the names of a scenario stand for. `vehicles`: those that take part; `truths`: what can
    be known of the truth; `devices`: the services of all devices."""

    def __init__(
        self,
        dictionary: Dictionary,
        vehicles: Iterable[str],
        truths: Mapping[str, Look],
        devices: Iterable[str] = (),
    ) -> None:
        self.dictionary = dictionary
        self.vehicles = tuple(vehicles)
        self.truths = truths
        self._devices = tuple(devices)

    def vehicle(self, name: str) -> VehicleEntry:
        """A vehicle that takes part; raises ExpressionError."""
        if name not in self.vehicles:
            raise ExpressionError(
                f"{name!r} is no vehicle of this scenario: {choices_words(name, self.vehicles)}"
            )
        return self.dictionary.vehicles[name]

    def told(self, vehicle: str) -> Mapping[str, Sequence[str]]:
        """By the argument of an event, the names that a vehicle can tell there."""
        services = (service.split(".", 1) for service in self._devices)
        own = [names[1] for names in services if names[0] == vehicle]
        return names_told(self.vehicle(vehicle), own)

    def symbol(self, path: str) -> Symbol:
        """What a name stands for; raises ExpressionError with the names that there are."""
        head, _, rest = path.partition(".")
        if path in INVARIANTS:
            return Symbol("boolean")
        if head in (TRUTH, BATTERY):
            look = self.truths.get(path)
            if look is None:
                raise ExpressionError(
                    f"{path!r} cannot be looked at: {choices_words(path, self._near(path))}"
                )
            return Symbol(look.kind, look.unit)
        if not rest:
            names = [*INVARIANTS, *self.vehicles, TRUTH, BATTERY]
            raise ExpressionError(f"{path!r} is not known: {choices_words(path, names)}")
        entry = self.vehicle(head)
        channel = entry.channels.get(rest)
        if channel is not None and channel.type in _KINDS:
            return Symbol(_KINDS[channel.type], channel.unit)
        if rest in entry.states:
            return Symbol("state")
        names = [*entry.states, *entry.channels]
        raise ExpressionError(
            f"{head} has no state or channel {rest!r}: {choices_words(rest, names)}"
        )

    def _near(self, path: str) -> list[str]:
        """The probes that begin alike, or all."""
        stem = ".".join(path.split(".")[:2])
        near = [name for name in self.truths if name.startswith(f"{stem}.")]
        return near or list(self.truths)

    def state(self, path: str) -> tuple[str, str]:
        """Vehicle and state of `lander.entry.powered`; raises ExpressionError."""
        name, _, state = path.partition(".")
        entry = self.vehicle(name)
        if state not in entry.states:
            raise ExpressionError(
                f"{name} has no state {state!r}: {choices_words(state, entry.states)}"
            )
        return name, state

    def event(self, path: str) -> tuple[str, str]:
        """Vehicle and event of `lander.parachute_open`; raises ExpressionError."""
        name, _, event = path.partition(".")
        entry = self.vehicle(name)
        if event not in entry.events:
            known = choices_words(event, list(entry.events))
            raise ExpressionError(f"{name} has no event {event!r}: {known}")
        return name, event

    def command(self, path: str) -> tuple[str, str]:
        """Vehicle and command of `lander.commission`; raises ExpressionError."""
        name, _, command = path.partition(".")
        entry = self.vehicle(name)
        if command not in entry.commands:
            known = choices_words(command, list(entry.commands))
            raise ExpressionError(f"{name} has no command {command!r}: {known}")
        return name, command
