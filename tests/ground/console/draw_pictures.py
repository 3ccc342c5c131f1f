"""`make pictures`: draws the pictures of the console in `docs/pictures/console` anew, with Debian's
browser, over runs that it flies: `surface`, as it should be, and with what FAULTS breaks; and over
a demo of it, for what is asked of mission control itself.

`--run` and `--anomaly` take runs that were flown before; `--into` draws elsewhere. What no page of
the documentation shows is drawn into `--into` alone: safe mode, the link lost, the debrief on a
large screen.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.operating.run_control import RunControl
from ground.testbed.participants.vehicles import vehicle_classes
from tests.ground.console.by_keyboard import hold, stage_drive
from tests.ground.console.conftest import (
    CHROMIUM,
    FLAGS,
    ROOT,
    Process,
    Served,
    Tab,
    answers,
    free_port,
)

PICTURES = ROOT / "docs" / "pictures" / "console"
FAULTS = """format: 1
faults:
  - {id: gauge, device: lander.battery, kind: not_a_number, when: {at: 1150000 s}, lasts: 3 d}
  - {id: electronics, device: lander.thermal_nodes, kind: bias, offset: 40.0,
     when: {at: 1180000 s}, lasts: 3 d}
  - {id: drifts, device: rover.thermal_nodes, kind: drift, per_second: 0.0005,
     when: {at: 1150000 s}, lasts: 3 d}
