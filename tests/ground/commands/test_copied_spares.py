"""A spare that is a copy of one that has read the code: whether there is one, and who orders it."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.commands.spare import Spare


class Prepared:
    """Stands for a process that can be copied; keeps what it was ordered with."""

    def __init__(self, *, ready: bool = True, number: int = 7, pid: int = 4321) -> None:
        self.is_ready, self.number, self.pid = ready, number, pid
        self.orders: list[list[str]] = []
        self.asked: list[tuple[int, Any]] = []
        self.given: list[int] = []

    def order(self, words: list[str], pipes: tuple[int, int]) -> int:
        self.orders.append(words)
        self.given += [os.dup(each) for each in pipes]  # as another process has them
        return self.number

    def pid_of(self, number: int, within: float) -> int:
        self.asked.append((number, within))
        return self.pid

    def close(self) -> None:
        for each in self.given:
            os.close(each)


def spare(prepared: Any) -> Spare:
    return Spare(Path("runs/demo"), "people.yaml", prepared)


def test_a_copy_is_ordered_by_what_it_is_told_and_heard_by_what_it_says() -> None:
    prepared = Prepared()
    copy = spare(prepared)._copied()
    assert copy is not None and copy.pid == 4321
    assert prepared.orders == [[prepared.orders[0][0], "runs/demo", "people.yaml"]]
    assert prepared.asked == [(7, 2.0)]
    assert copy.stdin is not None and copy.stdout is not None
    asked, answer = prepared.given
    copy.stdin.write(b"take over\n")
    copy.stdin.flush()
    assert os.read(asked, 99) == b"take over\n"
    os.write(answer, b"done\n")
    assert os.read(copy.stdout.fileno(), 99) == b"done\n"
    copy.stdin.close()
    assert os.read(asked, 99) == b"", "nobody else holds its pipe open"
    copy.stdout.close()
    prepared.close()


@pytest.mark.parametrize(
    ("prepared", "orders", "asked"),
    [(None, 0, 0), (Prepared(ready=False), 0, 0), (Prepared(number=0), 1, 0),
     (Prepared(pid=0), 1, 1)],
)  # fmt: skip
def test_where_there_is_none_another_is_begun_and_one_that_comes_late_is_ordered_by_nobody(
    prepared: Any, orders: int, asked: int
) -> None:
    assert spare(prepared)._copied() is None
    if prepared is None:
        return
    assert (len(prepared.orders), len(prepared.asked)) == (orders, asked)
    if orders:
        assert os.read(prepared.given[0], 99) == b"", "its orders have ended"
        with pytest.raises(BrokenPipeError):
            os.write(prepared.given[1], b"here I am\n")
    prepared.close()


def test_a_spare_that_nobody_has_begun_is_none() -> None:
    made = spare(SimpleNamespace(is_ready=False))
    assert made.pid == 0 and not made.stands_by
    made.end()
    assert made.why_nobody() == ""
