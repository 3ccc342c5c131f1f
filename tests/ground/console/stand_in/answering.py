"""What the stand-in answers: looks from what was played, changes by simple rules of its own."""

import hashlib
import json
from typing import Any

from tests.ground.console.stand_in.benched import Benched
from tests.ground.console.stand_in.drilled import begun, over
from tests.ground.console.stand_in.reading import USERS, Reading, Refused
from tests.ground.console.stand_in.recording import Values
from tests.ground.console.stand_in.run import Run

SPAN: Values = {
    "type": {"kind": "number", "ge": 0.0, "le": 1e10}, "unit": "s", "units": {"s": 1, "h": 3600},
    "required": False, "default": None,
}  # fmt: skip


class Answering(Reading):
    """Answers changes as well: roles, who holds a vehicle, two people for the hazardous."""

    warm = 0
    benched = Benched()

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.faults: list[Values] = []
        self.checkpoints: list[Values] = []
        self.drill: Values = {"state": "none", "prompts": []}

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

    def do_bench(self, user: str) -> Values:
        """Nothing is real until somebody has held back the pace to 2: then wheels are."""
        return {"bench": self.benched.told() if self.run.pace == 2.0 else None}

    def do_bench_order(
        self, user: str, order: str, service: str = "", seconds: float | None = None,
        kind: str = "",
    ) -> Values:  # fmt: skip
        """Of all that is real."""
        if order not in ("stop", "safe"):
            self._needs(user, "conductor")
        self.benched.order(user, order, kind)
        return {}

    def do_telemetry(self, user: str, vehicle: str | None = None) -> Values:
        """All values now."""
        return {"version": 0, "values": list(self.run.values.values())}

    def do_stage(
        self, user: str, vehicle: str, command: str, arguments: Values, note: str = "",
        **terms: Any,
    ) -> Values:  # fmt: skip
        """Onto the stack; `terms`: when and how it is to leave."""
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
            "arguments": arguments, "note": note, **terms, "by": user, "hazardous": hazardous,
            "version": 1,
            "hash": _hash(vehicle, command, arguments, note), "approved_by": "", "problems": [],
            "state": "waiting_approval" if hazardous else "ready",
            "estimated": {"earliest_sent_ns": self.run.time_ns,
                          "earliest_answer_ns": self.run.time_ns + 2 * self.run.light_ns},
        }  # fmt: skip
        self._put(item, "staged", user)
        return {"stage": item["stage"], "hazardous": hazardous, "problems": item["problems"],
                "approval_needed": hazardous}  # fmt: skip

    def _put(self, item: Values, what: str, user: str) -> None:
        self.stack[item["stage"]] = item
        self.run.tell("stack", what, item["vehicle"], dict(item), user)

    def do_edit(
        self, user: str, stage: str, without: tuple[str, ...] = (), **changed: Any
    ) -> Values:
        """Voids the approval."""
        item = self.stack[stage] | changed | dict.fromkeys(without)
        item["version"] += 1
        item["hash"] = _hash(item["vehicle"], item["command"], item["arguments"], item["note"])
        item |= {"approved_by": "", "approved_note": ""}
        item["state"] = "waiting_approval" if item["hazardous"] else "ready"
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

    # ------------------------------------------------------------- training

    def do_fault_targets(self, user: str) -> Values:
        """Three things that can break."""
        self._needs(user, "trainer")
        text = {"type": {"kind": "text"}, "unit": "1", "units": {}, "required": True,
                "default": None}  # fmt: skip
        after = {"doc": "After an event.", "arguments": {"after": text, "delay": SPAN}}
        names = (("device", "lander.battery"), ("device", "rover.uhf"), ("world", "site"))
        return {"targets": [{"sort": sort, "name": name} for sort, name in names],
                "triggers": {"after": after}, "lasts": SPAN}  # fmt: skip

    def do_fault_kinds(self, user: str, sort: str, target: str) -> Values:
        """How they can, and how not."""
        self._needs(user, "trainer")
        offset = {"type": {"kind": "number", "ge": -5.0, "le": 5.0}, "unit": "1", "units": {},
                  "required": True, "default": None}  # fmt: skip
        common = {"counted": True, "methods": {"state": ["charge", "voltage"]}}
        return {"kinds": [
            {"name": "no_move", "doc": "Nothing moves.", "why_not": f"{target} moves nothing",
             "arguments": {}, **common},
            {"name": "bias", "doc": "`offset` is added to each number.", "why_not": "",
             "arguments": {"offset": offset}, **common},
            {"name": "stuck", "doc": "Values stay.", "why_not": "", "arguments": {}, **common},
        ]}  # fmt: skip

    def do_faults(self, user: str, of: str = "", limit: int = 100) -> Values:
        """Those that were injected; each has hit twice."""
        self._needs(user, "trainer")
        hits = [
            {"t_ns": self.run.time_ns, "fault": each["id"], "where": f"{each['id']}.state",
             "before": {"charge": 0.8}, "after": {"charge": 1.3}, "number": number}
            for each in self.faults for number in (2, 1)
            if of in ("", each["id"])
        ]  # fmt: skip
        return {"faults": self.faults[::-1], "hits": hits}

    def do_fault_inject(self, user: str, fault: Values) -> Values:
        """Armed, once."""
        self._needs(user, "trainer")
        if fault["id"] in [each["id"] for each in self.faults]:
            raise Refused(f"fault {fault['id']} was armed already: each has an id of its own")
        target = next(fault[sort] for sort in ("device", "world") if sort in fault)
        words = f"{fault['kind']} of {target}"
        self.faults.append({
            "id": fault["id"], "words": words, "fault": fault, "state": "acting",
            "began_ns": self.run.time_ns, "healed_ns": None, "hits": 2,
        })  # fmt: skip
        self.run.tell("fault", "injected", "", {"fault": fault}, user)
        return {"fault": fault["id"], "says": words}

    def do_fault_heal(self, user: str, name: str) -> Values:
        """Whole again."""
        self._needs(user, "trainer")
        fault = next(each for each in self.faults if each["id"] == name)
        fault |= {"state": "over", "healed_ns": self.run.time_ns}
        self.run.tell("fault", "healed", "", {"name": name}, user)
        return {"fault": name}

    def do_checkpoint(self, user: str, name: str, note: str = "") -> Values:
        """This instant."""
        self._needs(user, "trainer")
        made = {"name": name, "note": note, "by": user, "t_ns": self.run.time_ns}
        self.checkpoints.insert(0, made)
        self.run.tell("fault", "checkpoint", "", made, user)
        return made

    def do_checkpoints(self, user: str) -> Values:
        """All."""
        self._needs(user, "trainer")
        return {"checkpoints": self.checkpoints, "branch_of": None}

    def do_branch(self, user: str, **at: Any) -> Values:
        """Nobody starts runs here."""
        self._needs(user, "trainer")
        raise Refused(f"nobody starts runs here: {at}")

    def do_drill_files(self, user: str, name: str = "") -> Values:
        """One for people, one of faults alone."""
        self._needs(user, "trainer")
        if name:
            return {"name": name, "text": "format: 1"}
        return {"drills": [
            {"name": "anomalies/spirit", "title": "Flash", "cases": ["day", "night"], "steps": 0},
            {"name": "crew/gauge", "title": "A gauge tells no number", "cases": [], "steps": 1},
        ]}  # fmt: skip

    def do_drill_begin(self, user: str, name: str, text: str, **_: Any) -> Values:
        """Something is asked at once."""
        self._needs(user, "trainer")
        self.drill = begun(self.run.time_ns)
        self.run.tell("fault", "drill_begun", "", {"starts": "now"}, user)
        return {"drill": name, "title": "A gauge tells no number", "starts": "now"}

    def do_drill_end(self, user: str) -> Values:
        """It is over, and judged."""
        self._needs(user, "trainer")
        self.drill = over(self.drill, self.run.time_ns + 7200 * 10**9)
        self.run.tell("fault", "drill_ended", "", {}, user)
        return {"drill": "gauge"}

    def do_drill(self, user: str) -> Values:
        """What there is of it."""
        if self.drill["state"] == "under_way" and "trainer" not in USERS[user]:
            keys = ("number", "prompt", "state", "asked_ns", "deadline_ns", "done_ns", "by")
            prompts = [{key: each[key] for key in keys} for each in self.drill["prompts"]]
            return {"state": "under_way", "prompts": prompts}
        return self.drill

    def do_product(self, user: str, vehicle: str, name: str) -> Values:
        """An ascent of which the middle did not come."""
        rows = [
            [float(second), 10.0 * second**2, 20.0 * second, 30.0 * second, 12.0, phase]
            for second in range(120)
            for phase in ["first_burn" if second < 60 else "coasting"]
            if not 40 <= second < 80
        ]
        columns = ["time_s", "height_m", "speed", "dynamic_pressure", "felt", "phase"]
        return {"columns": columns, "rows": rows, "began_s": 1000.0, "count": 9,
                "missing": [3, 4, 5, 6, 7, 8]}  # fmt: skip

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
                "vehicles": vehicles, "assumes": ["nothing is broken"], "hash": "0",
                "cautions": ["arm.mode is safe, and the twin says idle"]}  # fmt: skip

    def do_dry_run(self, user: str, arguments: Values, **_: Any) -> Values:
        """What staging would say now."""
        now = self.run.time_ns
        answer = now + 2 * self.run.light_ns
        return {"bytes": 40 + len(json.dumps(arguments)), "problems": [], "window": None,
                "estimated": {"earliest_sent_ns": now, "earliest_answer_ns": answer}}  # fmt: skip

    def do_approve(self, user: str, stage: str, hash: str, note: str = "") -> Values:
        """By another person."""
        self._needs(user, "director")
        item = self.stack[stage]
        if item["by"] == user:
            raise Refused(f"{user} staged it: another person has to approve")
        if item["hash"] != hash:
            raise Refused("it was changed since: look at it again")
        approved = {"state": "approved", "approved_by": user, "approved_note": note}
        self._put(item | approved, "approved", user)
        asked = {"do": "approve", "stage": stage, "hash": hash, "note": note}
        self.run.tell("audit", "approve", "", {"request": asked, "ok": True}, user)
        return {"stage": stage}

    def do_refuse(self, user: str, stage: str, note: str) -> Values:
        """By another person."""
        self._needs(user, "director")
        refused = {"state": "refused", "problems": [f"refused by {user}: {note}"]}
        self._put(self.stack[stage] | refused, "refused", user)
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

    def do_limits_set(self, user: str, name: str) -> Values:
        """For the engineer."""
        self._needs(user, "engineer", "director")
        own = {"lander.state_of_charge": {"yellow": [1.01, None], "red": [None, None]}}
        self.limits = {**self.limits, "name": name, "limits": own if name == "night" else {}}
        self.run.tell("limits", "set", "", {"name": name}, user)
        return self.limits

    def do_roles_set(self, who: str, /, **given: Any) -> Values:
        """For the admin."""
        self._needs(who, "admin")
        self.run.tell("audit", "roles_set", "", {
            "request": {"do": "roles_set", **given}, "ok": True,
        }, who)  # fmt: skip
        return given

    def do_cancel(self, user: str, identifier: str) -> Values:
        """What has not left."""
        command = self.run.commands[identifier]
        if command["sent_ns"] is not None:
            raise Refused(f"{identifier} cannot be taken back: it has left")
        self.run.cancel(identifier, user)
        return {"identifiers": [identifier]}

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

    def do_alarm_own(self, user: str, number: int, owner: str = "") -> Values:
        """Sees to it."""
        return self._alarm(user, number, owner=owner or user)

    def do_alarm_note(self, user: str, number: int, note: str) -> Values:
        """A word on it."""
        return self._alarm(user, number, note=note)

    def do_procedure_pause(self, user: str, name: str = "") -> Values:
        """Stands."""
        return self._procedure(user, name, "pause", "holds")

    def do_procedure_go(self, user: str, name: str = "", why: str = "") -> Values:
        """Goes on."""
        return self._procedure(user, name, "go", "went on")

    def do_procedure_run(self, user: str, name: str) -> Values:
        """The written one begins."""
        return self._procedure(user, name, "run", "taken in hand")

    def do_procedure_poll(self, user: str, name: str, poll: str, answer: str) -> Values:
        """One's word."""
        return self._procedure(user, name, "poll", "said go")

    def do_procedure_approve(self, user: str, name: str, version: str, note: str = "") -> Values:
        """By another than who wrote it."""
        self._needs(user, "director")
        why_not = self.written.approve(version, user, note)
        if why_not:
            raise Refused(why_not)
        self.run.tell("proc", "approved", "", {"procedure": name}, user)
        return self.written.told()

    def _procedure(self, user: str, name: str, act: str, what: str) -> Values:
        self._needs(user, "operator", "director")
        if name == self.written.name:
            self.written.act(act, user=user)
        else:
            self.procedure_pace = "pause" if act == "pause" else "run"
        self.run.tell("proc", what, "", {"procedure": name or "mission"}, user)
        return self.do_procedure(user, name)


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
