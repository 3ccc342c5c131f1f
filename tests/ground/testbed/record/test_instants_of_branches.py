"""Instants to branch off from. A checkpoint that is asked for while mission control is down is no
input, and what has no name is no checkpoint."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import Input
from ground.api.operators import load_operators
from ground.api.training import Branch
from ground.commands.drill_files import text_of
from ground.edge.branching import Branching, seconds_of
from ground.testbed.operating.asking import DOWN, Ask, Asking
from ground.testbed.record.branching import branch_of, checkpoints
from ground.testbed.record.session import LATEST_NS, Session, SessionHead

NS = 10**9


class Service:
    """Mission control, to which nothing was said yet."""

    def asked_under(self, asked: Any) -> None:
        return None


def test_a_checkpoint_that_is_asked_for_while_it_is_down_stands_in_no_record() -> None:
    inputs, answers, here = list[Any](), list[Any](), list[Any]()
    loop: Any = SimpleNamespace(put=inputs.append)
    asking = Asking(loop, load_operators("demo"), lambda: here[0] if here else None)
    checkpoint = {"do": "checkpoint", "name": "storm"}
    asking.ask(Ask("anna", checkpoint, key="one"), answers.append)
    assert inputs == [] and answers == [{"ok": False, "refused": DOWN}]
    here.append(Service())
    asking.ask(Ask("anna", checkpoint, key="one"), answers.append)  # the same key: it was not used
    [given] = inputs
    assert given["request"] == checkpoint and len(answers) == 1
    here.clear()
    asking.ask(Ask("anna", checkpoint, key="one"), answers.append)  # it waits, and may be done yet
    assert len(inputs) == 1 and len(answers) == 1
    asking.ask(Ask("anna", {"do": "kill", "role": "rover"}, key="two"), answers.append)
    assert len(inputs) == 2  # the record tells of all else that was asked for in vain


def test_what_has_no_name_is_no_checkpoint() -> None:
    def asked(request: Any, *roles: str) -> dict[str, Any]:
        return {"type": "request", "request": request, "roles": roles}

    made = [
        asked({"do": "checkpoint"}, "trainer"), asked({"do": "checkpoint", "name": 7}, "trainer"),
        asked("checkpoint", "trainer"), asked({"do": "checkpoint", "name": "b"}),
        asked({"do": "checkpoint", "name": "a"}, "trainer"),
    ]  # fmt: skip
    inputs = tuple(Input(5 * NS, order, data) for order, data in enumerate(made, 1))
    session = Session(Path("x/session.jsonl"), SessionHead(1, "surface", 1, None, {}), inputs)
    assert list(checkpoints(session)) == ["a"]
    with pytest.raises(ConfigurationError, match=r"allowed is a checkpoint \(a\)"):
        branch_of(session, "b")


@pytest.mark.parametrize("time_ns", [0, 1, 5 * NS, 2**53 + 1, 10**16 + 1, 10**17 + 3, LATEST_NS])
def test_an_instant_of_a_branch_is_exact_to_the_last_digit(time_ns: int) -> None:
    inputs = (Input(time_ns, 1, {}), Input(time_ns + 1, 2, {}))
    session = Session(Path("x/session.jsonl"), SessionHead(1, "surface", 1, None, {}), inputs)
    branch = branch_of(session, seconds_of(time_ns))
    assert branch.head.parent is not None and branch.head.parent.time_ns == time_ns
    assert branch.inputs == inputs[:1]


@pytest.mark.parametrize(
    "at", ["nan", "snan", "inf", "-1", "1e400", "1e999999999", "x", "", "-1e-9",
           seconds_of(LATEST_NS + 1)],
)  # fmt: skip
def test_what_is_no_instant_is_refused(at: str) -> None:
    session = Session(Path("x/session.jsonl"), SessionHead(1, "surface", 1, None, {}), ())
    with pytest.raises(ConfigurationError, match="allowed is a checkpoint"):
        branch_of(session, at)


async def test_a_run_in_the_folder_where_one_is_can_be_branched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")

    async def ask(*_: Any) -> Any:
        return {"ok": True, "result": {"checkpoints": []}}

    edge = Branching(Path(), tmp_path, True, ask, lambda: 9 * NS)
    told = await edge.branch("anna", Branch(t_ns=5 * NS))
    assert told["result"] == {"folder": str(tmp_path / "run-5"), "at": "5.0"}
    told = await edge.branch("anna", Branch(t_ns=5 * NS, folder="other"))
    assert told["result"]["folder"] == str(tmp_path / "other")
    told = await edge.branch("anna", Branch(t_ns=5 * NS, folder="run"))
    assert "there is one already" in told["refused"]


def test_a_drill_file_is_read_no_further_than_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no regular file: allowed is a drill file"):
        text_of(Path("/dev/zero"))
    file = tmp_path / "drill.yaml"
    file.write_text("€" * 50_000)
    assert len(text_of(file)) == 50_000
    file.write_text("€" * 50_000 + "x")
    with pytest.raises(ConfigurationError, match="has more than 50000 characters"):
        text_of(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="holds no text"):
        text_of(file)
