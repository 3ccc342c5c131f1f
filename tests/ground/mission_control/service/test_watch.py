"""How values are shown: what is long, what is no number, and what is old."""

from types import SimpleNamespace
from typing import Any

import pytest

from ground.mission_control.service.watch import Watch, shown


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 256, "x" * 256),
        ("x" * 257, "x" * 256 + "…"),
        (1.5, 1.5),
        (float("nan"), None),
        (float("-inf"), None),
        (None, None),
        (True, True),
        (b"abc", "3 bytes"),
        ([0] * 85, [0] * 85),  # 255 characters as it is written
        (["x" * 252], ["x" * 252]),  # 256
        (["x" * 253], "1 items"),
        ({"a": "x" * 300, "b": 1}, "2 items"),
    ],
)
def test_what_is_long_is_told_in_words(value: Any, told: Any) -> None:
    assert shown(value) == told


def row(state: str, stale: bool) -> list[Any]:
    watch = Watch.__new__(Watch)
    watch.limits = SimpleNamespace(state=lambda v, c, value, at_ns: state)  # type: ignore[assignment]
    return watch.row("rover", "charge", 0.5, 7, 9, stale)


def test_what_is_old_is_stale_whatever_it_was_and_without_limits_it_is_nothing() -> None:
    assert row("RED", True) == ["rover", "charge", 0.5, 7, 9, "STALE"]
    assert row("OK", True)[-1] == "STALE"
    assert row("RED", False) == ["rover", "charge", 0.5, 7, 9, "RED"]
    assert row("NONE", True)[-1] == "NONE"
