"""Changes one line of the C core of a device at a time, and asks `msr hil check` about each.

`python -m tests.mutants.c_core --sample 100 --seed 1` says how many of the changes were found by
the kit, and shows the others. A change that does not compile is drawn anew. The check runs in
virtual time, on four devices as libraries; a device that dies or hangs is found.
"""

import argparse
import faulthandler
import os
import random
import re
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flight.icd.devices.ascent import AttitudeEffectors, Igniter
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery
from flight.runtime.loop import VirtualLoop, run
from ground.hil.conformance import PASSED, Kit, check_device
from ground.hil.probes import PROBES
from sim_hw.bench.building import SOURCES, NotBuilt, build
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wire.wire import Wire

JUDGES: dict[str, type[DeviceInterface]] = {
    "wheels": Wheels, "igniter": Igniter, "battery": Battery, "nozzle": AttitudeEffectors,
}  # fmt: skip
"""Devices that are built on the changed core: each uses more of it."""
NOT_ASKED = {"wheels": 0, "igniter": 18, "battery": 18, "nozzle": 22}
"""How many probes have nothing to ask of it: they need a motion, which it does not have."""
CORE = ("device.c", "wire.c", "pack.c")
PATIENCE = 60  # s of the wall for one check
SWAPS = (
    (r"==", "!="), (r"!=", "=="), (r"<=", "<"), (r">=", ">"), (r"(?<![<=>-])<(?![<=])", "<="),
    (r"(?<![<=>-])>(?![>=])", ">="), (r"&&", "||"), (r"\|\|", "&&"), (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"), (r"!(?!=)", ""), (r"(?<![+\w])\+(?![+=])", "-"),
    (r"(?<![\w.])1(?![\w.])", "2"),    (r"(?<![\w.])0(?![\w.])", "1"), (r"\+\+", "--"),
)  # fmt: skip
SAME: tuple[tuple[str, str, str, str], ...] = (
    ("wire.c", r"return 0;", r"return 1;", "a payload of one byte is no message either"),
    ("wire.c", r"reader->damaged\+\+", r"", "nobody is told how many frames were damaged"),
    ("pack.c", r"item it = \{.*\b0\b", r"\b1\b", "the number of what is no number is not read"),
    ("device.c", r"memset\(d, 0, sizeof \*d\);", r"^$", "each host hands it memory that is zero"),
    ("device.c", r"<= SILENCE_US", r"< SILENCE_US", "a microsecond more or less of silence"),
    ("device.c:315", r"", r"", "hello, without which nothing is done, forgets the same"),
    ("device.c:316", r"", r"", "which of the answers that are kept is forgotten first, of none"),
    ("device.c:280", r"", r"", "which of the answers that are kept is forgotten first, of none"),
    ("device.c:323", r"", r"true\);$", "what is unplugged says nothing that is heard"),
    ("device.c:317", r"", r"^$|= 1;", "numbers that go on are as right as those that begin anew"),
    ("device.c:11", r"", r"pack_unsigned\(&p, 1\);", "the time of the bench, which nobody reads"),
    ("device.c", r"p, 0\)", r"pack_unsigned\(&?p, 1\);(  /\* age.*)?$", "a microsecond of age"),
    ("device.c:343", r"", r"payload > 1\b", "a payload of one byte is no message either"),
    ("device.c:310", r"", r"^$", "the plug does the same"),
    ("pack.c:49", r"", r"return 1; }", "what lies beyond the end has failed, whatever it is"),
    ("pack.c:61", r"", r">= u->length", "no message ends with a text, a list or a table"),
    ("device.c:335", r"", r"return false", "what was stopped does not move"),
    ("device.c:318", r"", r"^$", "the plug that was drawn has done the same"),
    ("device.c:314", r"", r"^$|, 1, ", "the zero that the bench begins with does the same"),
    ("device.c:25", r"", r"\+ 2\)", "which of the answers that are kept is forgotten first"),
    ("wire.c:41", r"", r"= false", "as much as is kept of such a frame is more than a payload"),
    ("device.c:319", r"", r"^$", "the plug that was drawn has done the same"),
    ("device.c:229", r"", r"<= 1", "a millisecond of validity"),
    ("device.c:72", r"", r"^$", "effects may come more often than they have to"),
    ("wire.c:62", r"", r"\+\+\] = 1|i - 1 ==|1 != len|i \+ 2 ==", "no answer is so long without 0"),
    ("wire.c:30", r"", r"< 4 \|\|", "a payload of no byte is no message"),
    ("pack.c:95", r"", r">= INT64_MAX", "no number of the protocol is that large"),
    ("pack.c:105", r"", r"= false", "what is said of an extension is no rule"),
    ("device.c", r">= EFFECT_EVERY_US", r"> EFFECT_EVERY_US", "a microsecond of effects"),
    ("device.c", r"items > 0 (\?|&&)", r"items > 1 (\?|&&)", "no device has a list of one number"),
    ("pack.c", r"PACK_DEPTH", r"> PACK_DEPTH|count > 1", "how deep a value may be is no rule"),
    ("pack.c", r"depth \+ 1", r"depth \+ 2", "how deep a value may be is no rule"),
    ("device.c:324", r"", r"", "what is unplugged hears nothing, and the plug does the same"),
    ("device.c", r'"[^"]*\b(true|false|0|1)\b[^"]*"', r'"', "a word of a sentence alone"),
)
"""Changes that nothing outside can tell: file (and line), what is changed, what it is then, why."""
STATEMENT = re.compile(r"^\s+[\w>.\[\]*()-]+(\s*[|+-]?=\s*[^=].*|\(.*\)|\+\+);\s*$")


@dataclass(frozen=True)
class Mutant:
    """One changed line."""

    file: str
    line: int
    before: str
    after: str

    def words(self) -> str:
        """As it is shown."""
        after = self.after.strip() or "(gone)"
        return f"{self.file}:{self.line}: {self.before.strip()}  ->  {after}"


def mutants() -> list[Mutant]:
    """All there are, in the order of the sources."""
    found = []
    for name in CORE:
        for number, line in enumerate((SOURCES / name).read_text().splitlines(), 1):
            code = line.split("/*")[0]
            if not code.startswith(" ") or "static const" in code:
                continue
            for pattern, by in SWAPS:
                for match in re.finditer(pattern, code):
                    after = code[: match.start()] + by + code[match.end() :]
                    found.append(Mutant(name, number, line, after))
            if STATEMENT.match(code):
                found.append(Mutant(name, number, line, ""))
    return found


def why_same(mutant: Mutant) -> str:
    """Why nothing outside can tell the change; "" where something can."""
    for where, before, after, why in SAME:
        if where not in (mutant.file, f"{mutant.file}:{mutant.line}"):
            continue
        if why.startswith("a word") and _without_texts(mutant.before) != _without_texts(
            mutant.after
        ):
            continue
        if re.search(before, mutant.before) and re.search(after, mutant.after.strip()):
            return why
    return ""


def _without_texts(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line.split("/*")[0].rstrip())


def changed_sources(mutant: Mutant, folder: Path) -> Path:
    """The sources with that change, in a folder that is there."""
    sources = folder / "sources"
    shutil.copytree(SOURCES, sources)
    lines = (sources / mutant.file).read_text().splitlines()
    lines[mutant.line - 1] = mutant.after
    (sources / mutant.file).write_text("\n".join(lines) + "\n")
    return sources


def is_found(folder: Path, sources: Path = SOURCES) -> bool:
    """Whether the kit finds something on one of the devices; raises NotBuilt."""
    return any(
        _breaks(name, build(name, "library", folder, sources=sources)) for name in JUDGES
    )


def _breaks(name: str, library: Path) -> bool:
    """Whether a device breaks a rule, or breaks; in a process of its own."""
    pid = os.fork()
    if pid == 0:
        faulthandler.disable()  # a core that is broken so that it crashes is told in one word
        signal.alarm(PATIENCE)
        code = 1
        try:
            code = 0 if _not_passed(JUDGES[name], library) == NOT_ASKED[name] else 1
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) != 0


