"""A procedure that somebody has written: submitted, approved, run; it asks for go on its way."""

from typing import Any

from ground.mission_control.procedures.library import Shelf, Version
from tests.ground.console.stand_in.recording import Values

TEXT = "title: A drive round the depot\nsteps:\n  - {do: poll, text: Drive round?}\n"
STEPS = ("rover report_status", "poll: Drive round?", "rover drive_to")


class Written:
    """`drive_round`, in the shape in which a library keeps it. `max` has submitted it."""

    name = "drive_round"

    def __init__(self) -> None:
        draft = Version("f00d", TEXT, "A drive round the depot", "submitted", 0, ["max"])
        self.shelf = Shelf(draft)
        self.place: int | None = None
        self.pace = "run"
        self.said: dict[str, str] = {}

    def told(self, *, whole: bool = False) -> Values:
        """As a row of the list, or with its steps."""
        plain = {
            kind: None if version is None else {
                name: getattr(version, name) for name in version.__struct_fields__
            }
            for kind, version in (("draft", self.shelf.draft), ("approved", self.shelf.approved))
        }
        found: Values = {"name": self.name, "title": "A drive round the depot", **plain}
        if self.place is not None:
            found |= self._run()
        if not whole:
            return found
        steps = [
            {"position": place, "path": f"steps[{place}]", "do": "command", "what": what,
             "vehicle": "rover", "label": "", "hazardous": False}
            for place, what in enumerate(STEPS)
        ]  # fmt: skip
        return {**found, "steps": steps, "log": [[0, "only", "written begins"]], "begun": []}

    def _run(self) -> Values:
        hold: Values | None = None
        if self.pace == "pause":
            hold = {"kind": "paused", "id": "w1", "text": "before the depot", "answers": []}
        elif self.place == 1:
            hold = {"kind": "poll", "id": "poll-1", "text": "Drive round?",
                    "answers": ["go", "no-go"], "said": self.said}  # fmt: skip
        return {"position": self.place, "of": len(STEPS), "ended": "", "hold": hold,
                "attended": True, "pace": self.pace}  # fmt: skip

    def approve(self, version: str, user: str, note: str) -> str:
        """Why not, or nothing."""
        draft = self.shelf.draft
        if draft is None or draft.version != version or user in draft.hands:
            return "it was not submitted in this version, or by another"
        draft.state, draft.approved_by, draft.note = "approved", user, note
        self.shelf = Shelf(None, draft)
        return ""

    def act(self, what: str, **given: Any) -> None:
        """Run: it begins; pause: it halts; go: to its poll, which others have yet to answer."""
        if what == "poll":
            self.said[given["user"]] = "director"
        self.pace = "pause" if what == "pause" else "run"
        self.place = {"run": 0, "pause": self.place, "go": 1, "poll": 1}[what]
