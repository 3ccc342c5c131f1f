"""The folder of one run, and what is written into it."""

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError

MARK = "run.json"
LOCK = "run.lock"


OF_A_RUN = (
    MARK,
    LOCK,
    "ascent_report.json",
    "ascent_report.md",
    "events.jsonl",
    "ground",
    "hardware.ready",
    "logs",
    "lost.jsonl",
    "messages.log",
    "nodes",
    "off.jsonl",
    "orbit.json",
    "pace.jsonl",
    "pictures",
    "specification.json",
    "summary.json",
    "tracks",
    "truth.jsonl",
)
"""What a run leaves in its folder; nothing else is ever removed from it."""


class RunFolder:
    """A folder for one run. What an earlier run left in it is removed; any other file is a reason
    to refuse the folder, and so is a run that is under way in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1
        try:
            if path.exists() and not path.is_dir():
                raise _refused(path, "is a file; allowed is a folder")
            foreign = _foreign(path)
            if foreign:
                raise _refused(
                    path,
                    f"holds {foreign}, which is not of a run; allowed is an empty folder, a new "
                    "one, or that of an earlier run, which is replaced",
                )
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / LOCK, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.close()
                raise _refused(path, "another run is under way in this folder") from None
            _clear(path)
            self.nodes.mkdir()
            self.pictures.mkdir()
            self.write_json(MARK, {"state": "running"})
        except OSError as error:
            raise _refused(path, f"cannot be used: {error.strerror or error}") from error

    def close(self) -> None:
        """Lets others use the folder; called when the run is over."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While a run is under way; one that is broken off says so in its mark."""
        try:
            yield
        except BaseException:
            self.write_json(MARK, {"state": "interrupted"})
            raise
        finally:
            self.close()

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

    def write_json(self, name: str, data: Any) -> Path:
        """Writes one JSON file."""
        path = self.path / name
        path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


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


def _foreign(path: Path) -> str:
    """The first entry of a folder that no run has left there; empty when there is none.

    Without the mark or the lock of a run nothing is of one, whatever it is called.
    """
    if not path.is_dir():
        return ""
    names = sorted(entry.name for entry in path.iterdir())
    if names and MARK not in names and LOCK not in names:
        return names[0]
    return next((name for name in names if name not in OF_A_RUN), "")


def _clear(path: Path) -> None:
    for entry in path.iterdir():
        if entry.name == LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _refused(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(str(path), None, "--out", problem)
