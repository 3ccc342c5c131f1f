"""Who asks mission control from the command line, where, and what each answer ends with."""

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ground.client
import ground.client.finding
from ground.client import MissionControlError, NeedsApproval, Refused
from ground.commands import asking


class Client:
    """Stands for the client: notes who came and whether they are remembered."""

    came: list[tuple[Path, str, str]]
    remembered: list[str]

    def __init__(self, place: Path, *, user: str, password: str) -> None:
        self.user = user
        type(self).came.append((place, user, password))

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *error: object) -> None:
        pass

    def remember(self) -> None:
        type(self).remembered.append(self.user)


class Desk:
    """A place where mission control is served, and the sessions that are saved here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key, self.saved = "", ["anna"]
        Client.came, Client.remembered = [], []
        monkeypatch.setattr(ground.client, "MissionControl", Client)
        monkeypatch.setattr(ground.client, "find_api", lambda place: SimpleNamespace(user=self.key))
        finding = ground.client.finding
        monkeypatch.setattr(finding, "saved_people", lambda api: self.saved)
        monkeypatch.setattr(finding, "saved_session", lambda api, user: user in self.saved)
        monkeypatch.delenv("MSR_USER", raising=False)
        monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))

    def ask(self, **given: Any) -> int:
        plain = {"at": Path("run"), "user": None, "password_file": None, "command": "show"}

        async def work(mc: Any) -> int:
            error = given.get("error")
            if error is not None:
                raise error
            return 0

        namespace = argparse.Namespace(**{**plain, **given})
        return asking.ask(namespace, work)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_who_gives_a_password_is_remembered_and_who_has_a_session_gives_none(
    desk: Desk, tmp_path: Path
) -> None:
    assert desk.ask() == 0
    secret = tmp_path / "word"
    secret.write_text("s3cret \n\n")
    assert desk.ask(user="ben", password_file=secret) == 0
    assert Client.came == [(Path("run"), "anna", ""), (Path("run"), "ben", "s3cret ")]
    assert Client.remembered == ["ben"]


def test_a_key_says_who_asks_and_nobody_else_is_asked_for(desk: Desk) -> None:
    desk.key, desk.saved = "robot", []
    assert desk.ask(user="ben") == 0
    assert Client.came == [(Path("run"), "", "")] and Client.remembered == []


def test_it_is_who_is_named_else_the_environment_else_who_alone_is_saved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.saved = ["anna", "ben"]
    assert desk.ask() == 2
    assert "--user; sessions are saved of anna, ben" in capsys.readouterr().err
    monkeypatch.setenv("MSR_USER", "ben")
    assert desk.ask() == 0 and desk.ask(user="anna") == 0
    assert [user for _, user, _ in Client.came] == ["ben", "anna"]
    assert desk.ask(user="eve") == 2
    assert "no session of eve is saved here; give --password-file" in capsys.readouterr().err
    monkeypatch.delenv("MSR_USER")
    desk.saved = []
    assert desk.ask() == 2
    assert capsys.readouterr().err.rstrip().endswith("say who you are with --user")


def test_at_a_terminal_the_password_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(asking.getpass, "getpass", lambda prompt: f"<{prompt}>")
    assert desk.ask(user="eve") == 0
    assert Client.came == [(Path("run"), "eve", "<Password of eve: >")]
    assert Client.remembered == ["eve"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_without_a_password_is_refused_by_its_name(
    desk: Desk, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "word"
    if content is not None:
        file.write_bytes(content)
    assert desk.ask(password_file=file) == 2
    why = "No such file" if content is None else "holds no text"
    assert f"{file}: {why}" in capsys.readouterr().err and Client.came == []


@pytest.mark.parametrize(
    ("error", "code"),
    [(Refused("no"), 2), (MissionControlError("it is silent"), 3),
     (NeedsApproval("st-1 waits for a second person", "st-1", "abc"), 1), (None, 0)],
)  # fmt: skip
def test_each_answer_ends_with_its_code_and_its_words(
    desk: Desk, error: Exception | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.ask(error=error) == code
    said = capsys.readouterr().err
    assert said == ("" if error is None else f"msr show: {error}\n")


def test_the_one_run_that_is_served_is_found_and_of_several_one_is_to_be_said(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert desk.ask(at=None) == 2
    assert "served below runs/: none" in capsys.readouterr().err
    for name in ("b", "a"):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "api.json").write_text("{}")
        if name == "b":
            assert desk.ask(at=None) == 0
    assert Client.came[0][0] == Path("runs/b")
    assert desk.ask(at=None) == 2
    assert "served below runs/: runs/a, runs/b" in capsys.readouterr().err


# ---------------------------------------------------------------------------------- the figures


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "-"), (True, "yes"), (False, "no"), (0.1234567, "0.123457"), (12, "12"), ("x", "x"),
     ([1, None], "1, -"), ({"a": True, "b": [2.0]}, "a=yes, b=2"), ((), "")],
)  # fmt: skip
def test_a_value_in_a_table_is_short(value: Any, told: str) -> None:
    assert asking.shown(value) == told


@pytest.mark.parametrize(("text", "taken"), [("1e9", True), ("-1e9", True), ("1.1e9", False),
                                             ("nan", False), ("inf", False)])  # fmt: skip
def test_an_hour_of_an_option_is_one_that_a_mission_can_have(text: str, taken: bool) -> None:
    if taken:
        assert asking.finite(text) == float(text)
    else:
        with pytest.raises(argparse.ArgumentTypeError, match="allowed is a number up to 1e9"):
            asking.finite(text)
