"""Samples are kept in blocks: whatever was packed, copied, late or restarted, the same is told."""

import random
import sqlite3
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Telemetry
from ground.mission_control.archive import sample_store
from ground.mission_control.archive.archive import Archive, ArchiveError
from ground.mission_control.archive.rows import order_of
from ground.mission_control.views.history import series, values_at

CHANNELS = ("a", "b", "c")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "a.sqlite")


def report(number: int, time: int, *, source: str = "rover", boot: int = 1, **values: Any) -> Any:
    return Telemetry(source, time, values, number, boot)


def pack(archive: Archive) -> None:
    archive.flush()
    archive.sampled.pack()
    assert archive.rows("SELECT COUNT(*) FROM sample_log") == [(0,)]


class Rows:
    """What an archive must tell, by a row for each sample."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, int, int], tuple[int, Any, bool]] = {}
        self._places: dict[tuple[str, str], int] = {}

    def add(self, said: Telemetry, received: int) -> None:
        place = order_of(said)
        for channel, value in said.values.items():
            stream = (said.source, channel)
            news = place > self._places.get(stream, -1)
            if news:
                self._places[stream] = place
            self.rows.setdefault((*stream, said.time_ns, place), (received, value, news))

    def newest(self, at: int) -> dict[str, Any]:
        """By channel of all vehicles."""
        found: dict[str, tuple[int, int, Any]] = {}
        for (source, channel, _, place), (received, value, news) in self.rows.items():
            key = f"{source} {channel}"
            if news and received <= at and (received, place) > found.get(key, (-1, -1))[:2]:
                found[key] = (received, place, value)
        return {key: found[key][2] for key in sorted(found)}

    def within(self, source: str, channel: str, t0: int, t1: int) -> list[tuple[int, Any]]:
        found = [
            (time, place, value)
            for (of, name, time, place), (_, value, _) in self.rows.items()
            if (of, name) == (source, channel) and t0 <= time < t1
        ]
        return [(time, value) for time, _, value in sorted(found)]


@pytest.mark.parametrize("seed", range(6))
def test_it_tells_what_a_row_for_each_sample_would(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports come in order, late, twice, of boots with clocks set back; the ground restarts."""
    monkeypatch.setattr(sample_store, "LEAST", 40)
    monkeypatch.setattr(sample_store, "PER_CHANNEL", 1)
    draw = random.Random(seed)
    archive, truth = Archive(tmp_path / "a.sqlite"), Rows()
    numbers = {"rover": 0, "lander": 0}
    earlier: list[Telemetry] = []
    now = 0
    for turn in range(400):
        now += draw.randrange(3)
        source = draw.choice(("rover", "lander"))
        numbers[source] += draw.choice((1, 1, 1, 5))
        chosen = draw.sample(CHANNELS, draw.randint(1, 3))
        number = numbers[source] - draw.choice((0, 0, 0, 0, 3))
        boot = 1 if turn < 200 else 2
        said = Telemetry(
            source, now - draw.randrange(20), {name: draw.random() for name in chosen},
            number, boot,
        )  # fmt: skip
        if any(order_of(each) == order_of(said) and each.source == source for each in earlier):
            continue
        earlier.append(said)
        for each in (said, *draw.sample(earlier, draw.choice((0, 0, 1)))):
            archive.add_samples(each, now)
            truth.add(each, now)
        if draw.random() < 0.1:
            archive.flush()
        if draw.random() < 0.02:
            archive.flush()
            archive.crash() if draw.random() < 0.5 else archive.close()
            archive = Archive(tmp_path / "a.sqlite")
    assert archive.rows("SELECT COUNT(*) > 10 FROM sample_blocks") == [(1,)]
    assert archive.count("samples") == len(truth.rows)
    for at in range(-1, now + 2):
        told = {f"{each.vehicle} {each.channel}": each.value for each in values_at(archive, at)}
        assert told == truth.newest(at)
    ever = {f"{row[0]} {row[1]}": row[4] for row in archive.last_values()}
    assert ever == truth.newest(now)
    for _ in range(60):
        t0 = draw.randrange(-30, now)
        t1 = t0 + draw.randrange(1, 60)
        channel = draw.choice(CHANNELS)
        stream = archive.sampled.stream("rover", channel)
        assert stream is not None
        rows = [(row[0], row[3]) for row in archive.sampled.within(stream, t0, t1)]
        assert rows == truth.within("rover", channel, t0, t1)
        before = truth.within("rover", channel, -100, t0)
        told_before = series(archive, "rover", channel, t0, t1, 5)["before"]
        assert told_before == (list(before[-1]) if before else None)
    view = archive.rows("SELECT source, channel, occurred_ns, place, received_ns, value, news "
                        "FROM samples JOIN streams USING (stream)")  # fmt: skip
    assert {(*row[:4],): (row[4], row[5], bool(row[6])) for row in view} == {
        key: (received, pytest.approx(value), news)
        for key, (received, value, news) in truth.rows.items()
    }
    assert len(view) == len(truth.rows)
    last = archive.rows("SELECT source || ' ' || channel, value FROM last_values")
    assert dict(last) == pytest.approx(ever)


