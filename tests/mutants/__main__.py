"""Changes the code on purpose, a sample at a time, and tells which changes no test noticed.

    python -m tests.mutants flight/core --tests tests/flight/core --sample 70 --seed 1

The score is the share of changes that made a test fail. The code is changed in a copy of the
checkout. A change that makes the tests hang counts as noticed. `# pragma: no mutate, REASON` on a
line keeps its changes out; they are counted.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutants.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("flight", "ground", "sim_hw", "tests", "configs", "docs", "pyproject.toml", "README.md")
PRAGMA = "pragma: no mutate"


def all_mutants(places: Sequence[Path]) -> tuple[list[tuple[Path, Mutant]], int]:
    """Of files and of folders with all below them; and how many lines a pragma keeps out."""
    found: list[tuple[Path, Mutant]] = []
    kept_out = 0
    for place in places:
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            source = file.read_text(encoding="utf-8")
            lines = source.splitlines()
            kept_out += sum(PRAGMA in line for line in lines)
            found += [
                (file.relative_to(ROOT), mutant)
                for mutant in mutants(source)
                if PRAGMA not in lines[mutant.line - 1]
            ]
    return found, kept_out


def tests_of(file: Path, given: Sequence[str]) -> list[str]:
    """The tests that ought to notice: those given, else those of the same room."""
    if given:
        return list(given)
    room = Path("tests") / file.parent
    while not (ROOT / room).is_dir():
        room = room.parent
    return [str(room)]


def survives(copy: Path, file: Path, mutant: Mutant, tests: Sequence[str], limit: float) -> bool:
    """Whether all tests pass with the change; the copy is put right again."""
    target = copy / file
    source = target.read_text(encoding="utf-8")
    target.write_text(mutant.apply(source), encoding="utf-8")
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
            cwd=copy,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        target.write_text(source, encoding="utf-8")
    return ended.returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints each change that survives, and the score; 1 when the score is below `--floor`."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("places", nargs="+", type=Path, help="files or folders of the code")
    parser.add_argument("--tests", nargs="*", default=(), help="default: those of the same room")
    parser.add_argument("--sample", type=int, default=40, help="changes that are tried")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=180.0, help="seconds of one run of tests")
    parser.add_argument("--floor", type=float, default=0.0, help="least score, in percent")
    given = parser.parse_args(arguments)
    every, kept_out = all_mutants([ROOT / place for place in given.places])
    sample = random.Random(given.seed).sample(every, min(given.sample, len(every)))
    sample.sort(key=lambda pair: (str(pair[0]), pair[1].start))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: Queue[Path] = Queue()
        workers = os.cpu_count() or 1
        for number in range(workers):
            copy = Path(folder) / str(number)
            for name in COPIED:
                source = ROOT / name
                if source.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(source, copy / name, ignore=ignored)
                elif source.exists():
                    shutil.copy(source, copy / name)
            copies.put(copy)

        def trial(pair: tuple[Path, Mutant]) -> bool:
            copy = copies.get()
            try:
                tests = tests_of(pair[0], given.tests)
                return survives(copy, *pair, tests, given.limit)
            finally:
                copies.put(copy)

        survived = 0
        with ThreadPoolExecutor(workers) as pool:
            for (file, mutant), lives in zip(sample, pool.map(trial, sample), strict=True):
                survived += lives
                if lives:
                    print(f"{file}:{mutant.line}: {mutant.what}", flush=True)
    score = 100.0 * (len(sample) - survived) / max(1, len(sample))
    print(
        f"{len(sample)} of {len(every)} changes tried, {survived} unnoticed: {score:.0f} % noticed"
        f"; {kept_out} lines kept out by a pragma"
    )
    return int(score < given.floor)


if __name__ == "__main__":
    sys.exit(main())
