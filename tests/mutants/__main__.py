"""Changes the code on purpose, a sample at a time, and tells which changes no test noticed.

    python -m tests.mutants flight/core --sample 70 --seed 1

The tests of the same room, or those of `--tests`, are run once to learn which of them run which
line; a change is then tried on those that run its line. The score is the share of changes that made
a test fail. Functions are changed in forks of one program, what runs when a module is read in
copies of the checkout. A change that makes the tests hang counts as noticed. `--covering FILE`
keeps which tests run which lines for the next sample. `# pragma: no mutate, REASON` on a line keeps
its changes out; they are counted. `--minutes N` ends it in time: what was tried by then is a sample
too.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutants.covering import Covering, lines_of
from tests.mutants.operators import mutants
from tests.mutants.trial import LOOK_EVERY, Trial, begin, copy_checkout, load_libraries
from tests.mutants.within import Change, tried

ROOT = Path(__file__).resolve().parents[2]
PRAGMA = "pragma: no mutate"


def all_mutants(places: Sequence[Path]) -> tuple[list[Change], int]:
    """Of files and of folders with all below them; and how many lines a pragma keeps out."""
    found: list[Change] = []
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


def tests_of(places: Sequence[Path]) -> list[str]:
    """The tests that ought to notice changes of some places: those of the same rooms."""
    rooms: dict[str, None] = {}
    for place in places:
        room = Path("tests") / (place.parent if place.suffix else place)
        while not (ROOT / room).is_dir():
            room = room.parent
        rooms[str(room)] = None
    return list(rooms)


def trials(
    sample: Sequence[Change], tests: Sequence[str], noted: Path, folder: Path, limit: float,
    workers: int, until: float,
) -> Iterator[tuple[Change, int, bool]]:  # fmt: skip
    """Each change that was tried until then, how many tests ran its line, and whether they passed.

    What is within functions first (see `within`); then, in copies of the checkout, what runs when
    a module is read.
    """
    load_libraries()
    anew: list[Change] = []
    for number, ran, passed in tried(ROOT, sample, tests, noted, limit, workers, until):
        if ran < 0:
            anew.append(sample[number])
        else:
            yield sample[number], ran, passed
    if anew and time.monotonic() < until:
        yield from _trials_anew(anew, Covering.read(noted), folder, limit, workers, until)


def _trials_anew(
    sample: Sequence[Change], covering: Covering, folder: Path, limit: float, workers: int,
    until: float,
) -> Iterator[tuple[Change, int, bool]]:  # fmt: skip
    idle: list[Path] = []
    for number in range(workers):
        idle.append(folder / str(number))
        copy_checkout(ROOT, idle[-1])
    _control(sample, covering, idle[0])
    waiting = list(reversed(sample))
    running: list[tuple[Trial, Change, int]] = []
    while waiting or running:
        if time.monotonic() > until:
            waiting = []
        while waiting and idle:
            change = waiting.pop()
            file, mutant = change
            source = (ROOT / file).read_text(encoding="utf-8")
            tests = covering.tests(file.as_posix(), lines_of(source, mutant.line))
            tests = covering.affordable(tests, limit)
            if not tests:
                yield change, 0, True
                continue
            copy = idle.pop()
            (copy / file).write_text(mutant.apply(source), encoding="utf-8")
            allowed = 20.0 + 4.0 * covering.seconds(tests)
            running.append((begin(copy, tests, allowed), change, len(tests)))
        for each in [each for each in running if each[0].look()]:
            trial, change, ran = each
            running.remove(each)
            file = change[0]
            (trial.folder / file).write_bytes((ROOT / file).read_bytes())
            idle.append(trial.folder)
            yield change, ran, bool(trial.passed)
        time.sleep(LOOK_EVERY)


def _control(sample: Sequence[Change], covering: Covering, copy: Path) -> None:
    """Without any change the tests have to pass: else each trial would count as noticed."""
    file, mutant = sample[0]
    lines = lines_of((ROOT / file).read_text(encoding="utf-8"), mutant.line)
    tests = covering.affordable(covering.tests(file.as_posix(), lines), 5.0)
    if not tests:
        return
    trial = begin(copy, tests, 60.0 + 4.0 * covering.seconds(tests))
    while not trial.look():
        time.sleep(LOOK_EVERY)
    if not trial.passed:
        raise SystemExit(f"fails in an unchanged copy: pytest {' '.join(tests)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints each change that survives, and the score; 1 when the score is below `--floor`."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("places", nargs="+", type=Path, help="files or folders of the code")
    parser.add_argument("--tests", nargs="*", default=(), help="default: those of the same room")
    parser.add_argument("--covering", type=Path, help="which tests run which lines, of an earlier")
    parser.add_argument("--sample", type=int, default=40, help="changes that are tried")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="trials at once")
    parser.add_argument("--limit", type=float, default=20.0, help="CPU seconds of a trial's tests")
    parser.add_argument("--minutes", type=float, default=1e4, help="after which none is begun")
    parser.add_argument("--floor", type=float, default=0.0, help="least score, in percent")
    given = parser.parse_args(arguments)
    every, kept_out = all_mutants([ROOT / place for place in given.places])
    sample = random.Random(given.seed).sample(every, min(given.sample, len(every)))
    random.Random(given.seed).shuffle(sample)  # where time is short, what is tried is a sample too
    count = survived = 0
    until = time.monotonic() + 60.0 * given.minutes
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        folder = Path(temporary)
        noted = given.covering or folder / "covering.json"
        rooms = given.tests or tests_of(given.places)
        for (file, mutant), ran, passed in trials(
            sample, rooms, noted, folder, given.limit, given.workers, until
        ):
            count += 1
            if not passed:
                continue
            survived += 1
            tests = f"{ran} tests run it" if ran else "no test runs it"
            print(f"{file}:{mutant.line}: {mutant.what} ({tests})", flush=True)
    score = 100.0 * (count - survived) / max(1, count)
    print(
        f"{count} of {len(every)} changes tried, {survived} unnoticed: {score:.0f} % noticed"
        f"; {kept_out} lines kept out by a pragma"
    )
    return int(score < given.floor)


if __name__ == "__main__":
    sys.exit(main())
