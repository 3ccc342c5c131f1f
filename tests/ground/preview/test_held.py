"""Commands of a preview leave on the twin when they would on the run."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Telemetry
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.preview import held
from ground.preview.flown import PREVIEW
from tests.ground.mission_control.conftest import DICTIONARY

S = 10**9
DRIVE = {"vehicle": "rover", "command": "drive", "arguments": {}}


class Twin:
    """A mission control that issues what it is given; `delivery`: s that FIRE takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hazardous: bool = False) -> None:
        self.now, self.delivery, self.hazardous = 0, 100.0, hazardous
        self.issued: list[tuple[str, str]] = []
        self.taken_back: list[str] = []
        self.telemetry = LatestTelemetry()
        self.control: Any = SimpleNamespace(
            dictionary=DICTIONARY, telemetry=self.telemetry,
            uplink=SimpleNamespace(why_not_leave=lambda orders: "the run says no",
                                   keep_back=lambda orders, why: self.taken_back.append("run's")),
            clock=SimpleNamespace(now=lambda: self.now / S, now_ns=lambda: self.now),
            stations=SimpleNamespace(window=lambda v: SimpleNamespace(delivery=self.delivery)),
            tracker=SimpleNamespace(
                command=lambda name: SimpleNamespace(
                    order=SimpleNamespace(stage=dict(self.issued)[name])
                ),
                take_back=lambda name, why: self.taken_back.append(name),
            ),
        )  # fmt: skip
        monkeypatch.setattr(held, "order", self._order)

    def _order(self, control: Any, given: Any, only: str) -> list[str]:
        assert given.user == PREVIEW
        stages = [only or "arm", *([] if only else ["fire"])] if self.hazardous else ["run"]
        names = [f"mc-{len(self.issued) + place}" for place in range(len(stages))]
        self.issued += list(zip(names, stages, strict=True))
        return names

    def holding(self, *items: dict[str, Any], waits_ns: int = 1000 * S) -> held.Held:
        every = [{**DRIVE, **each} for each in items]
        return held.Held(self.control, ("rover",), every, self.now, waits_ns)

    def tell(self, second: int, **values: Any) -> None:
        self.now = second * S
        self.telemetry.take(Telemetry("rover", second * S, values, second), second * S)


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch) -> Twin:
    return Twin(monkeypatch)


def test_what_waits_leaves_when_its_condition_holds_and_all_else_at_once(twin: Twin) -> None:
    waiting = twin.holding({"when": "rover.charge > 0.5"}, {})
    waiting.look(0, [])
    assert twin.issued == [("mc-0", "run")] and waiting.is_waiting
    assert [each.identifiers for each in waiting.items] == [[], ["mc-0"]]
    twin.tell(10, charge=0.5)
    waiting.look(twin.now, [])
    assert len(twin.issued) == 1, "exactly that is not above it"
    twin.tell(20, charge=0.6)
    waiting.look(twin.now, [])
    waiting.look(twin.now, [])
    assert [each.identifiers for each in waiting.items] == [["mc-1"], ["mc-0"]]
    assert not waiting.is_waiting and len(twin.issued) == 2


@pytest.mark.parametrize(("given", "limit"), [({"not_after": 70 * S}, 70), ({}, 1000)])
def test_a_condition_is_waited_for_up_to_its_limit(
    twin: Twin, given: dict[str, Any], limit: int
) -> None:
    waiting = twin.holding({"when": "rover.charge > 0.5", **given})
    waiting.look(limit * S - 1, [])
    assert waiting.is_waiting
    waiting.look(limit * S, [])
    assert not waiting.is_waiting and twin.issued == []
    assert waiting.items[0].why_not == "rover.charge > 0.5 did not hold in time"


def test_what_is_late_is_kept_back_and_nothing_else_is(twin: Twin) -> None:
    waiting = twin.holding({"not_after": 50 * S}, {})
    waiting.look(0, [])
    uplink = twin.control.uplink
    origin = held.origin_of(PREVIEW)
    first, second = ([SimpleNamespace(identifier=name, origin=origin)] for name in ("mc-0", "mc-1"))
    twin.now = 50 * S
    assert uplink.why_not_leave(first) == "the run says no", "at the instant itself it may"
    twin.now += 1
    assert uplink.why_not_leave(first).startswith(f"it was to leave by {50 * S} ns")
    assert uplink.why_not_leave(second) == "the run says no"
    uplink.keep_back(first, "late")
    uplink.keep_back(second, "other")
    assert twin.taken_back == ["mc-0", "run's"]


@pytest.mark.parametrize(
    ("status", "rungs", "now", "issued", "why"),
    [
        ("SENT", ["RECEIVED"], 100, ["arm"], ""),
        ("ACCEPTED", ["RECEIVED", "ACCEPTED"], 500, ["arm", "fire"], ""),
        ("ACCEPTED", ["ACCEPTED"], 501, ["arm"], "it would be there in 100 s, and ARM lasts 99 s"),
        ("REJECTED", ["REJECTED"], 100, ["arm"], "FIRE was not sent: ARM is REJECTED"),
    ],
)
def test_fire_apart_waits_for_arms_answer_and_leaves_where_it_is_in_time(
    monkeypatch: pytest.MonkeyPatch, status: str, rungs: list[str], now: int, issued: list[str],
    why: str,
) -> None:  # fmt: skip
    twin = Twin(monkeypatch, hazardous=True)
    waiting = twin.holding({"unit": False, "lifetime": 600.0})
    waiting.look(0, [])
    assert twin.issued == [("mc-0", "arm")] and waiting.is_waiting
    waiting.look(0, [])
    twin.now = now * S
    arm = {"identifier": "mc-0", "status": status,
           "rungs": [{"rung": rung, "occurred_ns": 0} for rung in rungs]}  # fmt: skip
    waiting.look(twin.now, [arm])
    assert [stage for _, stage in twin.issued] == issued
    assert why in waiting.items[0].why_not and bool(waiting.items[0].why_not) is bool(why)
    assert waiting.is_waiting is (status == "SENT")
    together = Twin(monkeypatch, hazardous=True)
    together.holding({}).look(0, [])
    assert [stage for _, stage in together.issued] == ["arm", "fire"]
