"""Who runs a command has a name, also where the machine knows none."""

import os

import pytest

from ground.terminal.user_names import user_name


@pytest.mark.parametrize("unknown", [KeyError("getpwuid(): uid not found"), OSError("no username")])
def test_of_a_user_without_a_name_the_number_is_told(
    unknown: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise unknown

    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert user_name() == "ada"
    monkeypatch.setattr("getpass.getuser", nobody)
    assert user_name() == f"user {os.getuid()}"
