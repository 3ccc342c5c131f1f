"""A checkpoint that is asked for while mission control is down is no input, and what has no name is
no checkpoint."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import Input
from ground.api.operators import load_operators
from ground.api.training import LARGEST_DRILL
from ground.commands.drill_files import text_of
from ground.testbed.asking import DOWN, Ask, Asking
from ground.testbed.branching import branch_of, checkpoints
from ground.testbed.session import Session, SessionHead

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


def test_a_drill_file_is_read_no_further_than_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has more than 50000 characters"):
        text_of(Path("/dev/zero"))
    file = tmp_path / "drill.yaml"
    file.write_text("€" * LARGEST_DRILL)
    assert len(text_of(file)) == LARGEST_DRILL
    file.write_text("€" * LARGEST_DRILL + "x")
    with pytest.raises(ConfigurationError, match="has more than 50000 characters"):
        text_of(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="holds no text"):
        text_of(file)
