"""A run branches off from an instant of another: until there they are one; the other is kept."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.missions.kept_runs import find_runs
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.record.branching import branch_of, checkpoints, free_folder, lines_of
from ground.testbed.record.session import SESSION_FILE, Session, read_session
from tests.ground.testbed.operating.operated import Crew, asks, enough, fly, fly_again, until

pytestmark = [pytest.mark.mission, pytest.mark.xdist_group("asked")]

MADE, END = 1000.0, 3000.0
HEAT: dict[str, Any] = {"vehicle": "lander", "command": "condition_mav", "arguments": {"on": True}}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Crew, RunRecord]:
    """A run with a checkpoint, before which somebody takes a vehicle and after which it is given
    back."""
    folder = tmp_path_factory.mktemp("branches") / "original"
    crew = Crew(
        until(500.0),
        asks("anna", "authority_take", vehicle="lander"),
        until(MADE),
        asks("ben", "checkpoint", name="start"),
        asks("anna", "checkpoint", name="start", note="before it begins"),
        asks("anna", "authority_release", vehicle="lander"),
        asks("anna", "checkpoint", name="start"),
        asks("anna", "checkpoint", name="No such name"),
        asks("anna", "checkpoints"),
        asks("ben", "checkpoints"),
        until(END),
        enough,
    )
    return folder, crew, fly(folder, crew)


def test_a_checkpoint_is_made_by_a_trainer_and_once(original: Any) -> None:
    answers = original[1].answers
    assert "checkpoint needs the role trainer" in answers[1]["refused"]
    assert answers[2]["result"] == {"name": "start", "t_ns": 1000 * 10**9}
    assert "there is a checkpoint of that name already" in answers[4]["refused"]
    assert "no request: checkpoint" in answers[5]["refused"]
    [made] = answers[6]["result"]["checkpoints"]
    assert made == {
        "name": "start", "note": "before it begins", "by": "anna", "t_ns": 1000 * 10**9,
    }  # fmt: skip
    assert answers[6]["result"]["branch_of"] is None
    assert "checkpoints needs the role trainer" in answers[7]["refused"]


def test_the_record_of_a_branch_is_that_of_the_original_up_to_there(original: Any) -> None:
    session = read_session(original[0])
    assert list(checkpoints(session)) == ["start"]
    branch = branch_of(session, "start")
    asked = [each.data["request"]["do"] for each in branch.inputs]
    assert asked == ["authority_take", "checkpoint", "checkpoint"]  # the refused one is in it too
    parent = branch.head.parent
    assert parent is not None
    assert (parent.time_ns, parent.inputs, parent.checkpoint) == (1000 * 10**9, 3, "start")
    at = branch_of(session, "1000")  # all of that instant
    assert [each.order for each in at.inputs] == [1, 2, 3, 4, 5]
    assert branch_of(session, "999.999999999").inputs == session.inputs[:1]
    assert branch_of(session, "0").inputs == ()


@pytest.mark.parametrize("at", ["", "never", "-1", "nan", "inf", "1e300", "start "])
def test_what_is_no_instant_is_refused(original: Any, at: str) -> None:
    with pytest.raises(ConfigurationError, match=r"allowed is a checkpoint \(start\), or seconds"):
        branch_of(read_session(original[0]), at)


def test_where_devices_are_real_nothing_branches_off(original: Any) -> None:
    session = read_session(original[0])
    head = msgspec.structs.replace(session.head, bench="wheels")
    with pytest.raises(ConfigurationError, match="devices of this run are real"):
        branch_of(Session(session.file, head, session.inputs), "start")


@pytest.mark.requirement("OPS-13")
def test_a_branch_goes_on_live_and_flies_again_bit_for_bit(original: Any, tmp_path: Path) -> None:
    folder, _, first = original
    before = (folder / SESSION_FILE).read_bytes()
    branch = branch_of(read_session(folder), "start")
    assert branch.head.parent is not None
    crew = Crew(
        asks("anna", "hello"),
        asks("anna", "stage", **HEAT),
        asks("anna", "release", stages=["st-1"]),
        asks("anna", "checkpoints"),
        until(END),
        enough,
    )
    out = tmp_path / "branch"
    flown = fly(out, crew, session=branch, ahead_ns=branch.head.parent.time_ns)
    assert crew.answers[0]["result"]["branch_of"]["checkpoint"] == "start"
    assert crew.answers[1]["ok"], "who held the lander there holds it here"
    assert crew.answers[3]["result"]["checkpoints"][0]["name"] == "start"
    recorded = [json.loads(line) for line in (out / SESSION_FILE).read_bytes().splitlines()]
    assert recorded[: 1 + len(branch.inputs)] == [json.loads(line) for line in lines_of(branch)]
    assert [each["time_ns"] for each in recorded[-2:]] == [1000 * 10**9] * 2
    assert flown.figures.log_sha256 != first.figures.log_sha256
    again = fly_again(out, tmp_path / "again", END)
    assert again.figures.log_sha256 == flown.figures.log_sha256
    assert (folder / SESSION_FILE).read_bytes() == before
    told = {each.folder.name: each.branch_of for each in find_runs(tmp_path)}
    assert told["branch"] == f"{folder} at start"


@pytest.mark.check
@pytest.mark.requirement("OPS-13")
def test_where_nothing_else_is_done_a_branch_is_the_original(
    original: Any, tmp_path: Path
) -> None:
    folder, _, first = original
    branch = branch_of(read_session(folder), repr(MADE))
    same = fly(tmp_path / "same", Crew(until(END), enough), session=branch, serve=True)
    assert same.figures.log_sha256 == first.figures.log_sha256


def test_nothing_is_changed_while_it_flies_to_where_it_branches_off(
    original: Any, tmp_path: Path
) -> None:
    branch = branch_of(read_session(original[0]), "start")

    class Early(Crew):
        def serve(self, seconds: float) -> None:
            if self.loop is not None and self.loop.pace.rate != 0.0 and "early" not in self.seen:
                self.asks("anna", {"do": "authority_release", "vehicle": "lander"}, "early")
                self.seen["early"] = self.answers[-1]
            super().serve(seconds)

    crew = Early(asks("anna", "hello"), until(MADE + 1.0), enough)
    ahead = 1000 * 10**9
    fly(tmp_path / "early", crew, session=branch, ahead_ns=ahead)
    assert "nothing is changed before that" in crew.seen["early"]["refused"]
    assert len(read_session(tmp_path / "early").inputs) == len(branch.inputs)


def test_a_branch_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    assert free_folder(tmp_path / "new") == tmp_path / "new"
    assert free_folder(tmp_path) == tmp_path
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="it holds something"):
        free_folder(tmp_path)
