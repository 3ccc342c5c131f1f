"""What the stand-in answers: looks from what was played, changes by simple rules of its own."""

import hashlib
import json
from typing import Any

from tests.ground.console.stand_in.reading import USERS, Reading, Refused
from tests.ground.console.stand_in.recording import Values
from tests.ground.console.stand_in.run import LIGHT_NS


class Answering(Reading):
    """Answers changes as well: roles, who holds a vehicle, two people for the hazardous."""

    warm = 0

    def _needs(self, user: str, *roles: str) -> None:
        if not set(roles) & set(USERS[user]):
            raise Refused(f"{user} is {', '.join(USERS[user])}: allowed to {', '.join(roles)}")

    def do_pace(
        self, user: str, rate: float | None, until: float | str | None = None
    ) -> Values:
        """Of the playing."""
        self._needs(user, "operator", "trainer", "director")
        self.run.pace = rate
        self.run.until_ns = round(until * 1e9) if isinstance(until, float) else None
        if until == "pass":
            starts = [each["start_ns"] for each in self.run.recording.passes]
            self.run.until_ns = min(
                (each for each in starts if each > self.run.time_ns), default=None
            )
        return {"pace": rate}

    def do_telemetry(self, user: str, vehicle: str | None = None) -> Values:
        """All values now."""
        return {"version": 0, "values": list(self.run.values.values())}

    def do_stage(
        self, user: str, vehicle: str, command: str, arguments: Values, note: str = "",
        when: str = "", **_: Any,
    ) -> Values:  # fmt: skip
        """Onto the stack."""
        self._needs(user, "operator")
        entry = self.run.recording.dictionary["vehicles"][vehicle]["commands"].get(command)
        if entry is None:
            raise Refused(f"{vehicle} has no command {command!r}")
        holder = self.authority[vehicle]["holder"]
        if holder != user:
            raise Refused(f"{holder or 'nobody'} holds {vehicle}: take it first")
        missing = [
            name for name, argument in entry["arguments"].items()
            if argument["required"] and name not in arguments
        ]  # fmt: skip
        if missing:
            raise Refused(f"{command}: {missing[0]} is missing")
        hazardous = entry["hazard"] != "none"
        item = {
            "stage": f"st-{len(self.stack) + 1}", "vehicle": vehicle, "command": command,
            "arguments": arguments, "note": note, "when": when, "by": user, "hazardous": hazardous,
            "version": 1,
            "hash": _hash(vehicle, command, arguments, note), "approved_by": "", "problems": [],
            "state": "waiting_approval" if hazardous else "ready",
            "estimated": {"earliest_sent_ns": self.run.time_ns,
                          "earliest_answer_ns": self.run.time_ns + 2 * LIGHT_NS},
        }  # fmt: skip
        self._put(item, "staged", user)
        return {"stage": item["stage"], "hazardous": hazardous, "problems": item["problems"],
                "approval_needed": hazardous}  # fmt: skip

    def _put(self, item: Values, what: str, user: str) -> None:
        self.stack[item["stage"]] = item
        self.run.tell("stack", what, item["vehicle"], dict(item), user)

    def do_edit(self, user: str, stage: str, **changed: Any) -> Values:
        """Voids the approval."""
        item = self.stack[stage] | changed
        item["version"] += 1
        item["hash"] = _hash(item["vehicle"], item["command"], item["arguments"], item["note"])
        item |= {"approved_by": "", "state": "waiting_approval" if item["hazardous"] else "ready"}
        self._put(item, "edited", user)
        return {"stage": stage}

    def do_unstage(self, user: str, stage: str) -> Values:
        """Off the stack."""
        self._put(self.stack[stage] | {"state": "cancelled"}, "unstaged", user)
        return {"stage": stage}

    def do_products(self, user: str) -> Values:
        """One that is not whole, and one that was found."""
        again = {"vehicle": "mav", "command": "send_ascent_data", "arguments": {"first": 3}}
        pieces = {
            "kind": "pieces", "vehicle": "mav", "name": "ascent_chunk", "count": 9, "here": 3,
            "whole": False, "missing": [3, 4, 5, 6, 7, 8], "again": again, "first_ns": 0,
            "last_ns": 10**9,
        }  # fmt: skip
        found = {"east": 1.0, "north": 2.0, "error": 0.5}
        picture = {"kind": "picture", "vehicle": "rover", "name": "from orbit", **found}
        return {"products": [pieces, picture]}

    def do_preview(self, user: str, stages: list[str], **_: Any) -> Values:
        """What a twin would tell: after a while, of the way of a rover."""
        self.warm += 1
        now = self.run.time_ns
        if self.warm < 2:
            return {"warming": {"at_ns": now // 2, "now_ns": now}}
        rung = {"rung": "COMPLETED", "occurred_ns": now + 10**12, "received_ns": now + 2 * 10**12}
        items = [
            {**{name: self.stack[stage][name] for name in
                ("stage", "version", "vehicle", "command", "arguments", "problems")},
             "status": "COMPLETED", "detail": "", "sent_ns": now, "rungs": [rung]}
            for stage in stages
        ]  # fmt: skip
        charge = {"begin": 0.9, "lowest": 0.42, "lowest_ns": now, "end": 0.6}
        track = [[now, 0.0, 0.0], [now + 10**12, 60.0, 40.0]]
        vehicle = {"mode": "surface.idle", "charge": charge, "track": track, "warnings": []}
        vehicles = dict.fromkeys((item["vehicle"] for item in items), vehicle)
        return {"begin_ns": now, "end_ns": now + 2 * 10**12, "ended_by": "over", "items": items,
                "vehicles": vehicles, "assumes": ["nothing is broken"], "hash": "0"}  # fmt: skip

    def do_dry_run(self, user: str, stage: Any) -> Values:
        """Size and windows."""
        size = 40 + len(json.dumps(self.stack[stage]["arguments"]))
        return {"bytes": size, "checks": ["the dictionary: ok", "allowed in this mode: ok"],
                "windows": self.stack[stage]["estimated"]}  # fmt: skip

    def do_approve(self, user: str, stage: str, hash: str, note: str = "") -> Values:
        """By another person."""
        self._needs(user, "director")
        item = self.stack[stage]
        if item["by"] == user:
            raise Refused(f"{user} staged it: another person has to approve")
        if item["hash"] != hash:
            raise Refused("it was changed since: look at it again")
        self._put(item | {"state": "approved", "approved_by": user}, "approved", user)
        return {"stage": stage}

    def do_refuse(self, user: str, stage: str, note: str) -> Values:
        """By another person."""
        self._needs(user, "director")
        self._put(self.stack[stage] | {"state": "void", "problems": [note]}, "refused", user)
        return {"stage": stage}

    def do_release(self, user: str, stages: list[str]) -> Values:
        """Sends them."""
        self._needs(user, "operator")
        for stage in stages:
            item = self.stack[stage]
            if item["state"] not in ("ready", "approved"):
                raise Refused(f"{stage} is {item['state']}: it cannot leave")
            if self.authority[item["vehicle"]]["holder"] != user:
                raise Refused(f"{user} does not hold {item['vehicle']}: take it first")
        found = []
        for stage in stages:
            found.append(self.run.send(self.stack[stage], user))
            done = {"state": "released", "identifiers": found[-1:]}
            self._put(self.stack[stage] | done, "released", user)
        return {"identifiers": found}

    def _authority(self, user: str, vehicle: str, holder: str, offered: str) -> Values:
        self.authority[vehicle] = {"holder": holder, "offered_to": offered}
        data = {"vehicle": vehicle, **self.authority[vehicle]}
        self.run.tell("authority", "changed", vehicle, data, user)
        return data

    def do_authority_take(self, user: str, vehicle: str) -> Values:
        """Where nobody holds it."""
        self._needs(user, "operator")
        holder = self.authority[vehicle]["holder"]
        if holder not in ("", user):
            raise Refused(f"{holder} holds {vehicle}: ask for it")
        return self._authority(user, vehicle, user, "")

    def do_authority_release(self, user: str, vehicle: str) -> Values:
        """Nobody holds it."""
        return self._authority(user, vehicle, "", "")

    def do_authority_offer(self, user: str, vehicle: str, to: str) -> Values:
        """To another."""
        return self._authority(user, vehicle, user, to)

    def do_authority_accept(self, user: str, vehicle: str) -> Values:
        """Of another."""
        return self._authority(user, vehicle, user, "")

    def _alarm(self, user: str, number: int, **changed: Any) -> Values:
        if number not in self.run.alarms:
            raise Refused(f"there is no alarm {number}")
        self.run.alarms[number] |= changed
        self.run.tell_alarm(self.run.alarms[number], user)
        return dict(self.run.alarms[number])

    def do_alarm_ack(self, user: str, number: int, note: str = "") -> Values:
        """Somebody has seen it."""
        self._needs(user, "operator")
        returned = self.run.alarms[number]["state"] == "RETURNED"
        return self._alarm(
            user, number, state="NORMAL" if returned else "ACKNOWLEDGED", acknowledged_by=user,
            acknowledged_ns=self.run.time_ns, note=note or self.run.alarms[number]["note"],
        )  # fmt: skip

    def do_alarm_shelve(self, user: str, number: int, until_ns: int, why: str) -> Values:
        """For a time."""
        return self._alarm(
            user, number, state="SHELVED", shelved_until_ns=until_ns, shelved_why=why
        )

    def do_alarm_unshelve(self, user: str, number: int) -> Values:
        """Before its time."""
        return self._alarm(user, number, state="ACKNOWLEDGED", shelved_until_ns=None)

    def do_alarm_own(self, user: str, number: int) -> Values:
        """Sees to it."""
        return self._alarm(user, number, owner=user)

    def do_alarm_note(self, user: str, number: int, note: str) -> Values:
        """A word on it."""
        return self._alarm(user, number, note=note)

    def do_procedure_pause(self, user: str, name: str = "") -> Values:
        """Stands."""
        return self._procedure(user, "pause", "holds")

    def do_procedure_go(self, user: str, name: str = "", why: str = "") -> Values:
        """Goes on."""
        return self._procedure(user, "run", "went on")

    def _procedure(self, user: str, pace: str, what: str) -> Values:
        self._needs(user, "operator", "director")
        self.procedure_pace = pace
        self.run.tell("proc", what, "", {"procedure": "mission"}, user)
        return self.do_procedure(user)


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
