"""What pytest makes of the `assert` of each test module, made once for all workers.

Pytest keeps it beside the module, so that another run only reads it. In a fresh clone there is
none, and workers that collect the same modules at the same time would each make all of it: 17 s of
CPU. So each makes its share before it collects. This reaches behind pytest's public face; where
that is another, nothing is made ahead, and all works as it does without.
"""

import sys
from contextlib import suppress
from pathlib import Path

import pytest

try:
    from _pytest.assertion import rewrite
except ImportError:
    rewrite = None


def rewrite_share(config: pytest.Config) -> None:
    """In a worker: rewrites its share of the modules that are going to be collected."""
    worker = getattr(config, "workerinput", None)
    if worker is None or rewrite is None or sys.dont_write_bytecode:
        return
    number, count = int(worker["workerid"].removeprefix("gw")), int(worker["workercount"])
    for file in modules(config)[number::count]:
        with suppress(AttributeError, KeyError, TypeError, OSError, SyntaxError, ValueError):
            _rewrite(file, config)


def modules(config: pytest.Config) -> list[Path]:
    """The test modules of the files and folders that pytest was given, in one order for all."""
    found: dict[Path, None] = {}
    for given in config.args:
        place = config.invocation_params.dir / given.partition("::")[0]
        inside = sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
        found.update(dict.fromkeys(file for file in inside if file.suffix == ".py"))
    return list(found)


def _rewrite(file: Path, config: pytest.Config) -> None:
    folder = rewrite.get_cache_dir(file)
    kept = folder / (file.name.removesuffix(".py") + rewrite.PYC_TAIL)
    if rewrite.try_makedirs(folder) and rewrite._read_pyc(file, kept) is None:
        stat, code = rewrite._rewrite_test(file, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, stat, kept)