def _not_passed(interface: type[DeviceInterface], library: Path) -> int:
    async def check() -> int:
        device = LibraryDevice(library)

        async def open_wire() -> Wire:
            return device.wire()

        rows = await check_device(Kit(interface, open_wire), PROBES)
        return len([row for row in rows if row.verdict != PASSED])

    return run(check(), VirtualLoop())


def survivors(sample: int, seed: int) -> tuple[int, list[Mutant]]:
    """How many were judged, and those that nobody noticed."""
    with tempfile.TemporaryDirectory() as folder:
        if is_found(Path(folder)):
            raise RuntimeError("the core as it is does not pass: nothing can be said of changes")
    drawn = mutants()
    random.Random(seed).shuffle(drawn)
    drawn = [each for each in drawn if not why_same(each)]
    judged, left = 0, []
    for mutant in drawn:
        if judged == sample:
            break
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = is_found(Path(folder), changed_sources(mutant, Path(folder)))
            except NotBuilt:
                continue
            judged += 1
            if not found:
                left.append(mutant)
                print(mutant.words(), flush=True)
    return judged, left


def main(words: list[str]) -> int:
    """Prints the figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.c_core", description=__doc__)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    judged, left = survivors(given.sample, given.seed)
    there = mutants()
    same = sum(1 for each in there if why_same(each))
    print(f"{judged - len(left)} of {judged} changes found, of {len(there) - same} that there are;")
    print(f"{same} more change nothing that anybody can tell")
    return 0 if len(left) <= 0.12 * judged else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