"""
AS_IT_SHOULD_BE, IN_AN_ANOMALY = 1_140_000.0, 1_285_000.0  # s of mission time
_NOBODY: Process = object.__new__(Process)
SIZE = (1280, 720)
SETTLES = 1200  # wall milliseconds in which a screen has asked and drawn what it shows
COLOURS = 256
SIGNS = (
    "ff3838", "ffb302", "fce83a", "56f000", "2dccff", "a4abb6", "c69bff", "ff9d57", "6cbcff",
    "ff8a8a",
)  # fmt: skip
"""Colours of signs, which are small and to be kept whatever else there is (`base.css`)."""


def fly(out: Path, faults: str = "") -> Path:
    """The folder of `surface`, flown."""
    words = ["fly", "surface", "--quiet", "--no-pictures", "--out", str(out)]
    if faults:
        file = out.with_suffix(".yaml")
        file.write_text(faults, encoding="utf-8")
        words += ["--fault", str(file)]
    subprocess.run([sys.executable, "-m", "ground.cli", *words], cwd=ROOT, check=False)
    return out


@contextmanager
def served(run: Path, at: float, place: Path) -> Iterator[Served]:
    """The stand-in over a run, which stands at a mission time (s), and the console over that."""
    place.mkdir()
    dictionary = place / "dictionary.json"
    dictionary.write_text(json.dumps(build_dictionary(vehicle_classes())))
    port, addresses = free_port(), [f"ipc://{place / name}" for name in ("requests", "streams")]
    stand_in = Process(
        ["tests.ground.console.stand_in", str(run), "--dictionary", str(dictionary),
         "--serve-in", str(place), "--at", str(at)],
        (place / "requests").exists, place / "stand_in.log",
    )  # fmt: skip
    try:
        console = Process(
            ["ground.console", "--api", addresses[0], "--streams", addresses[1],
             "--port", str(port)],
            lambda: answers(port), place / "console.log",
        )  # fmt: skip
        try:
            yield Served(port, place, stand_in, console)
        finally:
            console.end()
    finally:
        stand_in.end()


@contextmanager
def demo(place: Path, at: float) -> Iterator[tuple[Served, dict[str, str]]]:
    """A demo of `surface` that has flown to a mission time (s) and stands there, and how each of
    its people comes in."""
    place.mkdir()
    port, log, out = free_port(), place / "demo.log", place / "run"
    words = ["console", "--demo", "surface", "--pace", "0", "--no-browser", "--no-spare",
             "--port", str(port), "--out", str(out)]  # fmt: skip
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ground.cli", *words], cwd=ROOT, stdout=said, stderr=said
        )
    try:
        while "Ctrl-C" not in log.read_text():
            if process.poll() is not None:
                raise RuntimeError(f"the demo did not begin: {log.read_text()}")
            time.sleep(0.1)
        with RunControl(out) as run:
            run.pace(None, until=at)
            while run.look()["time"] < at:
                time.sleep(0.2)
        links = dict(re.findall(r"once, for (\w+) .*?(http\S+)", log.read_text()))
        yield Served(port, place, _NOBODY, _NOBODY), links
    finally:
        process.terminate()
        process.wait(60.0)


class Artist:
    """One who is logged in (by a password, or a link), and draws what the page shows."""

    def __init__(
        self, browser: Any, over: Served, user: str, into: Path, link: str = ""
    ) -> None:
        page = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}).new_page()
        page.set_default_timeout(60_000)
        self.tab = Tab(page, over, [], [])
        if link:
            page.goto(link)
            page.locator(".card").first.wait_for()
        else:
            self.tab.log_in(user)
        self._into = into

    def screen(self, letter: str, name: str) -> None:
        """One of the screens, as soon as it has settled."""
        self.tab.press("Escape", "Escape")
        self.tab.go(letter)
        self.draw(name)

    def ask(self, do: str, **words: Any) -> None:
        """As the page asks; what is refused stays so, and is on the Authority screen."""
        self.tab.page.evaluate("""async ([name, words]) => {
          const { order } = await import('/static/js/app.js');
          await order(name, words);
        }""", [do, words])  # fmt: skip

    def draw(self, name: str, size: tuple[int, int] = SIZE) -> None:
        """What is shown now, in few colours: a page of a manual loads many."""
        from PIL import Image

        page, file = self.tab.page, self._into / f"{name}.png"
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(SETTLES)
        page.screenshot(path=str(file))
        with Image.open(file) as drawn:
            whole = drawn.convert("RGB")
        frequent = (whole.quantize(COLOURS - len(SIGNS)).getpalette() or [])[: 3 * COLOURS]
        kept = Image.new("P", (1, 1))
        kept.putpalette([*frequent, *(part for sign in SIGNS for part in bytes.fromhex(sign))])
        few = whole.quantize(palette=kept, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
        print(f"{file.name}: {file.stat().st_size} bytes", flush=True)


def draw_as_it_should_be(browser: Any, over: Served, into: Path) -> None:
    """The screens of a quiet day, something staged, a drill to its end, a bench that is armed."""
    anna = Artist(browser, over, "anna", into)
    for letter, name in [("o", "overview"), ("m", "map"), ("w", "what-changed"), ("u", "tubes"),
                         ("s", "passes"), ("t", "telemetry")]:  # fmt: skip
        anna.screen(letter, name)
    anna.tab.go("o")
    stage_drive(anna.tab)
    anna.screen("l", "plan")
    anna.tab.press("Escape", "Escape", "c")
    anna.tab.write("rover drive")
    anna.tab.press("Enter")
    anna.tab.page.locator("#argument-east:focus").wait_for()
    anna.draw("command")
    anna.tab.press("Escape", "Escape")
    anna.tab.go("x")
    anna.tab.page.get_by_role("button", name="pick").first.press("Enter")
    anna.tab.use("Begin now")
    anna.tab.sees("wanted: lander report_status", "td")
    anna.draw("drill")
    anna.tab.use("Break off")
    anna.tab.sees("operator1", ".because")
    anna.draw("drill-debrief")
    anna.draw("drill-debrief-1920", (1920, 1080))


def draw_bench(browser: Any, over: Served, into: Path) -> None:
    """A device that is armed, on its screen and on another."""
    ben = Artist(browser, over, "ben", into)
    ben.tab.page.evaluate("""async () => {
      const { link } = await import('/static/js/app.js');
      await link.ask('pace', { rate: 2 }, 'bench');
      const { orderBench } = await import('/static/js/bench.js');
      await orderBench('arm', { service: 'rover.wheels', seconds: 600 });
    }""")
    ben.tab.sees("1 armed", ".benchbar")
    ben.screen("h", "bench")
    ben.screen("o", "bench-overview")


def draw_anomaly(browser: Any, over: Served, into: Path) -> None:
    """The screens when something is wrong; in the end the link is lost."""
    anna = Artist(browser, over, "anna", into)
    hold(anna.tab, "lander")
    for letter, name in [("o", "overview"), ("e", "events"), ("b", "on-board")]:
        anna.screen(letter, f"{name}-anomaly")
    fault = {"id": "gauge", "device": "lander.battery", "kind": "bias", "offset": 0.1}
    anna.tab.page.evaluate("""async (fault) => {
      const { link } = await import('/static/js/app.js');
      await link.ask('fault_inject', { fault }, 'drawn');
    }""", fault)  # fmt: skip
    anna.tab.press("Escape", "Escape")
    anna.tab.go("f")
    anna.tab.press("/")
    anna.tab.write("battery")
    anna.tab.press("Enter")
    anna.tab.page.locator("#find-kind:focus").wait_for()
    anna.tab.write("bias")
    anna.tab.press("Enter")
    anna.tab.page.locator("#fault-kind-offset:focus").wait_for()
    anna.draw("faults-anomaly")
    anna.screen("a", "alarms-anomaly-unpicked")
    anna.tab.press("j")
    anna.draw("alarms-anomaly")
    anna.tab.press("Escape", "Escape", "1")
    anna.draw("vehicle-anomaly")
    anna.screen("r", "archive")
    anna.tab.go("o")
    over.stand_in.kill()
    anna.tab.page.locator(".console.lost").wait_for()
    anna.draw("link-lost")


def draw_demo(browser: Any, over: Served, links: dict[str, str], into: Path) -> None:
    """What people have asked for, the procedure in their hands, products that came down."""
    anna, ben, max_ = (Artist(browser, over, user, into, links[user])
                       for user in ("anna", "ben", "max"))  # fmt: skip
    anna.ask("authority_take", vehicle="rover")
    ben.ask("authority_take", vehicle="lander")
    ben.ask("authority_take", vehicle="rover")  # which anna holds
    given = {"vehicle": "rover", "command": "report_status", "arguments": {}}
    anna.ask("stage", **given, note="before the night")
    anna.ask("release", stages=["st-1"])
    ben.ask("authority_offer", vehicle="lander", to="anna")
    max_.ask("limits_set", name="night", vehicle="lander")
    anna.ask("procedure_pause")
    anna.screen("y", "authority")
    anna.screen("p", "procedures")
    anna.tab.go("d")
    anna.tab.press("j")
    anna.draw("products")


def main() -> int:
    """Flies what is not there yet, and draws."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="a flown `surface`")
    parser.add_argument("--anomaly", type=Path, help="one with faults")
    parser.add_argument("--into", type=Path, help="draw all into this folder")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        home = Path(folder)
        into = (given.into or home / "drawn").absolute()
        into.mkdir(parents=True, exist_ok=True)
        run = (given.run or fly(home / "surface")).absolute()
        anomaly = (given.anomaly or fly(home / "anomaly", FAULTS)).absolute()
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        for number, (flown, at, draw) in enumerate([
            (run, AS_IT_SHOULD_BE, draw_as_it_should_be), (run, AS_IT_SHOULD_BE, draw_bench),
            (anomaly, IN_AN_ANOMALY, draw_anomaly),
        ]):  # fmt: skip
            with served(flown, at, home / f"served{number}") as over:
                draw(browser, over, into)
        with demo(home / "demo", AS_IT_SHOULD_BE) as (over, links):
            draw_demo(browser, over, links, into)
        browser.close()
        left = []
        for shown in sorted(PICTURES.glob("*.png")):
            drawn = into / shown.name
            if not drawn.exists():
                left.append(shown.name)
            elif given.into is None:
                shown.write_bytes(drawn.read_bytes())
    if left:
        print(f"nobody draws {', '.join(left)}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
