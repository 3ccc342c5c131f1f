"""What tests of the edge and its clients share: a folder of one's own, a run that is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.edge import EdgeOptions
from ground.edge.passwords import set_password
from tests.ground.edge.stand_in import StandIn

PEOPLE = {
    "anna": frozenset({"operator", "trainer"}),
    "ben": frozenset({"director", "operator", "conductor"}),
    "eve": frozenset({"observer"}),
}
PASSWORD = "open sesame, please"


class Wall:
    """Wall seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 2.0e9

    def now(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def options(tmp_path: Path, wall: Wall) -> EdgeOptions:
    secrets = tmp_path / "secrets.json"
    for user in ("anna", "ben"):
        set_password(secrets, user, f"{user}: {PASSWORD}")
    return EdgeOptions(PEOPLE, secrets, now=wall.now)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[StandIn]:
    yield StandIn(tmp_path / "run")
