"""The run that is stood in for: its clock, what it has told so far, its journal."""

import bisect
from typing import Any

from tests.ground.console.stand_in.recording import Recording, Values

_RAISES = {"limit_crossed": "YELLOW", "limit_red": "RED"}


class Run:
    """Plays a recording. `began_ns`: how much of it has happened already."""

    def __init__(self, recording: Recording, began_ns: int = 0, pace: float | None = 0.0) -> None:
        self.recording = recording
        self.time_ns = 0
        self.pace = pace
        self.until_ns: int | None = None
        self.values: dict[tuple[str, str], list[Any]] = {}
        self.changed: list[list[Any]] = []  # rows since they were streamed last
        self.journal: list[Values] = []
        self.alarms: dict[int, Values] = {}
        self.custody: list[Values] = []
        self.events: list[Values] = []
        self.log: list[Values] = []
        self.commands: dict[str, Values] = {}
        self._place = 0
        self._later: list[tuple[int, str, Any]] = []  # what comes of people's commands
        self._issued = 0
        self.advance(began_ns)
        self.changed.clear()

    # --------------------------------------------------------------- time

    @property
    def light_ns(self) -> int:
        """The light time as it is known now."""
        return self.recording.light_ns(self.time_ns)

    def tick(self, seconds: float) -> None:
        """Wall time has gone by."""
        pace = 1e6 if self.pace is None else self.pace
        to_ns = self.time_ns + round(seconds * pace * 1e9)
        if self.until_ns is not None and to_ns >= self.until_ns:
            to_ns, self.until_ns, self.pace = self.until_ns, None, 0.0
        self.advance(to_ns)

    def advance(self, to_ns: int) -> None:
        """All that reaches the ground until then."""
        told = self.recording.told
        end = bisect.bisect_right(told, to_ns, key=lambda each: each[0])
        due = [each for each in self._later if each[0] <= to_ns]
        self._later = [each for each in self._later if each[0] > to_ns]
        self._issue(to_ns)
        for when, kind, what in sorted(told[self._place : end] + due, key=lambda each: each[0]):
            self.time_ns = max(self.time_ns, when)
            self._tell(kind, what)
        self._place = max(end, self._place)
        self.time_ns = max(self.time_ns, to_ns)

    def later(self, when_ns: int, kind: str, what: Any) -> None:
        """Something that is to reach the ground then."""
        self._later.append((when_ns, kind, what))

    def _issue(self, to_ns: int) -> None:
        commands = self.recording.commands
        while self._issued < len(commands) and commands[self._issued]["issued_ns"] <= to_ns:
            recorded = commands[self._issued]
            self._issued += 1
            command = {**recorded, "rungs": [], "status": "SENT", "recorded": recorded["rungs"]}
            self.commands[command["identifier"]] = command
            self.time_ns = max(self.time_ns, recorded["issued_ns"])
            self.tell("cmd", "released", command["vehicle"], _plain(command))

    def _tell(self, kind: str, what: Any) -> None:
        if kind == "tm":
            self.values[(what[0], what[1])] = what
            self.changed.append(what)
        elif kind == "ev":
            vehicle, data = what
            self.events.append({"vehicle": vehicle, **data})
            self.tell("ev", data["name"], vehicle, data)
            self._judge(vehicle, data)
        elif kind == "custody":
            vehicle, data = what
            self.custody.append(data)
            self.tell("custody", data["step"], vehicle, data)
        elif kind == "log":
            self.log.append(what)
            self.tell("proc", "log", "", {**what, "n": len(self.log)})
        elif kind == "cmd":
            self._climb(*what)

    def tell(self, topic: str, what: str, vehicle: str, data: Any, who: str = "") -> None:
        """An entry of the journal."""
        number = len(self.journal) + 1
        entry = {"n": number, "t": self.time_ns, "topic": topic, "what": what, "who": who}
        self.journal.append({**entry, "vehicle": vehicle, "data": data})

    # ------------------------------------------------------------- commands

    def _climb(self, identifier: str, place: int) -> None:
        command = self.commands[identifier]
        rung = command["recorded"][place]
        command["rungs"].append(rung)
        command["status"], command["detail"] = rung["rung"], rung["detail"]
        self.tell("cmd", "rung", command["vehicle"], {
            "identifier": identifier, **rung, "status": command["status"],
        })  # fmt: skip

    def send(self, staged: Values, user: str) -> str:
        """A staged item leaves; its ladder comes back by light time. What has an hour by which it
        is to leave waits for a pass that never comes."""
        identifier = f"op-{len(self.commands) + 1:05}"
        waits = bool(staged.get("not_after"))
        arrives = self.time_ns + self.light_ns
        answer = arrives + self.light_ns
        rungs = [("RECEIVED", 0), ("ACCEPTED", 1), ("STARTED", 2), ("COMPLETED", 400)]
        command = {
            "identifier": identifier, "vehicle": staged["vehicle"], "command": staged["command"],
            "arguments": staged["arguments"], "user": user, "note": staged["note"],
            "issued_ns": self.time_ns, "expected_ns": None if waits else answer,
            "sent_ns": None if waits else self.time_ns,
            "status": "SENT", "late": False, "detail": "", "rungs": [], "stage": "run",
            "recorded": [
                {"rung": rung, "detail": "", "occurred_ns": arrives + s * 10**9,
                 "received_ns": answer + s * 10**9} for rung, s in rungs
            ],
        }  # fmt: skip
        self.commands[identifier] = command
        self.tell("cmd", "released", staged["vehicle"], _plain(command), user)
        for place, rung in enumerate(() if waits else command["recorded"]):
            self.later(rung["received_ns"], "cmd", (identifier, place))
        return identifier

    def cancel(self, identifier: str, user: str) -> None:
        """It does not leave."""
        command = self.commands[identifier]
        command |= {"status": "CANCELLED", "detail": f"cancelled by {user}"}
        data = {name: command[name] for name in ("identifier", "status", "detail")}
        self.tell("cmd", "ended", command["vehicle"], data, user)

    def history(self) -> list[Values]:
        """The commands so far, the newest first."""
        return [_plain(command) for command in reversed(self.commands.values())]

    # --------------------------------------------------------------- alarms

    def _judge(self, vehicle: str, event: Values) -> None:
        channel = event["data"].get("channel")
        if event["name"] in _RAISES or event["severity"] in ("WARNING_HI", "FATAL"):
            name = f"limit {channel}" if event["name"] in _RAISES else event["name"]
            self._raise(vehicle, name, event)
        elif event["name"] == "limit_cleared":
            for alarm in self.alarms.values():
                open_here = alarm["vehicle"] == vehicle and alarm["state"] != "NORMAL"
                if open_here and alarm["name"] == f"limit {channel}":
                    seen = alarm["state"] == "ACKNOWLEDGED"
                    alarm |= {"state": "NORMAL" if seen else "RETURNED", "text": event["text"]}
                    self.tell_alarm(alarm)

    def _raise(self, vehicle: str, name: str, event: Values) -> None:
        known = [
            alarm for alarm in self.alarms.values()
            if (alarm["vehicle"], alarm["name"]) == (vehicle, name) and alarm["state"] != "NORMAL"
        ]  # fmt: skip
        alarm = known[0] if known else {
            "number": len(self.alarms) + 1, "vehicle": vehicle, "name": name, "count": 0,
            "state": "UNACKNOWLEDGED", "raised_ns": event["occurred_ns"], "acknowledged_by": "",
            "acknowledged_ns": None, "note": "", "owner": "", "shelved_until_ns": None,
            "shelved_why": "", "latched": False,
        }  # fmt: skip
        alarm |= {"severity": event["severity"], "last_ns": event["occurred_ns"]}
        alarm |= {"count": alarm["count"] + 1, "text": event["text"]}
        if alarm["state"] == "RETURNED":
            alarm["state"] = "UNACKNOWLEDGED"
        self.alarms[alarm["number"]] = alarm
        self.tell_alarm(alarm)

    def tell_alarm(self, alarm: Values, who: str = "") -> None:
        """An alarm has changed."""
        self.tell("alarm", alarm["state"].lower(), alarm["vehicle"], dict(alarm), who)


def _plain(command: Values) -> Values:
    return {key: value for key, value in command.items() if key != "recorded"}
