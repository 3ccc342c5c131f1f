"""A mission control that gives the answers of a test, and notes what it was asked."""

import argparse
from collections.abc import AsyncIterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ground.commands.asking import Times

EPOCH = "2033-01-01"
TIMES = Times(f"{EPOCH}T00:00:00Z")
HELLO = {
    "epoch_utc": f"{EPOCH}T00:00:00Z", "journal_last": 7,
    "vehicles": [{"name": "rover"}, {"name": "lander"}],
}  # fmt: skip


class Control:
    """Whatever it is asked by name it answers from `answers`; `asked` has each question."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {"hello": HELLO, **answers}
        self.asked: list[tuple[Any, ...]] = []
        self.entries: list[Any] = []
        self.now_ns = 3_600 * 10**9

    def __getattr__(self, name: str) -> Any:
        async def answer(*given: Any, **more: Any) -> Any:
            if name != "hello":
                self.asked.append((name, *given, more) if more else (name, *given))
            found = self.answers.get(name, {})
            return found.pop(0) if isinstance(found, list) and name == "preview" else found

        return answer

    def clock(self) -> "Control":
        return self

    async def __anext__(self) -> dict[str, Any]:
        return {"time_ns": self.now_ns}

    async def journal(self, since: int, kinds: tuple[str, ...]) -> AsyncIterator[Any]:
        self.asked.append(("journal", since, kinds))
        for each in self.entries:
            yield each

    async def ladder(self, identifier: str, since: int) -> AsyncIterator[Any]:
        self.asked.append(("ladder", identifier, since))
        for each in self.entries:
            yield each

    async def telemetry(self, vehicle: str | None) -> AsyncIterator[Any]:
        self.asked.append(("telemetry", vehicle))
        for each in self.entries:
            yield each


def entry(what: str, t: int = 0, vehicle: str = "rover", **data: Any) -> Any:
    """An entry of the journal."""
    return SimpleNamespace(what=what, t=t, vehicle=vehicle, data=data)


def given(module: ModuleType, *words: str) -> argparse.Namespace:
    """What a command makes of its words."""
    parser = argparse.ArgumentParser()
    module.configure(parser)
    return parser.parse_args(list(words))


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed, without the blanks by which tables are laid out."""
    return [" ".join(each.split()) for each in capsys.readouterr().out.splitlines() if each.strip()]
