"""The commands by which the ground changes the fault protection of a node; each leaves a trail.

A table is loaded and validated, which changes nothing, and then activated. What can weaken the
protection is hazardous: it is armed and fired.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.allowed_values import choices_words
from flight.core.commanding.commands import CommandRejected, Hazard, command
from flight.core.context import NodeContext
from flight.core.fault_protection.protected_node import ProtectedNode
from flight.core.fault_protection.tables import Mode, Table

EntryName = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
ResponseName = Annotated[EntryName, msgspec.Meta(extra={"names": "response"})]
MonitorName = Annotated[EntryName, msgspec.Meta(extra={"names": "monitor"})]
AUDIT, KEPT, SHOWN = "protection_audit", 500, 10
LONGEST_SILENCE = 700.0 * SOL_SECONDS
"""s of silence that can be announced: from one window for the way home to the next."""
SilentFor = Annotated[float, msgspec.Meta(ge=0.0, le=LONGEST_SILENCE, extra={"unit": "s"})]
_SECTIONS = ("monitors", "responses", "timers", "shedding")


class ProtectionCommands(ProtectedNode):
    """What the ground may ask of the fault protection."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self._staged: Table | None = None

    @command(deadline=60.0, harmless=True)
    def load_protection(self, table: dict[str, Any]) -> str:
        """Stages a change of the table of the fault protection and validates it; nothing changes
        yet. Entries go over those that there are; one that is null is taken out."""
        base = self.protection.table if self._staged is None else self._staged
        try:
            self._staged = self.protection.checked(merged(msgspec.to_builtins(base), table))
        except ValueError as error:
            raise CommandRejected(f"load_protection: {error}") from error
        return ", ".join(differences(self.protection.table, self._staged)) or "nothing would change"

    @command(deadline=60.0, hazard=Hazard.PROTECTION)
    def activate_protection(self) -> str:
        """Makes the staged table the active one, and keeps it over reboots."""
        if self._staged is None:
            raise CommandRejected("activate_protection: nothing is staged: load_protection first")
        self._replace(self._staged)
        return "active"

    @command(deadline=60.0, harmless=True)
    def drop_protection(self) -> None:
        """Drops what is staged."""
        self._staged = None

    @command(deadline=60.0)
    def arm_response(self, response: ResponseName) -> str:
        """Makes a response active, also one that was tripped; it has all its shots again."""
        return self._set_mode("arm_response", response, Mode.ACTIVE)

    @command(deadline=60.0, hazard=Hazard.PROTECTION)
    def disable_response(self, response: ResponseName, passive: bool = False) -> str:
        """Switches a response off; `passive`: it goes on to say what it would have done."""
        mode = Mode.PASSIVE if passive else Mode.DISABLED
        return self._set_mode("disable_response", response, mode)

    @command(deadline=60.0)
    def enable_monitor(self, monitor: MonitorName) -> str:
        """Has a monitor watch again."""
        return self._enable("enable_monitor", monitor, True)

    @command(deadline=60.0, hazard=Hazard.PROTECTION)
    def disable_monitor(self, monitor: MonitorName) -> str:
        """Has a monitor, and the checks that it asks of readings, watch no more."""
        return self._enable("disable_monitor", monitor, False)

    @command(deadline=60.0, hazard=Hazard.PROTECTION)
    def set_sensor_aside(self, sensor: EntryName) -> None:
        """Believes nothing that a device says until it is to be used again."""
        self._known("set_sensor_aside", sensor, list(self.protection.names.devices))
        self._audit(f"sensor {sensor}", "used", "set aside")
        self.put_sensor_aside(sensor)

    @command(deadline=60.0)
    def use_sensor(self, sensor: EntryName) -> None:
        """Believes a device again that was set aside."""
        self._known("use_sensor", sensor, self.sensors_aside)
        self._audit(f"sensor {sensor}", "set aside", "used")
        self.use_sensor_again(sensor)

    @command(deadline=60.0, harmless=True)
    def announce_silence(self, seconds: SilentFor) -> None:
        """Says that no command will come for so long, and that this is meant. It holds to its end,
        whatever comes meanwhile, and over reboots; another one takes its place, and 0 ends it.
        Longer than the phase plans takes `announce_long_silence`."""
        self._announce("announce_silence", seconds, planned=True)

    @command(deadline=60.0, hazard=Hazard.PROTECTION)
    def announce_long_silence(self, seconds: SilentFor) -> None:
        """Announces a silence that is longer than the phase plans, up to what the vehicle can be
        left alone for: meanwhile nothing is done about a radio that nobody hears."""
        self._announce("announce_long_silence", seconds, planned=False)

    def _announce(self, name: str, seconds: float, *, planned: bool) -> None:
        timer = self.protection.command_loss
        if timer is None:
            raise CommandRejected(f"{name}: this table counts no silence")
        needed = self.ground_is_needed_in()
        longest = min(timer.longest, math.inf if needed is None else needed)
        limit = min(longest, timer.planned(self.state)) if planned else longest
        if seconds > limit:
            more = ""
            if limit < longest:
                more = f"; to {longest / SOL_SECONDS:.1f} sols by announce_long_silence"
            raise CommandRejected(
                f"{name}: seconds = {seconds:g}, {seconds / SOL_SECONDS:.1f} sols: allowed in "
                f"{self.state} is to {max(0.0, limit) / SOL_SECONDS:.1f} sols{more}"
            )
        before = timer.announced
        timer.announce_silence(seconds)
        self.protection.silence_announced()
        self._audit("silence", f"{before:g} s announced", f"{seconds:g} s")

    @command(deadline=60.0, harmless=True)
    def confirm_communication(self) -> str:
        """Keeps settings of the radio that would go back by themselves: Earth has heard."""
        confirmation = self.protection.confirmation
        if confirmation is None or not confirmation.confirm():
            raise CommandRejected("confirm_communication: no settings wait for it")
        return "kept"

    @command(deadline=60.0, harmless=True)
    def report_protection(self) -> dict[str, Any]:
        """How monitors and responses stand, and the last changes of them."""
        after = max(0, self.storage.last_number(AUDIT) - SHOWN)
        changes = [value for _, value in self.storage.read(AUDIT, after)]
        return {**self.protection_values(), "changes": changes}

    # ----------------------------------------------------------------- inside

    def _set_mode(self, name: str, response: str, mode: Mode) -> str:
        responder = self.protection.responder
        self._known(name, response, list(responder.runs))
        before = responder.runs[response].mode
        self._audit(f"response {response}", before.value, mode.value)
        self.protection.keep_mode(response, mode)
        responder.set_mode(response, mode)
        return f"{before.value} -> {mode.value}"

    def _enable(self, name: str, monitor: str, enabled: bool) -> str:
        monitors = self.protection.table.monitors
        self._known(name, monitor, list(monitors))
        changed = msgspec.structs.replace(monitors[monitor], enabled=enabled)
        table = msgspec.structs.replace(
            self.protection.table, monitors={**monitors, monitor: changed}
        )
        self._replace(table)
        return "enabled" if enabled else "disabled"

    def _known(self, name: str, given: str, known: list[str]) -> None:
        if given not in known:
            raise CommandRejected(f"{name}: {given!r}: {choices_words(given, known)}")

    def _replace(self, table: Table) -> None:
        running = self.protection.responder.running
        if running is not None:
            raise CommandRejected(f"response {running.name} acts: not while it does")
        before = self.protection.table
        for what in differences(before, table):
            self._audit(what, _shown(before, what), _shown(table, what))
        self.protection.replace(table)
        self._staged = None

    def _audit(self, what: str, before: str, after: str) -> None:
        """Writes down who has changed what, and says so."""
        acting = self.acting_identifier
        self.storage.append(AUDIT, [self.clock.now(), what, before, after, acting])
        self.storage.trim(AUDIT, keep=KEPT)
        self.protection_changed(what=what, before=before, after=after, command=acting)


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A table with a change over it; an entry of a section that is None is taken out."""
    found = dict(base)
    for key, value in change.items():
        if key in _SECTIONS and isinstance(value, Mapping):
            entries = {**(found.get(key) or {}), **value}
            found[key] = {name: entry for name, entry in entries.items() if entry is not None}
        else:
            found[key] = value
    return found


def differences(before: Table, after: Table) -> list[str]:
    """The entries that are not the same in two tables, as `section.name`."""
    found = []
    for section in _SECTIONS:
        old, new = _entries(before, section), _entries(after, section)
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                found.append(f"{section}.{name}")
    if before.charge != after.charge:
        found.append("charge")
    return found


def _entries(table: Table, section: str) -> Mapping[str, Any]:
    """The entries of a section by name; a timer that there is not is none."""
    held = getattr(table, section)
    if isinstance(held, Mapping):
        return held
    each = {name: getattr(held, name) for name in held.__struct_fields__}
    return {name: entry for name, entry in each.items() if entry is not None}


def _shown(table: Table, what: str) -> str:
    """An entry in short, for the trail."""
    section, _, name = what.partition(".")
    entry = _entries(table, section).get(name) if name else getattr(table, section)
    if entry is None:
        return "none"
    return msgspec.json.encode(entry).decode()[:500]
