"""A run whose procedure people took in hand flies again bit for bit, over a death of the ground."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ground.testbed.operating.operated import Act, Crew, asks, enough, fly, fly_again, until

pytestmark = [pytest.mark.mission, pytest.mark.check, pytest.mark.xdist_group("asked")]

DAY = 800_000.0  # s of mission time: a morning on which the lander works
END = DAY + 60_000.0


def noted(name: str) -> Act:
    """The answer that came last is remembered under a name."""

    def note(crew: Crew) -> None:
        crew.seen[name] = crew.answers[-1]

    return note


def work() -> list[Callable[[Crew], None]]:
    return [
        until(DAY),
        asks("anna", "procedure_pause"),
        asks("ben", "limits_set", name="surface"),
        until(DAY + 20_000.0),
        asks("eve", "procedure"),
        noted("held"),
        asks("anna", "kill", role="ground"),
        until(DAY + 25_000.0),
        asks("eve", "procedure"),
        noted("after its death"),
        asks("anna", "procedure_step"),
        asks("anna", "procedure_go"),
        until(DAY + 50_000.0),
        asks("eve", "values", at_ns=round((DAY + 10_000.0) * 1e9)),
        noted("values"),
        asks("eve", "alarms", all=True),
        noted("alarms"),
        asks("eve", "changes"),
        asks("eve", "passes"),
        asks("eve", "on_board", vehicle="rover"),
        noted("on board"),
        until(END),
        asks("eve", "procedure"),
        noted("end"),
        enough,
    ]


def test_a_procedure_in_peoples_hands_flies_again_bit_for_bit(tmp_path: Path) -> None:
    crew = Crew(*work())
    first = fly(tmp_path / "run", crew)
    seen = {name: answer["result"] for name, answer in crew.seen.items()}
    assert all(answer["ok"] for answer in crew.seen.values())
    held, after = seen["held"], seen["after its death"]
    assert held["hold"] is None or held["hold"]["kind"] == "paused"
    assert (after["attended"], after["pace"], after["by"]) == (True, "pause", "anna")
    assert after["position"] >= held["position"]
    assert len(seen["values"]["values"]) > 100
    assert seen["values"]["limit_set"] == "surface"
    assert not any(row[1] == "ascent_chunk" for row in seen["values"]["values"])
    again = fly_again(tmp_path / "run", tmp_path / "again", END)
    assert again.figures.log_sha256 == first.figures.log_sha256
