"""A trainer's wish for a branch is left for who starts runs; what cannot be is refused before."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ground.api.requests import NoRequest, read_request
from ground.api.training import Branch
from ground.edge.branching import Branching, Wish, free_name, read_wish, seconds_of
from ground.testbed.record.branching import _instant

NOW = 2000 * 10**9


def asked(tmp_path: Path, *, supervised: bool = True, user: str = "anna", **words: Any) -> Any:
    """The answer to a request."""

    async def ask(who: str, session: str, key: str, request: Any) -> Any:
        if who != "anna":
            return {"ok": False, "refused": "checkpoints needs the role trainer"}
        return {"ok": True, "result": {"checkpoints": [{"name": "storm"}]}}

    state = tmp_path / "state"
    state.mkdir(exist_ok=True)
    branching = Branching(tmp_path / "run", state, supervised, ask, lambda: NOW)
    request = read_request({"do": "branch", **words})
    assert isinstance(request, Branch)
    return asyncio.run(branching.branch(user, request))


def test_it_is_left_once_with_a_folder_of_its_own(tmp_path: Path) -> None:
    told = asked(tmp_path, checkpoint="storm")
    assert told == {"ok": True, "result": {"folder": str(tmp_path / "run-storm"), "at": "storm"}}
    assert read_wish(tmp_path / "state") == Wish(str(tmp_path / "run-storm"), "storm")
    assert read_wish(tmp_path / "state") is None
    told = asked(tmp_path, t_ns=NOW, folder="second")  # the limit itself
    assert told["result"] == {"folder": str(tmp_path / "second"), "at": "2000.0"}


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, "0.0"), (5 * 10**8, "0.5"), (2**53 + 1, "9007199.254740993"), (2**61 - 1, None)],
)
def test_an_instant_is_told_to_the_nanosecond(time_ns: int, text: str | None) -> None:
    told = seconds_of(time_ns)
    assert text in (told, None)
    assert _instant(told, []) == time_ns


@pytest.mark.parametrize("place", [".", "../run"])
def test_a_run_in_the_folder_where_one_stands_branches_off_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    found = free_name(Path(place), "12.75")
    assert found.resolve() == tmp_path / "run-12"


def test_a_wish_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "branch.json").write_text("{")
    assert read_wish(tmp_path) is None
    assert not (tmp_path / "branch.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"checkpoint": "storm", "supervised": False}, "nobody starts runs here"),
        ({"checkpoint": "storm", "user": "ben"}, "needs the role trainer"),
        ({}, "allowed is one of checkpoint and t_ns"),
        ({"checkpoint": "storm", "t_ns": 0}, "allowed is one of checkpoint and t_ns"),
        ({"checkpoint": "calm"}, "checkpoint = 'calm': allowed is one of storm"),
        ({"t_ns": NOW + 1}, "allowed is 0 to 2000000000000, now"),
        ({"t_ns": -1}, "allowed is 0 to"),
        ({"t_ns": 0, "folder": "there"}, "there is one already"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(
    tmp_path: Path, words: Any, sentence: str
) -> None:
    (tmp_path / "there").mkdir()
    told = asked(tmp_path, **words)
    assert not told["ok"] and sentence in told["refused"]
    assert read_wish(tmp_path / "state") is None


@pytest.mark.parametrize("folder", ["../up", "/elsewhere", "a b", ".hidden", "x" * 81])
def test_a_folder_is_a_name_beside_the_run(tmp_path: Path, folder: str) -> None:
    with pytest.raises(NoRequest, match="folder"):
        asked(tmp_path, t_ns=0, folder=folder)


def test_names_that_are_taken_are_counted_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert free_name(run, "12.75") == tmp_path / "run-12"
    (tmp_path / "run-12").mkdir()
    assert free_name(run, "12.75") == tmp_path / "run-12-2"
    assert free_name(run, "a/../b") == tmp_path / "run-a_"
