"""Long work tells how far it is, also where there is no terminal."""

import pytest

from ground.terminal import progress


def test_where_there_is_no_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 100.0
    tell = progress.count("ascents", clock=lambda: now)
    tell(1, 9)
    now += progress.LINE_EVERY - 0.001
    tell(2, 9)
    assert capsys.readouterr() == ("", "")
    now += 0.001
    tell(3, 9)
    tell(4, 9)
    assert capsys.readouterr() == ("", "3 of 9 ascents\n")
    now += progress.LINE_EVERY
    tell(9, 9)
    assert capsys.readouterr().err == "9 of 9 ascents\n"
