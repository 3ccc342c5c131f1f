"""The folder of one run, and what is written into it."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TextIO

from flight.configuration.files import ConfigurationError
from flight.configuration.held_locks import is_held
from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.whole_files import PART, replace_file
from ground.missions.earlier_run import (
    ASIDE,
    give_back,
    nearest_made,
    remove_empty,
    set_aside,
)
from ground.missions.vehicles import ALL_VEHICLES
from ground.terminal.destinations import check_folder
from ground.terminal.machine_trouble import sentence_of
from ground.terminal.signals import ending_signal

MARK = "run.json"
LOCK = "run.lock"

LEAST_FREE = 50_000_000
"""Bytes that must be free: a run of years leaves some 30 MB, with its messages more."""
_PICTURES = (
    "arm_work", "ascent", "custody_ribbon", "descent", "mission_timeline", "power_and_temperature",
    "rendezvous", "transfer", "traverse_map",
)  # fmt: skip
_FILES = (
    MARK,
    LOCK,
    "api.json",
    "ascent_report.json",
    "ascent_report.md",
    "bench.html",
    "bench.json",
    "bench.junit.xml",
    "bench.mcap",
    "bench_drill.json",
    "control.json",
    "drills.html",
    "drills.jsonl",
    "events.jsonl",
    "faults.jsonl",
    "hardware.ready",
    "lost.jsonl",
    "messages.log",
    "off.jsonl",
    "orbit.json",
    "pace.jsonl",
    "session.jsonl",
    "specification.json",
    "summary.json",
    "truth.jsonl",
)
FOLDERS = {
    "ground": ("archive.*", "manifest.*", "outcome.json"),
    "logs": tuple(f"{role}.log" for role in (*ALL_VEHICLES, "ground", "hardware")),
    "nodes": tuple(f"{vehicle}.*" for vehicle in ALL_VEHICLES),
    "pictures": tuple(f"{name}.png" for name in _PICTURES),
    "tracks": ("capsule.csv", "descent.csv", "rendezvous.csv", "transfer.csv"),
}
OF_A_RUN = (*_FILES, *FOLDERS)
"""What a run leaves in its folder; nothing else is ever removed from it."""


class RunFolder:
    """A folder for one run. What an earlier run left in it lies aside, and is removed when this one
    begins; any other file is a reason to refuse the folder, and so is a run that is under way in
    it."""

    _begun = True  # one that takes over that of another has

    def __init__(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self._about = dict(about or {})  # what the mark says beside the state
        self._lock = -1
        self._begun = False
        try:
            check_folder("--out", path, LEAST_FREE)
            foreign = foreign_entry(path)
            if foreign:
                raise _refused(
                    path,
                    f"holds {foreign}, which is not of a run; allowed is an empty folder, a new "
                    "one, or that of an earlier run, which is replaced",
                )
            self._made = nearest_made(path)
            path.mkdir(parents=True, exist_ok=True)
            self._was_locked = os.path.lexists(path / LOCK)
            self._take_lock()
            if (path / ASIDE).is_dir():  # who was to replace it has died before it began
                give_back(path, MARK, _clear_new)
            set_aside(path, MARK, LOCK)
            self.nodes.mkdir()
            self.pictures.mkdir()
            self.mark("running")
        except OSError as error:
            with contextlib.suppress(OSError):
                if self._lock >= 0:
                    self._undo()
            raise _refused(path, f"cannot be used: {error.strerror or error}") from error

    def _take_lock(self) -> None:
        """Raises ConfigurationError where another run holds it; also where one that was refused
        has just taken it away."""
        self._lock = _open_lock(self.path)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(self._lock), (self.path / LOCK).stat()):
                return
        except (BlockingIOError, FileNotFoundError):
            pass
        self.close()
        raise _refused(self.path, "another run is under way in this folder")

    def begin(self) -> None:
        """Nothing refuses the run any more: from here on it is one, and what an earlier one has
        left is removed."""
        if not self._begun:
            self._begun = True
            shutil.rmtree(self.path / ASIDE, ignore_errors=True)

    def _undo(self) -> None:
        """Leaves all as it was before."""
        give_back(self.path, MARK, _clear_new)
        if not self._was_locked:
            (self.path / LOCK).unlink()
        if self._made is not None:
            remove_empty(self.path, self._made)

    def close(self) -> None:
        """Lets others use the folder; called when the run is over."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While a run is under way; one that is broken off says so in its mark. One that is refused
        before it has begun, or that nobody wants any more by then, leaves nothing. Raises OSError,
        of ESTALE, in the place of what came of it that somebody has taken the folder away."""
        try:
            yield
        except BaseException as error:
            if self._is_taken_away():  # what is there now may be another's
                if not isinstance(error, Exception):
                    raise
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(self.path)) from error
            with contextlib.suppress(OSError):  # the disk may be full: then the mark stays
                if not self._begun and isinstance(error, ConfigurationError | KeyboardInterrupt):
                    self._undo()
                else:
                    self.begin()
                    self.mark("interrupted", reason=_reason(error))
            raise
        finally:
            self.close()

    def _is_taken_away(self) -> bool:
        if self._lock < 0:
            return False  # one that stands by has no folder that others know
        try:
            return not os.path.samestat(os.fstat(self._lock), (self.path / LOCK).stat())
        except OSError:
            return True

    def __del__(self) -> None:
        self.close()

    @property
    def nodes(self) -> Path:
        """Non-volatile storage of the flight nodes."""
        return self.path / "nodes"

    @property
    def pictures(self) -> Path:
        """Pictures of the run."""
        return self.path / "pictures"

    @property
    def ground(self) -> Path:
        """What mission control keeps: archive and manifest."""
        return self.path / "ground"

    def open_lines(self, name: str) -> TextIO:
        """A new file of text, of which others see whole lines while it grows."""
        return (self.path / name).open("x", encoding="utf-8", buffering=1)

    def mark(self, state: str, **more: Any) -> None:
        """Writes in which state the run is."""
        self.write_json(MARK, {"state": state, **more, **self._about})

    def write_json(self, name: str, data: Any) -> Path:
        """Writes one JSON file: who reads meanwhile sees the old one or the new one."""
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
        return replace_file(self.path / name, text)


def is_under_way(path: Path) -> bool:
    """Whether a run is under way in a folder: it holds the lock of it as long as it lives."""
    try:
        lock = os.open(path / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    return is_held(lock)


def holder_of(path: Path) -> int:
    """The process that flies the run in a folder; 0 where there is none, or Linux does not say."""
    try:
        inode = (path / LOCK).stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    for words in map(str.split, locks):
        if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
            return int(words[4])
    return 0


def state_of(path: Path) -> str:
    """How a run that is not under way any more has ended, by its mark."""
    try:
        mark = json.loads((path / MARK).read_text(encoding="utf-8"))
        state = str(mark["state"])
    except (OSError, *UNDECODABLE, KeyError, TypeError):
        return "its mark cannot be read"
    if state == "running":
        return "killed"
    return str(mark.get("verdict") or mark.get("reason") or state)


def has_ended(path: Path) -> bool | None:
    """Whether the run in a folder has come to its own end; None where there is no mark of one."""
    try:
        mark = json.loads((path / MARK).read_text(encoding="utf-8"))
        return bool(mark["state"] == "ended")
    except FileNotFoundError:
        return None
    except (OSError, *UNDECODABLE, KeyError, TypeError):
        return False


def read_archive(run_folder: Path) -> sqlite3.Connection | None:
    """The archive of a run, for reading; None when there is none.

    One that was closed is read as it is, so that no files of SQLite appear beside it; one of a
    ground that was killed together with what had not been taken into it.
    """
    archive = run_folder / "ground" / "archive.sqlite"
    if not archive.exists():
        return None
    closed = not archive.with_name(archive.name + "-wal").exists()
    options = "mode=ro&immutable=1" if closed else "mode=ro"
    return sqlite3.connect(f"{archive.resolve().as_uri()}?{options}", uri=True)


def _open_lock(path: Path) -> int:
    """The lock of a folder, opened; raises ConfigurationError when a link stands for it."""
    try:
        return os.open(path / LOCK, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refused(path, f"{LOCK} is a link; allowed is a file") from None
        raise


def _reason(error: BaseException) -> str:
    """Why a run was broken off."""
    if isinstance(error, KeyboardInterrupt):
        return f"ended by {ending_signal().name}"
    return sentence_of(error) or f"{type(error).__name__}: {error}"


def foreign_entry(path: Path) -> str:
    """The first entry of a folder that no run has left there; empty when there is none.

    Without the mark or the lock of a run nothing is of one, whatever it is called.
    """
    if not path.is_dir():
        return ""
    entries = sorted(path.iterdir())
    names = [entry.name for entry in entries]
    if names and MARK not in names and LOCK not in names:
        return names[0]
    for entry in entries:
        if entry.name in FOLDERS:
            if entry.is_symlink() or not entry.is_dir():
                return entry.name
            known = FOLDERS[entry.name]
            for inner in sorted(entry.iterdir()):
                if not _is_of(inner, known):
                    return f"{entry.name}/{inner.name}"
        elif entry.name == ASIDE and entry.is_dir() and not entry.is_symlink():
            inner_name = foreign_entry(entry)
            if inner_name:
                return f"{ASIDE}/{inner_name}"
        elif not _is_of(entry, _FILES):
            return entry.name
    return ""


def _is_of(entry: Path, known: Collection[str]) -> bool:
    """Whether a file is one of those that a run leaves, or was about to be one of them."""
    name = entry.name
    if name.startswith(".") and name.endswith(PART):
        name = name[1:].removesuffix(PART)
    return any(fnmatchcase(name, each) for each in known) and not (
        entry.is_dir() and not entry.is_symlink()
    )


def clear_run(path: Path, *keep: str) -> None:
    """Removes all that is in a run folder but the lock, and what is named."""
    for entry in path.iterdir():
        if entry.name in (LOCK, *keep):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _clear_new(path: Path) -> None:
    clear_run(path, ASIDE)


def _refused(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(str(path), None, "--out", problem)
