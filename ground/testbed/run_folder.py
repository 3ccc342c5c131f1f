"""The folder of one run, and what is written into it."""

import json
import shutil
from pathlib import Path
from typing import Any

from flight.runtime.configuration import ConfigurationError

MARK = "run.json"


class RunFolder:
    """A folder for one run. A folder that holds an earlier run is emptied; any other is refused."""

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_dir():
            raise ConfigurationError(str(path), None, "--out", "is a file; allowed is a folder")
        if path.is_dir() and any(path.iterdir()) and not (path / MARK).exists():
            raise ConfigurationError(
                str(path), None, "--out", "holds files that are not of a run; allowed is an empty "
                "folder, a new one, or that of an earlier run, which is replaced"
            )
        if path.is_dir():
            shutil.rmtree(path)
        self.path = path
        self.nodes.mkdir(parents=True)
        self.pictures.mkdir()
        self.write_json(MARK, {"state": "running"})

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
