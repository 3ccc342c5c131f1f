"""People who ask a ground of tests; limit sets and derived channels of its one vehicle."""

from pathlib import Path
from typing import Any

import pytest

from ground.api.fields import Change, Read
from ground.mission_control.service import watch
from ground.mission_control.service.desk import About
from ground.mission_control.service.handling import Asked
from ground.mission_control.service.service import Service

ANNA = Asked("anna", "s1", ("operator",), "k")
MAX = Asked("max", "s2", ("engineer",), "k")
EVE = Asked("eve", "s3", ("observer",), "k")
BEN = Asked("ben", "s4", ("director", "operator"), "k")


def use_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that a ground reads, for the dictionary of the tests."""
    (folder / "limit_sets.yaml").write_text(
        "format: 1\nsets: {night: {doc: at night, limits: "
        "{rover.charge: {yellow: [0.4, null], source: test}}}}\n"
    )
    (folder / "derived_channels.yaml").write_text(
        "format: 1\nchannels: {rover.left: {doc: left, value: rover.charge - 0.25}}\n"
    )
    monkeypatch.setattr(watch, "find_configuration", lambda _, name: folder / f"{name}.yaml")


class People:
    """Ask a ground; keys are told apart by a counter."""

    def __init__(self, ground: Any, count: int = 0) -> None:
        about = About("test", "Test", [{"name": "rover", "title": ""}], 1, "virtual", True, "")
        self.ground = ground
        self.service = Service(ground.control, about)
        self.count = count

    def look(self, request: Read) -> dict[str, Any]:
        answer = self.service.read(EVE, request)
        assert answer.ok and answer.result is not None, answer.refused
        return answer.result

    def refused(self, request: Read) -> str:
        answer = self.service.read(EVE, request)
        assert not answer.ok
        return answer.refused

    def do(self, who: Asked, request: Change) -> Any:
        """The result, or the sentence by which it was refused."""
        self.count += 1
        asked = Asked(who.user, who.session, who.roles, f"k{self.count}")
        answer = self.service.change(asked, request)
        return answer.result if answer.ok else answer.refused

    def journal(self, topic: str) -> list[tuple[str, str]]:
        return [(e.what, e.who) for e in self.service.desk.journal.after(0) if e.topic == topic]
