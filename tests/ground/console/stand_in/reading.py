"""What the stand-in answers to who only looks: from what was played."""

from typing import Any

from tests.ground.console.stand_in.recording import Values, utc
from tests.ground.console.stand_in.run import Run
from tests.ground.console.stand_in.written import Written

USERS = {
    "anna": ["operator", "trainer"],
    "ben": ["director", "operator", "conductor"],
    "eve": ["observer"],
    "max": ["engineer", "admin"],
}
PASSWORD = "three forks"

PHASE: Values = {
    "set": "night", "by": "phase", "since_ns": 1_097_000 * 10**9, "mode": "landed.operating.night",
    "settling": [], "stale": False,
}  # fmt: skip
"""By which limits a vehicle is judged, and why."""


class Refused(ValueError):
    """Says why."""


class Reading:
    """Answers what only looks; a session is `s-USER`."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stack: dict[str, Values] = {}
        self.authority: dict[str, Values] = {
            name: {"holder": "", "offered_to": ""} for name in run.recording.vehicles
        }
        self.procedure_pace = "run"
        self.written = Written()
        self.limits = {"name": "on_board", "limits": {},
                       "sets": {"on_board": "those of the dictionary", "night": "at night"},
                       "vehicles": {"lander": PHASE, "rover": {**PHASE, "stale": True}}}

    def answer(self, request: Any, session: str | None) -> Values:
        """`{"ok", "result" | "refused"}`."""
        try:
            if not isinstance(request, dict) or not isinstance(request.get("do"), str):
                raise Refused("no request: it has no `do`")
            words = {key: value for key, value in request.items() if key not in ("do", "key")}
            if request["do"] == "login":
                return {"ok": True, "result": self._login(**words)}
            user = (session or "").removeprefix("s-")
            if user not in USERS:
                raise Refused("this session is not known: log in")
            method = getattr(self, f"do_{request['do']}", None)
            if method is None:
                raise Refused(f"do = {request['do']!r}: there is no such request")
            result = method(user, **words)
            return {"ok": True, "result": {"rows": result} if isinstance(result, list) else result}
        except Refused as refusal:
            return {"ok": False, "refused": str(refusal)}
        except (TypeError, KeyError) as error:
            return {"ok": False, "refused": f"no request: {error}"}

    def _login(self, user: str = "", password: str = "", token: str = "") -> Values:
        user = token.removeprefix("once-") if token else user
        if user not in USERS or (not token and password != PASSWORD):
            raise Refused("the name or the password is not right")
        return {"session": f"s-{user}", "user": user}

    def do_logout(self, user: str) -> None:
        """Sessions of the stand-in do not end."""

    # ---------------------------------------------------------------- reads

    def do_service(self, user: str) -> Values:
        """Of the edge: which run it serves, and that it flies previews."""
        return {"run": "stand-in", "previews": ""}

    def do_on_board(self, user: str, vehicle: str, at_ns: int | None = None) -> Values:
        """A parameter that is other than we think, and a sequence that runs."""
        same = {"thought": 3, "told": 3, "agrees": True, "staged": 4}
        other = {"thought": 0.5, "told": None, "agrees": False, "staged": None}
        sequence = {"loaded_ns": 0, "thought": "started", "told": "entry", "entry": 2, "run": 1,
                    "told_ns": self.run.time_ns if at_ns is None else at_ns}  # fmt: skip
        change = {"command": "disable_monitor", "monitor": "cold", "ours": False, "occurred_ns": 0}
        return {"vehicle": vehicle, "parameters": {"attempts": same, "speed": other},
                "sequences": {"dig": sequence}, "protection": [change],
                "protection_commands": []}  # fmt: skip

    def do_hello(self, user: str) -> Values:
        """Who and what."""
        recording = self.run.recording
        titles = {"mav": "Mars Ascent Vehicle", "arm": "Transfer arm", "rover": "Fetch rover"}
        return {
            "mission": "surface", "title": "Two tubes, on the ground", "seed": 1,
            "host": "throttled", "deterministic": True, "epoch_utc": utc(0),
            "sols_at_zero": recording.sols_at_zero, "dictionary_hash": "stand-in",
            "authority": self.authority, "you": {"name": user, "roles": USERS[user]},
            "vehicles": [
                {"name": name, "title": titles.get(name, name.capitalize())}
                for name in recording.vehicles
            ],
        }  # fmt: skip

    def do_dictionary(self, user: str) -> Values:
        """Of the vehicles that fly."""
        recording = self.run.recording
        known = recording.dictionary["vehicles"]
        return {"vehicles": {name: known[name] for name in recording.vehicles}}

    def do_values(self, user: str, at_ns: int | None = None) -> list[Any]:
        """All values, now or at an instant."""
        if at_ns is None:
            silent, limited = self.silent(), self.limits["limits"]
            rows = [
                [*row[:5], "YELLOW"] if f"{row[0]}.{row[1]}" in limited else row
                for row in self.run.values.values()
            ]
            return [
                [*row[:5], "STALE"] if row[0] in silent and row[5] != "NONE" else row
                for row in rows
            ]
        rows = []
        for (vehicle, channel), samples in self.run.recording.samples.items():
            before = [each for each in samples if each[1] <= at_ns]
            if before:
                when, received, value = before[-1]
                state = self.run.recording.state(vehicle, channel, value)
                rows.append([vehicle, channel, value, when, received, state])
        return rows

    def do_series(
        self, user: str, vehicle: str, channel: str, t0_ns: int, t1_ns: int, pixels: int
    ) -> list[Any]:
        """min, max and last a pixel."""
        known = self.run.recording.samples.get((vehicle, channel), [])
        buckets: dict[int, list[Any]] = {}
        width = max(1, (t1_ns - t0_ns) // max(1, min(pixels, 2000)))
        for when, received, value in known:
            told = received <= self.run.time_ns and t0_ns <= when <= t1_ns
            if not told or isinstance(value, str) or value is None:
                continue
            place = (when - t0_ns) // width
            number = float(value)
            bucket = buckets.setdefault(place, [t0_ns + place * width, number, number, number])
            bucket[1:] = [min(bucket[1], number), max(bucket[2], number), number]
        return list(buckets.values())

    def do_snapshot(self, user: str, topics: list[str] | None = None) -> Values:
        """How everything is."""
        run = self.run
        return {
            "journal_last": len(run.journal),
            "stack": list(self.stack.values()), "authority": self.authority,
            "alarms": [alarm for alarm in run.alarms.values() if alarm["state"] != "NORMAL"],
            "procedure": self.do_procedure(user), "passes": self.do_passes(user)["passes"],
            "custody": self._tubes(), "vehicles": self._vehicles(), "limits": self.limits,
        }  # fmt: skip

    def silent(self) -> list[str]:
        """The vehicles of which nothing was heard for two sols."""
        return [card["name"] for card in self._vehicles() if card["stale"]]

    def _vehicles(self) -> list[Values]:
        cards = []
        for name in self.run.recording.vehicles:
            rows = [row for (vehicle, _), row in self.run.values.items() if vehicle == name]
            heard = max((row[4] for row in rows), default=None)
            mode = self.run.values.get((name, "mode"))
            silence = None if heard is None else (self.run.time_ns - heard) / 1e9
            cards.append({
                "name": name, "state": "", "mode": mode[2] if mode else None,
                "stale": silence is None or silence > 2 * 88775, "silence_s": silence,
                "last_heard_ns": heard,
            })  # fmt: skip
        return cards

    def _tubes(self, at_ns: int = 2**62) -> list[Values]:
        tubes: dict[str, Values] = {}
        for step in self._steps(at_ns):
            keys = ("tube", "place", "status", "vehicle", "destination")
            tubes[step["tube"]] = {key: step[key] for key in keys} | {
                "since_ns": step["occurred_ns"], "name": "",
            }  # fmt: skip
        return list(tubes.values())

    def do_since(
        self, user: str, number: int, topics: list[str] | None = None, limit: int = 500
    ) -> list[Values]:
        """Entries after a number."""
        entries = self.run.journal[number:]
        wanted = [each for each in entries if topics is None or each["topic"] in topics]
        return wanted[: min(limit, 500)]

    def do_history(
        self, user: str, vehicle: str = "", limit: int = 100, until_ns: int = 2**62, **_: Any
    ) -> list[Values]:
        """Commands, the newest first."""
        issued = [each for each in self.run.history() if each["issued_ns"] <= until_ns]
        found = [each for each in issued if vehicle in ("", each["vehicle"])]
        return found[: min(limit, 200)]

    def do_events(
        self, user: str, source: str = "", severity: str = "", text: str = "", limit: int = 200,
        until_ns: int = 2**62, **_: Any,
    ) -> list[Values]:  # fmt: skip
        """Events, the newest first."""
        found = [
            event for event in reversed(self.run.events)
            if event["received_ns"] <= until_ns
            and source in ("", event["vehicle"]) and severity in ("", event["severity"])
            and text.lower() in f"{event['name']} {event['text']}".lower()
        ]  # fmt: skip
        return found[: min(limit, 200)]

    def do_alarms(
        self, user: str, all: bool = False, limit: int = 200, at_ns: int | None = None
    ) -> Any:
        """Open alarms, or all: one is over at least; or those of an instant, by the journal."""
        if at_ns is not None:
            told = [e for e in self.run.journal if e["topic"] == "alarm" and e["t"] <= at_ns]
            then = {entry["data"]["number"]: entry["data"] for entry in told}
            found = [each for each in then.values() if all or each["state"] != "NORMAL"]
            return {"alarms": found, "left": 0, "journaled": True}
        found = [each for each in self.run.alarms.values() if all or each["state"] != "NORMAL"]
        over = {
            "number": 9000, "vehicle": "lander", "name": "limit wind", "severity": "WARNING_LO",
            "state": "CLOSED", "unacknowledged": False, "raised_ns": 0, "last_ns": 0, "count": 1,
            "text": "it blew", "owner": "", "shelved_until_ns": None,
        }  # fmt: skip
        return [*found, over] if all else found

    def do_passes(
        self, user: str, from_ns: int | None = None, to_ns: int | None = None
    ) -> Values:
        """Around now, or of a time; with the light time and a link."""
        day = 88_775 * 10**9
        begin = self.run.time_ns - 2 * day if from_ns is None else from_ns
        end = self.run.time_ns + 3 * day if to_ns is None else to_ns
        passes = [
            each if each["start_ns"] <= self.run.time_ns else {**each, "bytes_come": None}
            for each in self.run.recording.passes
            if begin <= each["end_ns"] and each["start_ns"] <= end
        ]
        told = self.run.recording
        light = [[begin, told.light_ns(begin) / 1e9, False]]
        until = min(end, self.run.time_ns)
        light += [list(each) for each in told.light_times if begin < each[0] <= until]
        return {"passes": passes, "light_time": light,
                "links": [["orbiter", begin, True, 1024.0]]}  # fmt: skip

    def _steps(self, at_ns: int) -> list[Values]:
        return [step for step in self.run.custody if step["received_ns"] <= at_ns]

    def do_custody(self, user: str, tube: str = "", at_ns: int = 2**62) -> Values:
        """Tubes, or the steps of one."""
        if not tube:
            return {"tubes": self._tubes(at_ns)}
        return {"steps": [step for step in self._steps(at_ns) if tube == step["tube"]][-500:]}

    def do_changes(self, user: str, since_ns: int = 0, **_: Any) -> Values:
        """What has come since."""
        run = self.run
        events = [event for event in run.events if event["received_ns"] > since_ns]
        return {
            "since_ns": since_ns,
            "modes": [event for event in events if event["name"] == "mode_changed"][-100:],
            "rungs": [{"identifier": command["identifier"], "vehicle": command["vehicle"],
                       "command": command["command"], **rung}
                      for command in run.commands.values() for rung in command["rungs"]
                      if rung["received_ns"] > since_ns][-100:],
            "limits": [event for event in events if event["name"].startswith("limit_")][-100:],
            "custody": [step for step in run.custody if step["received_ns"] > since_ns][-100:],
        }  # fmt: skip

    def do_procedures(self, user: str) -> list[Values]:
        """The one that runs, and one that was written."""
        return [
            {"name": "mission", "title": "The work on the ground", "position": 1, "of": 20,
             "doc": "From the landed lander to a MAV that is sealed, warm and checked."},
            self.written.told(),
        ]  # fmt: skip

    def do_procedure(self, user: str, name: str = "") -> Values:
        """Steps as the recording's log tells them; of one that was written, as it was."""
        if name == self.written.name:
            return self.written.told(whole=True)
        told: dict[str, tuple[int, str]] = {}
        for when, kind, line in self.run.recording.told:
            if kind == "log" and "." in line["step"]:
                told[line["step"]] = (when, line["text"].split(":")[0])
        position = sum(when <= self.run.time_ns for when, _ in told.values())
        steps = [
            {"position": place, "path": path, "do": "command", "what": what,
             "vehicle": what.split()[0], "label": "", "hazardous": False}
            for place, (path, (_, what)) in enumerate(told.items())
        ]  # fmt: skip
        hold = None
        if self.procedure_pace == "pause":
            hold = {"kind": "paused", "id": "h1", "text": "paused by a person", "answers": []}
        return {
            "name": "mission", "procedure": "mission", "title": "The work on the ground",
            "position": position, "of": len(steps), "steps": steps, "hold": hold,
            "ended": position >= len(steps), "attended": self.procedure_pace != "run",
            "pace": self.procedure_pace,
            "log": [[line["time_ns"], line["step"], line["text"]] for line in self.run.log],
            "begun": [
                [place, when] for place, (when, _) in enumerate(told.values())
                if when <= self.run.time_ns
            ],
        }  # fmt: skip
