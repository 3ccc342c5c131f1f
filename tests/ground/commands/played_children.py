"""The processes of a console, played: what each was started with, and how it ended."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ground.commands import console
from tests.ground.commands.asked import given


class Process:
    """Stands for a process: what it was started with, and what it ended with."""

    started: list[list[str]]

    def __init__(self, name: str, words: Any, speaks: bool = False) -> None:
        self.name, self.words, self.code, self.starts = name, words, None, 0
        self.may = True
        self.dies = 0  # so often before it has said where it serves
        self.stopped = self.is_still = False
        self.said = json.dumps({
            "requests": "ipc://r", "streams": "ipc://s", "links": {"anna": "t1", "ben": "t2"},
            "roles": {"anna": ["operator", "trainer"]},
        }) + "\n"  # fmt: skip

    def start(self) -> None:
        self.code, self.stopped = None, False
        self.starts += 1
        Process.started.append([self.name, *map(str, self.words)])

    def become(self, process: Any) -> None:
        Process.started.append([self.name, "became", process])

    def line(self) -> str:
        if self.starts <= self.dies:
            self.code = -9
            return ""
        return self.said

    def hangs(self) -> bool:
        stopped, self.stopped = self.stopped, False
        return stopped

    def may_start_again(self) -> bool:
        return self.may

    def end(self) -> None:
        Process.started.append([self.name, "end"])


class Standby:
    """Stands for a spare."""

    def __init__(self) -> None:
        self.did: list[Any] = []
        self.is_wanted, self.why, self.run = True, "", None

    def start(self) -> None:
        self.did.append("start")

    def end(self) -> None:
        self.did.append("end")

    def why_nobody(self) -> str:
        why, self.why = self.why, ""
        return why

    def take_over(self, record: Path, meanwhile: Any) -> Any:
        self.did.append(record)
        return self.run


def opened(*words: str) -> Any:
    made: Any = console.Console(given(console, *words))
    made._prepared = SimpleNamespace(keep=lambda: None, end=lambda: None)
    return made


FLY = ["the run", "ground.cli", "fly", "--out", "runs/demo", "--quiet", "--no-pictures",
       "--operators", "demo"]  # fmt: skip
