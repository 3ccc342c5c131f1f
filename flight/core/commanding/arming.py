"""Arm, then fire: a hazardous command runs only if it was announced, exactly, shortly before."""

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flight.core.fault_protection.safeguards import Safeguard

ARM_AND_FIRE = Safeguard(
    "arm_and_fire",
    "a hazardous command runs only if it was announced, with the same arguments, shortly before",
    "Phobos 1, September 1988: one missing character made a command that shut off its thrusters",
)
MAXIMUM_LIFETIME = 600.0
"""Longest lifetime of an arming in seconds, unless the owner sets another."""

EXACT_INTEGERS = 2.0**53
"""Below this every integer is a double (IEEE 754), so that equal numbers can be told."""


class ArmingRefusal(Exception):
    """An ARM or a FIRE was refused; the message is the reason to send back."""


class ArmingStatus(msgspec.Struct, frozen=True):
    """The guard's state for telemetry; `remaining` in seconds.

    `last_reason` says why the guard was last disarmed (empty before the first time).
    """

    armed: bool
    command: str
    remaining: float
    last_reason: str


class _Armed(msgspec.Struct, frozen=True):
    command: str
    arguments: str
    until: float


def arguments_hash(arguments: Mapping[str, Any]) -> str:
    """SHA-256 over the arguments, as hexadecimal text, whatever the order of their names.

    Numbers that are equal have equal hashes (1 and 1.0), so that both sides of a link agree even
    if only one of them has converted the arguments to their declared types.
    """
    plain = msgspec.to_builtins(dict(arguments))
    encoded = msgspec.json.encode(_normalised(plain), order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def _normalised(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_INTEGERS:
        return int(value)
    if isinstance(value, dict):
        return {str(key): _normalised(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(item) for item in value]
    return value


class ArmingGuard:
    """Holds at most one arming: of one command, with its arguments, for a limited time.

    The owner calls `command_seen` for every command that arrives other than ARM and FIRE, `arm`
    for ARM and `fire` for FIRE. Whatever happens to an armed guard, apart from the matching FIRE in
    time, leaves it disarmed; a FIRE uses the arming up. The arming does not survive a reboot.
    """

    def __init__(
        self, clock: Callable[[], float], *, maximum_lifetime: float = MAXIMUM_LIFETIME
    ) -> None:
        self.maximum_lifetime = maximum_lifetime
        self._clock = clock
        self._armed: _Armed | None = None
        self._last_reason = ""

    def arm(self, command: str, arguments: str, lifetime: float) -> None:
        """Arm `command` with the hash of its `arguments` for `lifetime` seconds.

        An earlier arming is void, also when this one is refused. Raises `ArmingRefusal`.
        """
        self.disarm(f"another ARM arrived, for {command}")
        if not math.isfinite(lifetime) or not 0.0 < lifetime <= self.maximum_lifetime:
            raise ArmingRefusal(
                f"ARM of {command} refused: lifetime = {lifetime} s; allowed is above 0 s and at "
                f"most {self.maximum_lifetime} s."
            )
        self._armed = _Armed(command, arguments, self._clock() + lifetime)

    def command_seen(self, command: str) -> None:
        """Disarm, because a command other than ARM and FIRE arrived, whatever becomes of it."""
        self.disarm(f"the command {command} arrived")

    def fire(self, command: str, arguments: str) -> None:
        """Use up the arming, which must be of this command with these arguments.

        Raises `ArmingRefusal`; the guard is disarmed in any case.
        """
        self._expire()
        armed = self._armed
        if armed is None:
            cause = f" (last disarmed because {self._last_reason})" if self._last_reason else ""
            raise ArmingRefusal(f"FIRE of {command} refused: nothing is armed{cause}.")
        if armed.command != command:
            self.disarm(f"a FIRE of {command} arrived while {armed.command} was armed")
            raise ArmingRefusal(
                f"FIRE of {command} refused: {armed.command} was armed, and is now disarmed."
            )
        if armed.arguments != arguments:
            self.disarm(f"a FIRE of {command} arrived with other arguments than were armed")
            raise ArmingRefusal(
                f"FIRE of {command} refused: its arguments (hash {arguments[:12]}) are not those "
                f"that were armed (hash {armed.arguments[:12]}). It is now disarmed."
            )
        self.disarm(f"{command} was fired")

    def disarm(self, reason: str) -> None:
        """Disarm for a reason of the owner's, such as a safe mode; nothing if not armed."""
        self._expire()
        if self._armed is not None:
            self._armed, self._last_reason = None, reason

    def status(self) -> ArmingStatus:
        """The state now."""
        self._expire()
        armed = self._armed
        if armed is None:
            return ArmingStatus(False, "", 0.0, self._last_reason)
        return ArmingStatus(True, armed.command, armed.until - self._clock(), self._last_reason)

    def _expire(self) -> None:
        armed = self._armed
        if armed is not None and self._clock() >= armed.until:
            self._armed = None
            self._last_reason = f"the lifetime of the arming of {armed.command} ended"
