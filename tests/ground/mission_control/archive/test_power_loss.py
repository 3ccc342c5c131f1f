"""Whatever is left of an archive after a power loss or a kill, what was acknowledged is there."""

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flight.icd.messages import Telemetry
from ground.mission_control.archive import sample_store
from ground.mission_control.archive.archive import Archive

CHANNELS = 5
WRITER = """
import sys
from pathlib import Path
from flight.icd.messages import Telemetry
from ground.mission_control.archive import sample_store
from ground.mission_control.archive.archive import Archive
sample_store.LEAST, sample_store.PER_CHANNEL = 500, 1
archive = Archive(Path(sys.argv[1]), durable=True)
number = max((row[5] for row in archive.last_values()), default=1_000_000_000) - 1_000_000_000
while True:
    for _ in range(7):
        number += 1
        values = {f"c{each}": number * 5 + each for each in range(5)}
        archive.add_samples(Telemetry("rover", number, values, number, 1), number)
    archive.flush()
    print(number, flush=True)
"""


def fill(archive: Archive, first: int, last: int) -> None:
    for number in range(first, last + 1):
        values = {f"c{each}": number * CHANNELS + each for each in range(CHANNELS)}
        archive.add_samples(Telemetry("rover", number, values, number, 1), number)
    archive.flush()


def held(path: Path) -> int:
    """The last report that is there; all before it are there as well, in all channels, once."""
    archive = Archive(path)
    found = [archive.samples("rover", f"c{each}") for each in range(CHANNELS)]
    last = len(found[0])
    assert archive.count("samples") == last * CHANNELS
    for each, rows in enumerate(found):
        assert rows == [(number, number * CHANNELS + each) for number in range(1, last + 1)]
    assert {row[4] for row in archive.last_values()} == (
        {last * CHANNELS + each for each in range(CHANNELS)} if last else set()
    )
    assert archive.sampled.damaged == {}
    archive.crash()
    return last


@pytest.mark.requirement("REC-08")
def test_a_log_of_which_a_power_loss_left_a_part_holds_a_beginning_of_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of SQLite is cut, and its end is filled with rubbish, at drawn places."""
    monkeypatch.setattr(sample_store, "LEAST", 100)
    monkeypatch.setattr(sample_store, "PER_CHANNEL", 1)
    archive = Archive(tmp_path / "archive.sqlite", durable=True)
    fill(archive, 1, 7)
    archive.look("PRAGMA wal_checkpoint(TRUNCATE)")
    begun = 7
    for batch in range(1, 13):
        fill(archive, batch * 7 + 1, batch * 7 + 7)
    assert archive.look("SELECT COUNT(*) > 0 FROM sample_blocks") == [(1,)]
    log = (tmp_path / "archive.sqlite-wal").read_bytes()
    draw = random.Random(1)
    found = set()
    for turn in range(12):
        place = tmp_path / f"turn{turn}" / "archive.sqlite"
        place.parent.mkdir()
        shutil.copy(tmp_path / "archive.sqlite", place)
        shutil.copy(tmp_path / "archive.begun", place.parent)
        cut = draw.randrange(len(log))
        rubbish = draw.randbytes(min(3000, len(log) - cut)) if turn % 2 else b""
        place.with_name("archive.sqlite-wal").write_bytes(log[:cut] + rubbish)
        last = held(place)
        assert last % 7 == 0 and begun <= last <= 13 * 7
        found.add(last)
    assert len(found) > 3  # the places were such that it mattered
    archive.close()
    assert held(tmp_path / "archive.sqlite") == 13 * 7


@pytest.mark.check
@pytest.mark.processes
def test_of_a_killed_writer_all_that_it_acknowledged_is_there(tmp_path: Path) -> None:
    """It is killed in the middle of writing, at drawn instants, again and again."""
    draw = random.Random(3)
    path = tmp_path / "archive.sqlite"
    for _ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(draw.randint(1, 60)):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                acknowledged = int(line)
        writer.wait()
        writer.stdout.close()
        last = held(path)
        assert last >= acknowledged and last % 7 == 0