def test_the_log_goes_into_blocks_when_it_is_long_and_not_before(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_store, "LEAST", 4)
    monkeypatch.setattr(sample_store, "PER_CHANNEL", 2)
    for number in range(3):
        archive.add_samples(report(number, number, a=number), number)
    archive.flush()
    assert archive.rows("SELECT COUNT(*) FROM sample_blocks") == [(0,)]
    archive.add_samples(report(3, 3, a=3), 3)
    archive.flush()
    assert archive.rows("SELECT samples, first_ns, last_ns, news_ns FROM sample_blocks") == [
        (4, 0, 3, 0)
    ]
    assert archive.rows("SELECT COUNT(*) FROM sample_log") == [(0,)]


def test_a_block_is_never_larger_than_it_may_be(archive: Archive) -> None:
    for number in range(600):
        archive.add_samples(report(number, number, a=number), number)
    pack(archive)
    assert archive.rows("SELECT samples FROM sample_blocks") == [(256,), (256,), (88,)]
    assert archive.count("samples") == 600


def test_a_copy_is_known_after_packing_and_a_restart_and_brings_what_is_new_of_it(
    tmp_path: Path,
) -> None:
    first = Archive(tmp_path / "a.sqlite")
    first.add_samples(report(1, 5, a=1.0), 10)
    first.close()
    again = Archive(tmp_path / "a.sqlite")
    again.add_samples(report(1, 5, a=9.0), 20)
    again.add_samples(report(1, 5, a=9.0, b=2.0), 30)
    again.add_samples(report(1, 5, source="lander", a=3.0), 40)  # another's
    assert again.count("samples") == 3
    assert again.samples("rover", "a") == [(5, 1.0)]
    assert again.samples("rover", "b") == [(5, 2.0)]


def test_numbers_that_json_has_not_come_back(tmp_path: Path) -> None:
    first = Archive(tmp_path / "a.sqlite")
    values = {"a": inf, "b": -inf, "c": nan, "d": 2**63 - 1, "e": 0.1, "f": None, "g": "9e999 ö"}
    first.add_samples(report(1, 5, **values), 9)
    first.flush()
    wanted = values | {"c": None}
    for _ in ("the log", "blocks"):
        first.crash()
        first = Archive(tmp_path / "a.sqlite")
        assert {row[1]: row[4] for row in first.last_values()} == wanted
        assert dict(first.rows("SELECT channel, value FROM last_values")) == wanted
        pack(first)


def test_what_is_no_text_is_refused_and_nothing_of_its_report_is_taken(archive: Archive) -> None:
    with pytest.raises(UnicodeError):
        archive.add_samples(report(1, 5, a=1.0, b="\ud800"), 9)
    archive.add_samples(report(1, 5, a=1.0), 9)
    assert archive.samples("rover", "a") == [(5, 1.0)]
    assert archive.sampled.stream("rover", "b") is None


def spoil(path: Path, table: str, which: str, change: str) -> None:
    with sqlite3.connect(path) as database:
        sql = f"UPDATE {table} SET rows = {change} WHERE number = (SELECT {which} FROM {table})"
        assert database.execute(sql).rowcount == 1
    database.close()


@pytest.mark.requirement("REC-08")
@pytest.mark.parametrize("change", ["REPLACE(rows, '4', '5')", "substr(rows, 1, 20)", "''"])
def test_a_damaged_block_is_told_and_skipped_and_what_held_before_is_shown(
    tmp_path: Path, change: str
) -> None:
    first = Archive(tmp_path / "a.sqlite")
    for number in (1, 4):
        first.add_samples(report(number, 10 * number, a=number), 100 * number)
        pack(first)
    first.close()
    spoil(tmp_path / "a.sqlite", "sample_blocks", "MAX(number)", change)
    again = Archive(tmp_path / "a.sqlite")
    assert [row[4] for row in again.last_values()] == [1]
    assert [each.value for each in values_at(again, 500)] == [1]
    assert series(again, "rover", "a", 0, 100, 1)["samples"] == 1
    texts = [text for (text,) in again.rows("SELECT text FROM procedure_log")]
    assert len(texts) == 1  # told once
    assert "block 2 of samples of rover a is damaged and was skipped" in texts[0]
    again.add_samples(report(5, 60, a=5), 700)
    assert [row[4] for row in again.last_values()] == [5]


