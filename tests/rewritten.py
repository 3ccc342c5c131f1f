"""What pytest makes of the `assert` of each test module, made once for all workers.

Pytest keeps it beside the module, so that another run only reads it. In a fresh clone there is
none, and workers that collect the same modules at the same time would each make all of it: 17 s of
CPU. So each imports its share before it collects; pytest, which finds what was imported, imports
nothing twice.
"""

import importlib
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pytest


def import_share(config: pytest.Config) -> None:
    """In a worker: imports its share of the modules that are going to be collected."""
    worker = getattr(config, "workerinput", None)
    if worker is None or sys.dont_write_bytecode:
        return
    number, count = int(worker["workerid"].removeprefix("gw")), int(worker["workercount"])
    for file in modules(config)[number::count]:
        # What cannot be imported, warns or is left out, pytest tells when it collects it.
        with suppress(Exception, pytest.skip.Exception), warnings.catch_warnings():
            warnings.simplefilter("error")
            importlib.import_module(name_of(file, config.rootpath))


def name_of(file: Path, root: Path) -> str:
    """The name by which pytest imports a module; raises ValueError for one beside the root."""
    return ".".join(file.relative_to(root).with_suffix("").parts)


def modules(config: pytest.Config) -> list[Path]:
    """The test modules of the files and folders that pytest was given, in one order for all."""
    found: dict[Path, None] = {}
    for given in config.args:
        place = config.invocation_params.dir / given.partition("::")[0]
        inside = sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
        found.update(dict.fromkeys(file for file in inside if file.suffix == ".py"))
    return list(found)
