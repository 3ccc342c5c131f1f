"""A page that is used for long: what an operator walks through, and what the browser says of it."""

from dataclasses import dataclass
from typing import Any

from tests.ground.console.conftest import Tab
from tests.ground.console.test_page import SCREENS


@dataclass(frozen=True)
class Figures:
    """Of the browser itself, after its collector has run."""

    heap_mb: float
    nodes: int
    listeners: int

    def __str__(self) -> str:
        return f"{self.heap_mb:.1f} MB, {self.nodes} nodes, {self.listeners} listeners"


class Lasting:
    """One page, and what it has grown to."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._devtools = tab.page.context.new_cdp_session(tab.page)
        self._devtools.send("Performance.enable")

    def figures(self) -> Figures:
        """As the page is now."""
        self._devtools.send("HeapProfiler.collectGarbage")
        told = self._devtools.send("Performance.getMetrics")["metrics"]
        found: dict[str, Any] = {each["name"]: each["value"] for each in told}
        return Figures(
            found["JSHeapUsedSize"] / 1e6, int(found["Nodes"]), int(found["JSEventListeners"])
        )

    def walk(self) -> None:
        """Through all screens, palette, help and an earlier instant, and back to where it began."""
        tab = self._tab
        for letter in SCREENS:
            tab.go(letter)
            tab.page.locator("main .panel, main .card").first.wait_for()
            tab.press("Escape", "j", "j", "k")
        tab.press("?")
        tab.sees("Keys everywhere", ".help")
        tab.press("Escape", "Control+K")
        tab.write("rover")
        tab.page.locator(".palette li").first.wait_for()
        tab.press("Escape", "c")
        tab.write("rover drive_to")
        tab.press("Enter")
        tab.sees("Drives to a place")
        tab.press("Escape", "Escape")
        tab.go("r")
        tab.press("[")
        tab.page.locator(".console.replay").wait_for()
        tab.go("t")
        tab.page.locator("main .panel").first.wait_for()
        tab.press("Escape", ".")
        tab.page.locator(".console:not(.replay)").wait_for()
        tab.go("o")
        tab.page.locator(".card").first.wait_for()


def grown(before: Figures, after: Figures) -> list[str]:
    """What has grown that was to stay: a tenth, and what lists that fill may take."""
    bounds = {
        "heap": (after.heap_mb, 1.1 * before.heap_mb + 3.0),
        "nodes": (after.nodes, 1.1 * before.nodes + 1500),
        "listeners": (after.listeners, 1.1 * before.listeners + 200),
    }
    return [f"{name}: {is_now:g} > {most:g}" for name, (is_now, most) in bounds.items()
            if is_now > most]  # fmt: skip
