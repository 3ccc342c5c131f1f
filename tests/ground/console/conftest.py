"""A flown run played by the stand-in, the web server over it, and Debian's browser."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.participants.vehicles import vehicle_classes
from tests.flown import Fly
from tests.ground.console.stand_in.reading import PASSWORD

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0  # wall seconds in which a process has to be there
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


# A page that is short of its processor, and far from its server, as by `SLOW_PAGE=4 SLOW_LINK=200`:
# who presses a key before what it acts upon is there is found at once, and not one day in twenty.
SLOW_PAGE = float(os.environ.get("SLOW_PAGE", "1"))  # times as slow as this machine
SLOW_LINK = float(os.environ.get("SLOW_LINK", "0"))  # ms by which all that it asks for is late
_ASKS_LATE = """
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (frame) {
        setTimeout(() => this.readyState === WebSocket.OPEN && send.call(this, frame), %g);
    };
"""


@dataclass(frozen=True)
class Served:
    """A console's server over a stand-in."""

    port: int
    folder: Path
    stand_in: "Process"
    console: "Process"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return self.url


class Process:
    """A process that can be killed and started again."""

    def __init__(self, words: list[str], ready: Callable[[], bool], log: Path) -> None:
        self._words, self._ready, self._log = words, ready, log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._words], cwd=ROOT, stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE
        while not self._ready():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < end, f"it did not begin: {self.log}"
            time.sleep(0.02)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


@pytest.fixture(scope="session")
def recorded(flown: Fly, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of the run `surface`, and a file with its dictionary."""
    run = flown("surface")
    file = tmp_path_factory.mktemp("recorded") / "dictionary.json"
    file.write_text(json.dumps(build_dictionary(vehicle_classes(run.mission.vehicles))))
    return run.folder, file


Serve = Callable[..., Served]


@pytest.fixture
def serve(recorded: tuple[Path, Path], tmp_path: Path) -> Iterator[Serve]:
    """Starts a stand-in that stands at a mission time, and the console's server over it."""
    with ExitStack() as ends:

        def serving(at: float = 1_140_000.0, pace: float = 0.0) -> Served:
            folder = tmp_path / f"served{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            port = free_port()
            addresses = [f"ipc://{folder / name}" for name in ("requests", "streams")]
            stand_in = Process(
                ["tests.ground.console.stand_in", str(recorded[0]),
                 "--dictionary", str(recorded[1]), "--serve-in", str(folder),
                 "--at", str(at), "--pace", str(pace)],
                (folder / "requests").exists, folder / "stand_in.log",
            )  # fmt: skip
            ends.callback(stand_in.end)
            console = Process(
                ["ground.console", "--api", addresses[0], "--streams", addresses[1],
                 "--port", str(port)],
                lambda: answers(port), folder / "console.log",
            )  # fmt: skip
            ends.callback(console.end)
            return Served(port, folder, stand_in, console)

        yield serving


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def chromium() -> Iterator[Any]:
    """Debian's browser, driven by Playwright: for one test, since as long as it lives its loop runs
    in this thread, and no other can."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed: apt-get install -y chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


_KEYS = """(keys) => {
    const pressed = (key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    for (const key of keys) (document.activeElement ?? document.body).dispatchEvent(pressed(key));
}"""


@dataclass
class Tab:
    """A browser of one person, with what it complained about and what it loaded."""

    page: Any
    served: Served
    said: list[str]
    loaded: list[str]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def use(self, name: str, *, exact: bool = False) -> None:
        """Presses a button by its name, once it can be: what was written a moment ago may have to
        be drawn first."""
        button = self.page.get_by_role("button", name=name, exact=exact)
        button.and_(self.page.locator(":enabled")).first.press("Enter")

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def log_in(self, user: str) -> None:
        """By keyboard; until the page has its state, before which keys only choose a screen."""
        self.give_name(user)
        self.page.locator(".card").first.wait_for()

    def give_name(self, user: str) -> None:
        """And password."""
        self.page.goto(self.served.url)
        self.page.locator("#user:focus").wait_for()
        self.write(user)
        self.press("Tab")
        self.write(PASSWORD)
        self.press("Enter")

    def go(self, letter: str) -> None:
        """To a screen: not there where a field has the focus, into which letters are written. Both
        keys at once: on a busy machine the driver's second comes when the first is forgotten."""
        self.page.evaluate(_KEYS, ["g", letter])
        self.page.locator(f'.rail button.here kbd[aria-label="g then {letter}"]').wait_for()

    def sees(self, text: str, where: str = "body") -> None:
        """Waits until it is on the page."""
        try:
            self.page.locator(where, has_text=text).first.wait_for()
        except Exception as error:
            said = self.page.locator("#said").all_inner_texts()
            raise AssertionError(f"{text!r} is not in {where}; the page says {said}") from error


@pytest.fixture
def open_tab(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Opens a browser of its own for each person; it may load nothing from elsewhere."""
    contexts = []

    def opening(served: Served, width: int = 1280, height: int = 720) -> Tab:
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000 * max(1.0, SLOW_PAGE / 2.0))
        _slow_down(page)
        tab = Tab(page, served, [], [])
        page.on("pageerror", lambda error: tab.said.append(str(error)))
        page.on("console", lambda line: tab.said.append(line.text) if line.type == "error" else 0)
        page.on("request", lambda request: tab.loaded.append(request.url))
        return tab

    yield opening
    for context in contexts:
        context.close()


def _slow_down(page: Any) -> None:
    devtools = page.context.new_cdp_session(page)
    if SLOW_PAGE > 1.0:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PAGE})
    if SLOW_LINK > 0.0:
        devtools.send("Network.enable")
        late = {"offline": False, "latency": SLOW_LINK}
        unbounded = {"downloadThroughput": -1, "uploadThroughput": -1}
        devtools.send("Network.emulateNetworkConditions", late | unbounded)
        page.add_init_script(_ASKS_LATE % SLOW_LINK)