def test_a_damaged_batch_of_the_log_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    first = Archive(tmp_path / "a.sqlite")
    for number in (1, 2):
        first.add_samples(report(number, number, a=number), number)
        first.flush()
    first.crash()
    spoil(tmp_path / "a.sqlite", "sample_log", "MIN(number)", "substr(rows, 1, 9)")
    again = Archive(tmp_path / "a.sqlite")
    assert again.samples("rover", "a") == [(2, 2)]
    assert again.rows("SELECT value FROM last_values") == [(2,)]
    ((text,),) = again.rows("SELECT text FROM procedure_log")
    assert "batch 1 of the samples' log is damaged" in text
    again.add_samples(report(3, 3, a=3), 3)
    again.close()
    assert Archive(tmp_path / "a.sqlite").samples("rover", "a") == [(2, 2), (3, 3)]


def test_what_was_undone_with_all_around_it_is_still_told_once(archive: Archive) -> None:
    """A batch that was written within a decision that could not be kept."""
    archive.add_samples(report(1, 1, a=1), 1)
    with pytest.raises(RuntimeError), archive.together():
        archive.flush()
        raise RuntimeError
    archive.add_samples(report(2, 2, a=2), 2)
    pack(archive)
    assert archive.samples("rover", "a") == [(1, 1), (2, 2)]
    assert archive.count("samples") == 2


def test_within_a_decision_nothing_is_packed_and_after_it_is(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_store, "LEAST", 1)
    monkeypatch.setattr(sample_store, "PER_CHANNEL", 1)
    with archive.together():
        archive.add_samples(report(1, 1, a=1), 1)
        archive.flush()
        assert archive.look("SELECT COUNT(*) FROM sample_blocks") == [(0,)]
    assert archive.look("SELECT COUNT(*) FROM sample_blocks") == [(1,)]


def test_on_a_full_disk_all_of_it_still_waits(archive: Archive) -> None:
    archive.add_samples(report(1, 1, a="x" * 200_000), 1)
    archive.look(f"PRAGMA max_page_count = {archive.look('PRAGMA page_count')[0][0]}")
    with pytest.raises(ArchiveError, match=r"takes no more: .*samples wait"):
        archive.flush()
    archive.look("PRAGMA max_page_count = 100000")
    archive.flush()
    assert archive.count("samples") == 1
    archive.crash()
    assert Archive(archive.path).count("samples") == 1


@pytest.mark.parametrize(("channels", "most"), [(1, 4_000), (200, 6_400), (1_000, 25_000)])
def test_the_log_is_long_from_so_many_samples_on(
    archive: Archive, channels: int, most: int
) -> None:
    """32 of each channel, 4,000 at least and 25,000 at most."""
    values = {f"c{each}": 1.0 for each in range(channels)}
    for number in range(most // channels - 1):
        archive.sampled.add(report(number, number, **values), number)
    archive.sampled.written(archive.sampled.write())
    assert not archive.sampled.is_long
    archive.sampled.add(report(most, most, **values), most)
    assert not archive.sampled.is_long  # what waits is not in the log
    archive.sampled.written(archive.sampled.write())
    assert archive.sampled.is_long


@pytest.mark.parametrize("stamp", [2**63 - 2, -(2**63)])
def test_a_clock_that_is_as_far_off_as_may_be_hides_nothing(archive: Archive, stamp: int) -> None:
    archive.add_samples(report(1, stamp, a=1.0), 9)
    pack(archive)
    assert archive.sampled.as_told("rover", "a")[0][0] == stamp
    assert archive.sampled.all_of("rover", "a")[0][0] == stamp


def test_the_word_about_a_damaged_block_outlives_a_flush_that_was_undone(archive: Archive) -> None:
    def told() -> list[str]:
        rows = archive._database.execute("SELECT text FROM procedure_log").fetchall()
        return [text for (text,) in rows]

    archive.sampled.damaged["block 2 is damaged"] = None
    with pytest.raises(RuntimeError), archive.together():  # undone with all around it
        archive.add_samples(report(1, 1, a=1), 1)
        archive.flush()
        raise RuntimeError
    assert told() == []
    write, archive.sampled.write = archive.sampled.write, no_room  # type: ignore[method-assign]
    with pytest.raises(ArchiveError, match="takes no more"):
        archive.flush()
    assert told() == []
    archive.sampled.write = write  # type: ignore[method-assign]
    archive.flush()
    assert told() == ["block 2 is damaged"]
    archive.flush()
    assert told() == ["block 2 is damaged"]  # once


def no_room() -> tuple[int, int]:
    raise sqlite3.OperationalError("database or disk is full")
