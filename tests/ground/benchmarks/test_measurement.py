"""Measurements in turns."""

import pytest

from ground.benchmarks.measurement import take_turns


def test_all_take_turns_in_swapping_order_after_a_warm_up_that_does_not_count() -> None:
    calls: list[tuple[str, int]] = []
    works = {name: lambda number, name=name: calls.append((name, number)) for name in "ab"}
    samples = take_turns(works, rounds=2)
    assert calls == [("a", -1), ("b", -1), ("b", 0), ("a", 0), ("a", 1), ("b", 1)]
    assert {name: len(sample.seconds) for name, sample in samples.items()} == {"a": 2, "b": 2}


def test_seconds_are_those_of_one_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 5.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks))
    calls: list[int] = []
    once = take_turns({"a": calls.append}, operations=1000, rounds=1, warm_up=False)
    assert calls == [0]
    monkeypatch.undo()
    assert list(once["a"].seconds) == [0.005]
