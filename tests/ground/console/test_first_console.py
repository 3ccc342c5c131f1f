"""The tutorial's steps, as its boxes say them, in a real browser over a real run: no click."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ground.console.conftest import PATIENCE, ROOT, Process, Served, Tab, free_port

PAGE = ROOT / "docs" / "tutorial" / "first-console.md"
KEYS = {
    "Enter": "Enter", "Tab": "Tab", "Ctrl-K": "Control+K", "Shift-P": "Shift+P",
    "Shift-R": "Shift+R", "Shift-G": "Shift+G", "c": "c",
}  # fmt: skip
WHILE_IT_FLIES = 120_000  # ms of wall time

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("console"),
]


def steps() -> list[str]:
    boxes = re.findall(r"^```keys\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [line for box in boxes for line in box.splitlines()]


def started() -> list[str]:
    (line,) = re.findall(r"^msr (console .*)$", PAGE.read_text(encoding="utf-8"), re.M)
    return str(line).split()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Served, str]]:
    """The demo as the page starts it, and anna's link."""
    port, log = free_port(), tmp_path / "demo.log"
    words = [*started(), "--no-browser", "--port", str(port), "--out", str(tmp_path / "run")]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ground.cli", *words], cwd=ROOT, stdout=said, stderr=said
        )
    try:
        end = time.monotonic() + 3 * PATIENCE
        while not (link := re.search(r"anna\b.*?(http\S+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield Served(port, tmp_path, _NOBODY, _NOBODY), link[1]
    finally:
        process.terminate()
        process.wait(PATIENCE)


_NOBODY: Process = object.__new__(Process)


def do(tab: Tab, line: str) -> None:
    """One line of a box: what is seen, or what is pressed and typed."""
    if line.startswith("» "):
        # The palette shows an instant before time has run to it.
        tab.page.locator(".palette").wait_for(state="hidden")
        parts = line[2:].split(" | ")
        found = tab.page.locator("tr" if len(parts) > 1 else "body")
        for part in parts:
            found = found.filter(has_text=part)
        found.first.wait_for(timeout=WHILE_IT_FLIES)
        return
    words = iter(re.split(r"\s{2,}", line.strip()))
    for word in words:
        if word == "g":
            tab.go(next(words))
        elif word in KEYS:
            tab.press(KEYS[word])
        elif len(word) == 1:
            tab.press(word)
        else:
            tab.write(word)


def test_the_tutorial_does_what_it_says(
    demo: tuple[Served, str], open_tab: Callable[..., Tab]
) -> None:
    served, link = demo
    tab = open_tab(served)
    tab.page.goto(link)
    tab.page.locator(".card").first.wait_for()
    for line in steps():
        try:
            do(tab, line)
        except Exception as error:
            said = tab.page.locator("#said").all_inner_texts()
            seen = tab.page.locator("body").inner_text()
            raise AssertionError(f"{line!r}: the page says {said}; it shows {seen}") from error
    assert tab.said == []
    assert all(url.startswith((served.url, "data:")) for url in tab.loaded), tab.loaded
