"""The edge of mission control: where people and scripts are let in, and the run is spoken to.

A process on asyncio's own loop and the wall clock. The run knows none of its sockets but one.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import zmq

from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import replace_file
from flight.runtime.zeromq_keys import Doorkeeper
from ground.api.times import DEFAULT_TIMES, Times
from ground.client.frames import API_FILE, Api
from ground.edge.approvals import EDGE, Approvals
from ground.edge.attempts import Attempts
from ground.edge.branching import Branching
from ground.edge.counts import Counts
from ground.edge.gateway import Gateway
from ground.edge.journal_tail import JournalTail
from ground.edge.keys import RunKeys, doorkeeper_of_people
from ground.edge.lock import take_lock
from ground.edge.news import News
from ground.edge.own_requests import OwnRequests
from ground.edge.passwords import Passwords
from ground.edge.private_files import (
    private_folder,
    read_private,
    secrets_file,
    state_folder,
    write_private,
)
from ground.edge.run_link import CONTROL_FILE, MARK, LinkState, RunLink
from ground.edge.sessions import Sessions
from ground.edge.standing import GOAL, Standing, StandingFile, read_standing
from ground.edge.streams import Streams
from ground.edge.telemetry_table import TelemetryTable
from ground.edge.twin import Twin
from ground.edge.which_run import RunName
from ground.edge.window import Window

LOOK = 0.5  # wall seconds between looks at approvals and at the announcement
LONGEST_IPC_PATH = 107  # bytes, IPC_PATH_MAX_LEN of ZeroMQ on Linux


@dataclass(frozen=True)
class EdgeOptions:
    """`people`: names and roles. `secrets`: the file of passwords, the user's unless given.

    `tcp`: a loopback port for people with keys (the streams have the next one; 0: any); None:
    this machine's user alone. `now`: wall seconds since 1970. `save_sessions`: a session of each
    person is saved for commands and scripts of this machine's user, as for a demo. `previews`:
    whether commands may be flown on a twin before they are sent; not in a drill with people.
    `branches`: whether somebody looks for wishes to branch off, and starts the run. `times`: how
    long what people decide holds.
    """

    people: Mapping[str, frozenset[str]]
    secrets: Path | None = None
    tcp: int | None = None
    save_sessions: bool = False
    previews: bool = True
    branches: bool = False
    now: Callable[[], float] = time.time
    times: Times = DEFAULT_TIMES


class Edge:
    """Serves mission control of one run folder: `async with Edge(folder, options)`.

    Raises ConfigurationError where another one does already.
    """

    def __init__(self, folder: Path, options: EdgeOptions) -> None:
        self.folder = folder.resolve()
        self._options = options
        self.state = state_folder(self.folder)
        self._lock = take_lock(self.state)
        users, now, times = options.people, options.now, options.times
        self.counts = Counts()
        self.sessions = Sessions(self.state / "sessions.json", users, now, times)
        self._approvals = Approvals(self.state / "approvals.json", now, times)
        tail, table = JournalTail(), TelemetryTable()
        self._standing = StandingFile(self.state)
        self._name = RunName(self.state)
        self.news = News(tail, table, self._publish, self._approvals.heard)
        self.link = RunLink(
            self.folder, now, self.news.take, self._life_begins, self._link_changed,
            self.news.where, users, self._resuming,
        )  # fmt: skip
        self._twin = Twin(self.folder, self.state, self.link, self.news, options.previews)
        self._own = OwnRequests(
            self.link, tail, table, users, self._service, self.news, self._twin,
            Branching(self.folder, self.state, options.branches, self.link.ask, self._time_ns),
        )  # fmt: skip
        self._gateway = Gateway(
            self.sessions,
            Passwords(options.secrets or secrets_file()),
            Attempts([*users, "link"], now, times),
            self.link,
            self._own,
            self.counts,
        )
        self._windows: list[Window] = []
        self._streams: list[Streams] = []
        self._door: Doorkeeper | None = None
        self._api = b""
        self.key_files: list[Path] = []

    async def __aenter__(self) -> Self:
        self._context: zmq.Context[Any] = zmq.Context()
        try:
            self._serve_user()
            if self._options.tcp is not None:
                self._serve_keys(self._options.tcp)
        except BaseException:
            await self._close()
            raise
        self._announce()
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self.link.keep(), name="link to the run"),
            loop.create_task(self._look(), name="look at approvals"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        # First: who waits for an answer gets none from here, and asks who serves next.
        for window in self._windows:
            await window.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        with contextlib.suppress(OSError):
            if (self.folder / API_FILE).read_bytes() == self._api:
                (self.folder / API_FILE).unlink()
        await self._close()

    async def ended(self) -> None:
        """Until something of it breaks, which is raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _close(self) -> None:
        await self._gateway.close()
        await self._twin.close()
        for window in self._windows:
            await window.close()
        for streams in self._streams:
            streams.close()
        if self._door is not None:
            self._door.close()
        self._context.destroy(linger=0)
        for name in ("requests", "streams"):
            (socket_folder(self.state) / name).unlink(missing_ok=True)
        os.close(self._lock)

    # ----------------------------------------------------------------- doors

    def _serve_user(self) -> None:
        """For programs of this machine's user: sockets in a folder that nobody else can enter."""
        folder = socket_folder(self.state)
        self.requests = self._window(None, f"ipc://{folder / 'requests'}")
        self.streams = self._publisher(None, f"ipc://{folder / 'streams'}")
        people = private_folder(self.state / "people")
        if self._options.save_sessions:
            for user in self._options.people:
                file = people / f"{user}.session"
                saved = (read_private(file) or b"").decode("ascii", "replace")
                known = self.sessions.find(saved)
                if known is None or known.user != user:
                    write_private(file, self.sessions.open(user)[0].encode())
        api = Api(self.requests, self.streams, str(people), os.getpid())
        self._api = msgspec.json.encode(api)

    def _serve_keys(self, port: int) -> None:
        """For whoever has the key of a person: loopback, encrypted."""
        keys = RunKeys(self._options.people)
        self._door = doorkeeper_of_people(self._context, keys.people)
        ports = ("*", "*") if port == 0 else (str(port), str(port + 1))
        requests = self._window(keys, f"tcp://127.0.0.1:{ports[0]}")
        streams = self._publisher(keys, f"tcp://127.0.0.1:{ports[1]}")
        self.key_files = keys.write(self.state / "keys", requests, streams)

    def _window(self, keys: RunKeys | None, address: str) -> str:
        socket = self._context.socket(zmq.ROUTER)
        if keys is not None:
            keys.secure(socket)
        self._windows.append(Window(socket, self._gateway.answer, self.counts))
        return _bound(self._windows[-1].bind, address)

    def _publisher(self, keys: RunKeys | None, address: str) -> str:
        socket = self._context.socket(zmq.XPUB)
        if keys is not None:
            keys.secure(socket)
        self._streams.append(Streams(socket))
        return _bound(self._streams[-1].bind, address)

    def _announce(self) -> None:
        """Writes where it serves, also when a new run has cleared the folder."""
        file = self.folder / API_FILE
        with contextlib.suppress(OSError):
            # Not before a run has begun here: to it, the file would be a stranger's.
            begun = (self.folder / MARK).exists() or (self.folder / CONTROL_FILE).exists()
            if begun and not (file.exists() and file.read_bytes() == self._api):
                replace_file(file, self._api)

    # --------------------------------------------------------------- the run

    def _publish(self, topic: str, message: Any) -> None:
        if topic == "clock":
            message = {**message, "link": self.link_told()}
            if message["time_ns"] is not None and self.link.state.up:
                # What it is to stand at is not flown to again: it stands where it was, then.
                pace = 0.0 if message["told"] else message["pace"]
                stands = Standing(message["time_ns"], pace, message["until"])
                self._standing.note(stands)
        for streams in self._streams:
            streams.publish(topic, message)

    def _life_begins(self) -> None:
        self._name.begins(self.link.state.life, (self.state / GOAL).exists())
        self.news.forget()
        self._own.forget()
        self._approvals.forget()
        self._announce()

    def _link_changed(self, state: LinkState) -> None:
        self._announce()
        self.news.tell_clock()

    def _time_ns(self) -> int:
        return int(self.news.clock.get("time_ns") or 0)

    def _resuming(self) -> bool:
        """Whether the run flies again to where it was: what it is asked there would be in its
        past."""
        goal = read_standing(self.state / GOAL)
        clock = self.news.clock.get("time_ns")
        return goal is not None and (clock is None or clock < goal.time_ns)

    def link_told(self) -> dict[str, Any]:
        """Whether the run answers, and since when it does or does not."""
        state = self.link.state
        since = datetime.fromtimestamp(state.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"up": state.up, "since": since, "why": state.why, "life": state.life}

    def _service(self) -> dict[str, Any]:
        return {
            "run": self._name.run,
            "previews": self._twin.why_never,
            "link": self.link_told(),
            "counts": self.counts.plain(),
            "malformed": self.counts.malformed
            + sum(window.malformed for window in self._windows)
            + sum(streams.malformed for streams in self._streams),
            "published": sum(each.published for each in self._streams),
            "stalled": sum(each.stalled for each in self._streams),
            "strangers": 0 if self._door is None else self._door.refused,
        }

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self._announce()
            if not self.link.state.up:
                self.news.tell_clock()
                continue
            self.news.tell_clock_at_least()
            for stage, digest in self._approvals.over().items():
                answer = await self.link.ask(
                    EDGE, EDGE, f"expire {stage} {digest[:32]}", {"do": "expire", "stage": stage}
                )
                if not answer.get("away"):
                    self.counts.expired += answer.get("ok") is True
                    self._approvals.done(stage)


def socket_folder(state: Path) -> Path:
    """Where an edge's sockets lie: the same place in each of its lives."""
    if len(os.fsencode(state / "requests")) <= LONGEST_IPC_PATH:
        return state
    base = private_folder(Path(tempfile.gettempdir()) / f"threeforks-{os.getuid()}")
    return private_folder(base / state.name)


def _bound(bind: Callable[[str], str], address: str) -> str:
    try:
        return bind(address)
    except zmq.ZMQError as error:
        raise ConfigurationError(
            "command line", None, "--tcp", f"{address} cannot be served: {error}"
        ) from error
