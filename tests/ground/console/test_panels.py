"""Panels of other packages: found, served as far as a page needs it, or told why not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ground.console.panels import installed_panels
from ground.console.serving import Console, Place
from tests.ground.console.toy_panels import TOY, install


@pytest.fixture(autouse=True)
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)


def get(path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """What the web server answers, its link to mission control not being there."""
    app = Console("ipc:///nowhere/a", "ipc:///nowhere/b").app(Place())
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.get_running_loop().create_future()  # the browser stays
        return {}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"127.0.0.1:8700")], "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    body = b"".join(each.get("body", b"") for each in told[1:])
    return told[0]["status"], dict(told[0]["headers"]), body


def test_each_panel_is_found_or_left_out_with_a_sentence() -> None:
    found = {each.name: each.plain() for each in installed_panels()}
    good = [name for name, each in found.items() if not each["problem"]]
    assert good == ["bad", "odd", "shy", "tired", "toy"]  # what scripts are worth, the page finds
    assert found["toy"]["script"] == "/panels/toy/panel.js"
    problems = {name: each["problem"] for name, each in found.items() if each["problem"]}
    assert problems["nowhere"] == "nowhere: there is no such package"
    assert "this is a module" in problems["single"]
    assert problems["bare"].endswith("has no panel.js")
    assert problems["ends"] == "ends.panel: SystemExit: 3"
    assert problems["gives_up"] == "gives_up.panel: Over: not on this system"
    assert problems["twice"] == "tired and toy have one name: allowed is one of them"
    assert "a letter first" in problems["Big"]
    assert all(found[name]["script"] is None for name in problems)


def test_a_page_is_told_of_all_and_given_what_it_needs_alone() -> None:
    status, headers, body = get("/panels.json")
    assert status == 200
    assert [each["name"] for each in json.loads(body)["panels"]].count("toy") == 1
    status, headers, body = get("/panels/toy/panel.js")
    assert (status, body.decode()) == (200, TOY)
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert get("/panels/toy/style.css")[0] == 200
    for path in ("__init__.py", "panel.js/..", "../tired/panel.js", "../single.py", ""):
        assert get(f"/panels/toy/{path}")[0] == 404, path
    assert get("/panels/twice/panel.js")[0] == get("/panels/ends/panel.js")[0] == 404
    assert get("/static/js/public.js")[0] == 200


def test_where_none_is_installed_the_page_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground.console.panels._points", lambda: [])
    assert get("/panels.json")[2] == b'{"panels":[]}'
