"""An edge whose own folder is full or gone goes on: people are let in, heard and answered."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.codec import encode
from ground.edge.approvals import Approvals
from ground.edge.gateway import Gateway
from ground.edge.private_files import keep_private, secrets_file, state_folder
from ground.edge.sessions import Sessions
from ground.edge.standing import Standing, StandingFile, read_standing
from ground.edge.which_run import RunName


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where an edge keeps what it keeps."""
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def approved(stage: str) -> dict[str, Any]:
    return {"topic": "stack", "data": {"stage": stage, "hash": "h", "state": "approved"}}


def test_what_is_not_kept_is_told_once_until_it_is_kept_again(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / "note"
    assert keep_private(file, b"1") and file.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(home)
    assert [keep_private(file, b"2") for _ in range(3)] == [False] * 3
    said = capsys.readouterr().err
    assert said == f"{file} is not kept, and lost when this ends: No such file or directory\n"
    home.mkdir()
    assert keep_private(file, b"3") and file.read_bytes() == b"3"
    shutil.rmtree(home)
    assert not keep_private(file, b"4")
    assert capsys.readouterr().err == said


def test_people_come_in_and_stay_and_a_link_is_never_used_twice(home: Path) -> None:
    now = SimpleNamespace(s=1000.0)
    sessions = Sessions(home / "sessions.json", ["anna"], lambda: now.s)
    link = sessions.make_link("anna")
    shutil.rmtree(home)
    token, _ = sessions.open("anna")
    for _ in range(3):
        now.s += 61.0
        assert sessions.find(token) is not None
    with pytest.raises(OSError):
        sessions.use_link(link)
    home.mkdir()
    assert sessions.use_link(link) == "anna" and sessions.use_link(link) is None
    again = Sessions(home / "sessions.json", ["anna"], lambda: now.s)
    assert again.use_link(link) is None and again.find(token) is not None
    shutil.rmtree(home)
    with pytest.raises(OSError):
        sessions.close(token)
    assert sessions.find(token) is None, "over all the same, as long as this edge lives"


def test_an_hour_that_was_not_kept_is_kept_with_the_next_word(home: Path) -> None:
    file = home / "approvals.json"
    kept = Approvals(file, lambda: 1000.0)
    shutil.rmtree(home)
    kept.heard([approved("st-1")])
    assert kept.over() == {} and not file.exists()
    home.mkdir()
    kept.heard([])
    again = Approvals(file, lambda: 1000.0)
    again.heard([approved("st-1")], before=True)
    assert again.over() == {}, "its hour is known"


def test_where_a_run_stands_and_what_it_is_called_hold_on(home: Path) -> None:
    standing, name = StandingFile(home, lambda: 5.0), RunName(home)
    shutil.rmtree(home)
    name.begins("life", False)
    assert name.run
    standing.note(Standing(7, 0.0))
    home.mkdir()
    standing.note(Standing(7, 0.0))
    assert read_standing(home / "standing.json") == Standing(7, 0.0), "tried again"


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(28, "No space left on device"), "it cannot be done here: No space left on device"),
     (ConfigurationError("secrets.json", None, "", "holds no passwords"),
      "it cannot be done here: secrets.json: holds no passwords")],
)  # fmt: skip
async def test_who_asks_for_what_cannot_be_done_is_told_why(error: Exception, said: str) -> None:
    counts = SimpleNamespace(requests=0, logins=0)

    def use_link(token: str) -> str:
        raise error

    sessions = SimpleNamespace(use_link=use_link)
    attempts = SimpleNamespace(locked_for=lambda name: 0.0)
    gateway: Any = Gateway(sessions, None, attempts, None, None, counts)  # type: ignore[arg-type]
    answer = await gateway.answer(encode({"id": 3, "request": {"do": "login", "token": "t"}}))
    assert (answer.id, answer.ok, answer.refused) == (3, False, said)


def test_a_user_without_a_home_is_told_which_folder_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", nobody)
    for folder, variable in ((state_folder, "XDG_STATE_HOME"), (None, "XDG_CONFIG_HOME")):
        monkeypatch.delenv(variable)
        with pytest.raises(ConfigurationError, match=f"{variable}: is not set"):
            secrets_file() if folder is None else folder(tmp_path / "run")
