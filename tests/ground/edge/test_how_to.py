"""The page for who scripts mission control: its example runs and prints what it shows."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ground.client import MissionControl
from ground.client.requests_of_people import Changes, Reads
from ground.edge import Edge, EdgeOptions
from tests.ground.edge.stand_in import StandIn, until

pytestmark = pytest.mark.stock

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/script-mission-control.md"
TEXT = PAGE.read_text(encoding="utf-8")


async def test_its_example_does_what_it_says(
    tmp_path: Path,
    options: EdgeOptions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "runs").mkdir()
    run = StandIn(tmp_path / "runs" / "demo")
    monkeypatch.chdir(tmp_path)
    script = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)
    assert script is not None
    mains: list[Any] = []
    monkeypatch.setattr(asyncio, "run", mains.append)
    run.start()
    async with Edge(run.folder, replace(options, save_sessions=True)) as edge:
        await until(lambda: edge.link.state.up)
        exec(compile(script[1], str(PAGE), "exec"), {})  # noqa: S102
        flown = asyncio.ensure_future(mains[0])
        await until(lambda: run.journal and run.journal[-1]["data"].get("identifier"))
        name = run.journal[-1]["data"]["identifier"]
        run.tell("cmd", "rung", identifier="mc-other", status="COMPLETED")
        for rung in ("RECEIVED", "ACCEPTED", "STARTED"):
            run.tell("cmd", "rung", identifier=name, rung=rung, status=rung)
        run.tell("cmd", "ended", identifier=name, status="COMPLETED")
        await flown
    run.kill()
    assert capsys.readouterr().out == script[2]


def test_each_method_that_it_names_is_there() -> None:
    listed = TEXT.partition("## What there is")[2].partition("## What can go wrong")[0]
    for name in re.findall(r"`(?:mc\.)?([a-z_]+)(?:\(|`)", listed):
        if name in ("stage", "hash", "link"):
            continue
        assert hasattr(MissionControl, name), name


def test_each_method_of_people_s_requests_is_on_the_page() -> None:
    for kind in (Reads, Changes):
        for name in vars(kind):
            assert name.startswith("_") or f"{name}" in TEXT, name
