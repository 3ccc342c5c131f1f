"""What tests of the ground share."""

import sys

import pytest


@pytest.fixture
def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if matplotlib was not installed."""
    for name in list(sys.modules):
        package = name.partition(".")[0]
        if package == "matplotlib" or name.startswith(("ground.pictures.", "ground.studies.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
