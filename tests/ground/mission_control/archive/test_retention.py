"""The archive is bounded: the oldest goes first, and what must stay stays."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError, load_configuration
from flight.icd.messages import EventReport, Severity, Telemetry
from ground.mission_control.archive.archive import Archive
from ground.mission_control.archive.retention import Retention, RetentionRule, load_rule, used_bytes
from ground.mission_control.views.history import series, values_at

S = 1_000_000_000
SOL = 88_775 * S
COUNT = 20_000


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A thousand sols of three channels, one of which never changes, and some events."""
    archive = Archive(tmp_path / "archive.sqlite")
    archive.add_samples(Telemetry("rover", 0, {"name": "rover", "piece": "first"}, 1), 0)
    for number in range(2, COUNT):
        time = number * SOL // 20
        archive.add_samples(Telemetry("rover", time, {"charge": float(number)}, number), time + S)
    for number, (name, severity) in enumerate(
        [("moved", Severity.ACTIVITY_LO), ("limit_cleared", Severity.ACTIVITY_LO),
         ("broken", Severity.WARNING_HI)],
    ):  # fmt: skip
        archive.add_event(EventReport("rover", name, severity, 5, name, {}, number), 5)
    archive.add_downlink("relay/rover", "rover", 1, 5, 100, 1)
    archive.flush()
    return archive


NOW = COUNT * SOL // 20


def rule(megabytes: int, keep_sols: float = 60.0) -> RetentionRule:
    return RetentionRule(1, megabytes, keep_sols)


def test_an_archive_that_is_not_too_large_keeps_all(archive: Archive) -> None:
    assert Retention(archive, rule=rule(100)).look(NOW) == 0
    assert Retention(archive).look(NOW) == 0  # small: the rule is not even read
    assert archive.count("samples") == COUNT


@pytest.mark.requirement("REC-07")
def test_the_oldest_tenth_goes_and_decisions_stay(archive: Archive) -> None:
    retention = Retention(archive, {("rover", "piece")}, rule(1))
    gone = retention.look(NOW)
    assert COUNT // 11 < gone < COUNT // 9
    assert [each.name for each in archive.events()] == ["limit_cleared", "broken"]
    assert archive.count("downlinks") == 0
    left = archive.samples("rover", "charge")
    # the first that is left tells what held when the rest begins
    assert left[1][1] - left[0][1] == 1.0
    assert archive.rows("SELECT text FROM procedure_log")[0][0].startswith(f"{gone} rows from")


def test_what_is_left_has_all_its_values(archive: Archive) -> None:
    instant = NOW // 2
    before = values_at(archive, instant)
    assert Retention(archive, rule=rule(1)).look(NOW) > 0
    assert values_at(archive, instant) == before
    assert {each.channel for each in before} == {"name", "piece", "charge"}
    told = series(archive, "rover", "name", instant, NOW, 10)
    assert told["before"] == [0, "rover"]


def test_it_goes_on_until_it_is_small_enough_and_no_further_than_may_be(archive: Archive) -> None:
    retention = Retention(archive, rule=rule(1, keep_sols=900.0))
    looks = 0
    while retention.look(NOW) and looks < 50:
        looks += 1
    archive.flush()
    oldest = archive.samples("rover", "charge")[1][0]
    assert oldest >= NOW - 901 * SOL
    assert archive.count("samples") > COUNT * 0.89
    assert retention.look(NOW) == 0
    texts = [text for (text,) in archive.rows("SELECT text FROM procedure_log")]
    assert sum("nothing is older" in text for text in texts) == 1  # told once

    smaller = Retention(archive, rule=rule(1, keep_sols=0.0))
    while smaller.look(NOW):
        pass
    assert used_bytes(archive) <= 1_000_000 or archive.count("samples") < 10


def test_room_that_was_let_go_is_used_again(archive: Archive, tmp_path: Path) -> None:
    Retention(archive, rule=rule(1)).look(NOW)
    size = archive.rows("PRAGMA page_count")
    for number in range(COUNT, COUNT + 1000):
        time = number * SOL // 20
        archive.add_samples(Telemetry("rover", time, {"charge": 1.0}, number), time)
    archive.flush()
    assert archive.rows("PRAGMA page_count") == size


def test_the_rule_is_a_checked_file(tmp_path: Path) -> None:
    assert load_rule().keep_sols == 60
    (tmp_path / "r.yaml").write_text("format: 1\nlargest_megabytes: 0\nkeep_sols: 60\n")
    with pytest.raises(ConfigurationError, match=r"r.yaml:2.*largest_megabytes"):
        load_configuration(tmp_path / "r.yaml", RetentionRule)
