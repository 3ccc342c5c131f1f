"""Who may not open a device is told whose group to be in, and not where that would be no help."""

import errno
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from sim_hw.bench.wire import permission
from sim_hw.bench.wire.permission import permission_step
from sim_hw.bench.wire.wire import next_step

STRANGER = 54_321  # a group that the test is not in


LINE = "/dev/ttyACM0"
Owned = Callable[..., str]


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> Owned:
    """Gives what is said of LINE as if it were of a group, which is called `plugdev` if it is
    STRANGER, and had a mode, for a user who is in some groups."""

    def said(group: int, mode: int = 0o660, mine: Sequence[int] = ()) -> str:
        def named(number: int) -> SimpleNamespace:
            if number != STRANGER:
                raise KeyError(number)
            return SimpleNamespace(gr_name="plugdev")

        def stat(path: str) -> SimpleNamespace:
            if path != LINE:
                raise FileNotFoundError(path)
            return SimpleNamespace(st_mode=0o020000 | mode, st_gid=group)

        system = SimpleNamespace(stat=stat, getegid=lambda: 1, getgroups=lambda: list(mine))
        monkeypatch.setattr(permission, "os", system)
        monkeypatch.setattr(permission, "grp", SimpleNamespace(getgrgid=named))
        return permission_step(LINE)

    return said


def test_it_is_the_group_that_owns_the_device(owned: Owned) -> None:
    said = owned(STRANGER)
    assert said == "be in the group `plugdev` (`sudo usermod -aG plugdev $USER`), and log in anew"
    assert "`54322`" in owned(STRANGER + 1), "a group without a name here"


@pytest.mark.parametrize(("group", "mode"), [(0, 0o660), (STRANGER, 0o640), (STRANGER, 0o620)])
def test_a_group_that_is_no_help_is_not_recommended(group: int, mode: int, owned: Owned) -> None:
    said = owned(group, mode)
    assert "does not help: let a udev rule" in said and "usermod" not in said


def test_who_is_in_it_already_looks_elsewhere(owned: Owned) -> None:
    said = owned(STRANGER, mine=[7, STRANGER])
    assert "which you are in" in said and "usermod" not in said


def test_a_wire_says_it_of_the_path_of_the_error_or_its_own(owned: Owned) -> None:
    owned(STRANGER)
    assert "group `plugdev`" in next_step(PermissionError(errno.EACCES, "no", LINE))
    assert "group `plugdev`" in next_step(PermissionError(errno.EACCES, "no"), LINE)
    gone = next_step(PermissionError(errno.EACCES, "no"), "/nowhere/tty")
    assert gone == "permission is missing: see whose it is (`ls -lL /nowhere/tty`)"
    assert next_step(PermissionError(errno.EACCES, "no")) == (
        "permission is missing: see whose it is"
    )
