"""Panels that other installed packages bring to the console, by the entry point group
`threeforks.console`.

An entry point names a package; its folder has a script `panel.js`, an ES module whose default
export is a screen. Nothing of it runs here: the page loads the script. One that cannot be had is
told of on the page, in its place, and hinders nothing else.
"""

import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

GROUP = "threeforks.console"
SCRIPT = "panel.js"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
SERVED = frozenset((".js", ".css", ".svg", ".png", ".json", ".woff2"))
"""Endings of the files that a page may ask for; what else lies in the package stays there."""


@dataclass(frozen=True)
class Panel:
    """A panel: where its files are, or (no folder) the sentence that says why it is left out."""

    name: str
    folder: Path | None = None
    problem: str = ""

    @property
    def at(self) -> str:
        """Where its files are served."""
        return f"/panels/{self.name}"

    def plain(self) -> dict[str, Any]:
        """As the page is told."""
        script = f"{self.at}/{SCRIPT}" if self.folder is not None else None
        return {"name": self.name, "script": script, "problem": self.problem}


def installed_panels() -> list[Panel]:
    """The panels of all packages that are installed, by name."""
    by_name: dict[str, set[str]] = {}
    for point in _points():
        by_name.setdefault(point.name, set()).add(point.value)
    return [_panel(name, sorted(values)) for name, values in sorted(by_name.items())]


def _points() -> Iterable[EntryPoint]:
    return entry_points(group=GROUP)


def _panel(name: str, values: list[str]) -> Panel:
    if not NAME.fullmatch(name):
        problem = "its name: allowed are a-z, 0-9 and _, a letter first, 40 at most"
        return Panel(name[:40], problem=problem)
    if len(values) > 1:
        return Panel(name, problem=f"{' and '.join(values)} have one name: allowed is one of them")
    try:
        return Panel(name, _folder(values[0]))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # of others' code, whatever it is: SystemExit, one of their own
        said = str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {error}"
        return Panel(name, problem=f"{values[0]}: {said}"[:300])


class Unfit(Exception):
    """An entry point that leads to no panel; the text says why."""


def _folder(value: str) -> Path:
    found = importlib.util.find_spec(value)
    if found is None:
        raise Unfit("there is no such package")
    places = list(found.submodule_search_locations or ())
    if not places:
        raise Unfit(f"allowed is a package, a folder that has {SCRIPT}; this is a module")
    folder = Path(places[0])
    if not (folder / SCRIPT).is_file():
        raise Unfit(f"its folder {folder} has no {SCRIPT}")
    return folder


class PanelFiles(StaticFiles):
    """The files of a panel, as far as a page needs them; 404 for all others."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file below the panel's folder."""
        if Path(path).suffix not in SERVED:
            raise HTTPException(404)
        return await super().get_response(path, scope)
