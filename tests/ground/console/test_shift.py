"""A demo is used for SOAK_MINUTES while its mission flies fast: a shift of eight hours at 50x takes
longer than all of `surface`. Neither page nor edge grows; what comes of it is printed."""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ground.testbed.operating.run_control import RunControl
from tests.ground.console.conftest import Tab
from tests.ground.console.lasting_page import Lasting, grown
from tests.ground.console.test_launch import demo_of

pytestmark = [
    pytest.mark.soak,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.timeout(0),
]
SHIFT = 8 * 3600.0 * 50.0  # s of mission time
PACE = 2000.0
EDGE_MB = 8.0  # by which the edge may grow over a mission: its memory of the journal's end fills


def edge_of(folder: Path) -> int:
    """The process that serves a run."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        words = place.read_bytes().split(b"\0")
        if b"control" in words and str(folder).encode() in words:
            return int(place.parent.name)
    raise AssertionError("nobody serves it")


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024.0  # type: ignore[index]


def test_a_shift_leaves_page_and_edge_as_they_were(
    tmp_path: Path, open_tab: Callable[..., Tab]
) -> None:
    end = time.monotonic() + 60.0 * float(os.environ.get("SOAK_MINUTES", "60"))
    with demo_of("surface", tmp_path) as (served, out, links):
        tab = open_tab(served)
        tab.page.goto(links["anna"])
        tab.page.locator(".card").first.wait_for()
        page, edge = Lasting(tab), edge_of(out)
        with RunControl(out, patience=30.0) as control:
            control.pace(PACE)
            page.walk()
            page.walk()
            before, edge_before = page.figures(), resident_mb(edge)
            walks, flown, is_over = 0, 0.0, False
            while not is_over and time.monotonic() < end:
                page.walk()
                walks += 1
                told = control.look()
                flown = told["time"]
                is_over = flown >= SHIFT or (out / "summary.json").exists()
                if walks % 10 == 0:
                    print(f"{flown:.0f} s: {page.figures()}; edge {resident_mb(edge):.1f} MB")
        after, edge_after = page.figures(), resident_mb(edge)
        print(f"\n{walks} walks, {flown:.0f} s of mission time: {before} -> {after}; "
              f"edge {edge_before:.1f} -> {edge_after:.1f} MB")  # fmt: skip
        assert walks > 0 and grown(before, after) == []
        assert edge_after <= edge_before + EDGE_MB
        assert tab.said == [], json.dumps(tab.said)
        assert all(url.startswith((tab.served.url, "data:")) for url in tab.loaded)
