"""The folder of a run that stands by: it has none until it takes over that of another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO, cast

from flight.configuration.whole_files import replace_file
from ground.missions.run_folder import RunFolder
from ground.testbed.faults.journal import FAULTS_FILE
from ground.testbed.operating.drilling import PAGE, RECORDS

WHOLE = (FAULTS_FILE, RECORDS, PAGE)
"""Files that are opened for each line, or written whole."""


class LateFile:
    """Text that is kept until there is a file for it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._file: TextIO | None = None

    def write(self, text: str) -> int:
        """Adds to it."""
        if self._file is not None:
            return self._file.write(text)
        self._parts.append(text)
        return len(text)

    def flush(self) -> None:
        """As of a file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """As of a file."""
        if self._file is not None:
            self._file.close()

    def settle(self, file: TextIO) -> None:
        """Writes what there is, and all that comes, into a file."""
        file.write("".join(self._parts))
        file.flush()
        self._parts, self._file = [], file


class StandbyFolder(RunFolder):
    """`path` is a folder of its own, in which little is written, until `take`."""

    def __init__(self, scratch: Path, about: Mapping[str, Any] | None = None) -> None:
        self.path, self._about, self._lock = scratch, dict(about or {}), -1
        self._late: dict[str, LateFile] = {}
        self._taken = False
        self.ground.mkdir(parents=True, exist_ok=True)

    def open_lines(self, name: str) -> TextIO:
        """Of a folder that is taken a file, before that one that comes to be."""
        if self._taken:
            return super().open_lines(name)
        late = self._late[name] = LateFile()
        return cast(TextIO, late)

    def kept(self) -> dict[str, bytes]:
        """The files that lie in the folder of its own, as they are now."""
        files = ((name, self.path / name) for name in WHOLE)
        return {name: file.read_bytes() for name, file in files if file.exists()}

    def put_back(self, kept: Mapping[str, bytes]) -> None:
        """They are as they were: somebody else has gone on with them."""
        for name in WHOLE:
            (self.path / name).unlink(missing_ok=True)
        for name, data in kept.items():
            replace_file(self.path / name, data)

    def take(self, path: Path) -> None:
        """Takes over the folder of a run that is under way no more; raises ConfigurationError."""
        scratch = self.path
        super().__init__(path, self._about)
        self.begin()
        self._taken = True
        self.ground.mkdir(exist_ok=True)
        for name, late in self._late.items():
            late.settle(super().open_lines(name))
        for name in WHOLE:
            if (scratch / name).exists():
                replace_file(self.path / name, (scratch / name).read_bytes())
