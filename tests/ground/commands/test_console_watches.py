"""What `msr console` does with processes that hang, do not move, or were left to it."""

from types import SimpleNamespace

import pytest

from ground.commands import console
from tests.ground.commands.played_children import Process, Standby, opened

pytestmark = pytest.mark.usefixtures("by_hand")


def test_who_hangs_is_named_once_and_nobody_is_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    demo = opened("--demo")
    demo._start_edge()
    demo._web = Process("the web server", ["x"])
    for child in (demo._edge, demo._web):
        child.stopped = True
        for _ in range(3):
            assert demo._see_to_who_serves() is None
        assert capsys.readouterr().err == f"{child.name} hangs; it is ended\n"
        child.code = -9  # it has ended
        assert demo._see_to_who_serves() is None and child.code is None
        assert "it is started again" in capsys.readouterr().err
    assert demo._edge.starts == 2 and demo._web.starts == 1


def test_who_was_left_to_the_console_is_buried_and_nobody_that_is_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known: list[set[int]] = []
    monkeypatch.setattr(console, "bury_others", known.append)
    demo = opened("--demo")
    demo._web = Process("the web server", [])
    demo._spare = Standby()
    pids = iter(range(1, 9))
    for each in (demo._flight, demo._edge, demo._web, demo._spare, demo._prepared):
        each.pid, each.is_on_its_way = next(pids), False
    demo._flight.is_on_its_way = True
    demo._bury_others()
    assert known == [], "it may have ended before anybody knows its number"
    demo._flight.is_on_its_way = False
    demo._bury_others()
    assert known == [{1, 2, 3, 4, 5}]


def test_a_run_that_does_not_move_is_asked_nothing() -> None:
    demo = opened("--demo")
    demo._resumed = SimpleNamespace(arrived=lambda: True)
    demo._flight.is_still = True
    demo._see_to_the_way()
    assert demo._resumed is not None
    demo._flight.is_still = False
    demo._see_to_the_way()
    assert demo._resumed is None
