"""Who holds which real device: two runs never hold one. A lock ends with its process, or its time.

One file a device in a folder that only the user can enter, changed under a lock of the system. A
person may hold devices for a time (`msr hil lock`), with no process that does so.
"""

import contextlib
import fcntl
import hashlib
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.whole_files import replace_file
from ground.testbed.bench.processes import command_of, start_of
from ground.testbed.bench.waiting_line import Place, WaitingLine

TURN = ".turn"
RESERVED = "reserved"
LOOK = 0.5  # s between looks of who waits


class Lock(msgspec.Struct, frozen=True):
    """Of one thing: `key`, held by `who` for `what`; `pid` and `started` name a process (0: none);
    `until`: seconds since 1970 (0: for as long as the process lives). `reserved`: until when the
    same person has put it by without a process, which stays so when the process has ended. `bench`:
    the name or file of the bench with which it was put by, that lets go of it again."""

    key: str
    who: str
    what: str
    pid: int = 0
    started: int = 0
    until: float = 0.0
    reserved: float = 0.0
    bench: str = ""

    def over(self, now: float) -> str:
        """Why it holds no more; "" while it does."""
        if self.until and now >= self.until:
            return "its time is over"
        if self.pid and start_of(self.pid) != (self.started or -1):
            return f"process {self.pid} has ended"
        return ""

    @property
    def whose(self) -> str:
        """Who holds what."""
        by = f"process {self.pid}, {self.what}" if self.pid else self.what
        return f"{self.key} is held by {self.who} ({by})"

    def words(self, now: float) -> str:
        """Who holds what, as refusals say it."""
        return self.whose + (f", for {self.until - now:.0f} s more" if self.until else "")

    def reservation(self) -> "Lock":
        """What is left of it without its process."""
        return Lock(self.key, self.who, RESERVED, until=self.reserved, bench=self.bench)

    def next_step(self) -> str:
        """What who wants it too can do: what a living process holds nobody lets go of but that."""
        if self.pid:
            command = command_of(self.pid)
            named = f" ({command})" if command else ""
            return (
                f"wait until process {self.pid}{named} has ended, or end it: Ctrl-C where it runs, "
                f"or `kill {self.pid}`"
            )
        if not self.bench:
            return "wait until its time is over"
        words = shlex.join(["msr", "hil", "unlock", self.bench, "--as", self.who])
        return f"wait, or ask {self.who} for `{words}`"


class Held(Exception):
    """Somebody else holds it, or came before; the text says who, and the next step. `whose`: who
    alone, the same for as long as it is the same."""

    def __init__(self, text: str, whose: str = "") -> None:
        super().__init__(text)
        self.whose = whose


def default_folder() -> Path:
    """Where the locks of this machine's user are."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):  # another is to be ignored, and would be one for each folder
        return Path(runtime) / "threeforks-bench"
    return Path(tempfile.gettempdir()) / f"threeforks-bench-{os.getuid()}"


class Locks:
    """All locks of a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or default_folder()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = self._folder.lstat()
        except OSError as error:
            raise Held(
                f"{self._folder}: {error.strerror}; locks are in XDG_RUNTIME_DIR, or where "
                "temporary files are: set it to a folder of yours"
            ) from None
        self._line = WaitingLine(self._folder)
        if about.st_uid != os.getuid() or about.st_mode & 0o077 or self._folder.is_symlink():
            raise Held(f"{self._folder} is not yours alone: remove it, or chmod 700")

    def held(self) -> list[Lock]:
        """What is held now, by key."""
        with self._turn():
            found = [self._read(file) for file in sorted(self._folder.glob("*.lock"))]
        now = time.time()
        found = [_left_of(each, now) for each in found]
        return sorted(
            (each for each in found if each is not None and not each.over(now)),
            key=lambda each: each.key,
        )

    def take(
        self, keys: Iterable[str], who: str, what: str, *, seconds: float = 0.0, pid: int = 0,
        bench: str = "", place: Place | None = None,
    ) -> list[str]:  # fmt: skip
        """Holds all of them, or none; what was taken over from the dead, a sentence each.

        Raises Held where somebody else holds one, or waits for it and came before (`place`: that
        of who asks). What `who` has put by without a process is theirs to use, whoever waits.
        `bench`: of what is put by, its name or its file.
        """
        now, told = time.time(), []
        until = now + seconds if seconds else 0.0
        wanted = sorted(set(keys))
        with self._turn():
            kept = dict.fromkeys(wanted, (0.0, ""))
            free = set(wanted)
            for key in wanted:
                before = self._read(self._file(key))
                if before is None:
                    continue
                why = before.over(now)
                if why and before.reserved > now:
                    before, why = before.reservation(), ""
                if not before.pid and not why:
                    kept[key] = before.until, before.bench
                    free.discard(key)
                if why:
                    told.append(f"{key} was locked by {before.who} ({before.what}): {why}; taken")
                elif before.pid or before.who != who:
                    step = f"{before.next_step()}; or wait in line with --wait 30m"
                    raise Held(f"{before.words(now)}: {step}", before.whose)
            first = self._line.ahead(free, place)
            if first is not None:
                raise Held(f"{first.words()}: wait in line with --wait 30m", first.words())
            for key in wanted:
                reserved, by = kept[key] if pid else (0.0, bench)
                started = start_of(pid) if pid else 0
                lock = Lock(key, who, what, pid, started, until, reserved, by)
                replace_file(self._file(key), msgspec.json.encode(lock))
        return told

    def take_in_line(
        self, keys: Iterable[str], who: str, what: str, *, wait: float, pid: int,
        seconds: float = 0.0, bench: str = "", tell: Callable[[str], None] = lambda words: None,
        clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
    ) -> list[str]:  # fmt: skip
        """The same, with `wait` s of waiting behind those who came before; raises Held after it.

        `tell`: told whom it waits for, at once and whenever that changes. `pid`: of who waits; the
        lock is that process's, unless it is for `seconds`.
        """
        wanted, until, told = sorted(set(keys)), clock() + wait, ""
        with self._turn():
            place = self._line.enter(wanted, who, pid)
        try:
            while True:
                try:
                    return self.take(
                        wanted, who, what, seconds=seconds, pid=0 if seconds else pid, bench=bench,
                        place=place,
                    )  # fmt: skip
                except Held as held:
                    if clock() >= until:
                        raise Held(f"{held}; it was waited for {wait:g} s") from None
                    if held.whose != told:
                        told = held.whose
                        tell(told)
                sleep(min(LOOK, max(0.0, until - clock())))
        finally:
            with self._turn():
                self._line.leave(place)

    def release(self, keys: Iterable[str], who: str, *, pid: int = 0) -> list[str]:
        """Lets go of those that `who` holds, with a process or without; which they were."""
        gone, now = [], time.time()
        with self._turn():
            for key in sorted(set(keys)):
                lock = self._read(self._file(key))
                if lock is not None and lock.who == who and lock.pid == pid:
                    if lock.reserved > now:
                        replace_file(self._file(key), msgspec.json.encode(lock.reservation()))
                    else:
                        self._file(key).unlink(missing_ok=True)
                    gone.append(key)
        return gone

    def _file(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.lock"

    def _read(self, file: Path) -> Lock | None:
        try:
            return msgspec.json.decode(file.read_bytes(), type=Lock)
        except (OSError, *UNDECODABLE):
            return None  # none, or one that a death has torn

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        descriptor = os.open(self._folder / TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _left_of(lock: Lock | None, now: float) -> Lock | None:
    if lock is not None and lock.over(now) and lock.reserved > now:
        return lock.reservation()
    return lock
