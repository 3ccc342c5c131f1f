"""An archive for other programs: read back by the reader of MCAP itself, and as a table."""

import csv
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from mcap.reader import make_reader

from flight.configuration.files import ConfigurationError
from flight.icd.messages import CommandReport, EventReport, Rung, Severity, Telemetry
from ground.cli import main
from ground.mission_control.archive.archive import Archive
from ground.mission_control.service.journal import Journal
from ground.reports.archive_export import Wanted, epoch_ns, export

S = 1_000_000_000
EPOCH = "2028-08-05T12:00:00Z"
ZERO = 1_849_089_600 * S  # by hand: `date -u -d 2028-08-05T12:00:00Z +%s`


@pytest.fixture
def run(tmp_path: Path) -> Path:
    archive = Archive(tmp_path / "run" / "ground" / "archive.sqlite", {("rover", "charge"): "1"})
    for number, value in enumerate([0.5, None, 0.25]):
        report = Telemetry("rover", number * 10 * S, {"charge": value}, number)
        archive.add_samples(report, (number * 10 + 600) * S)
    archive.add_samples(Telemetry("lander", 15 * S, {"mode": "idle"}, 1), 700 * S)
    archive.add_event(
        EventReport("rover", "slip", Severity.WARNING_HI, 5 * S, "slips — ö", {}, 1), 605 * S
    )
    archive.add_rung(CommandReport("mc-1", "rover", Rung.RECEIVED, 7 * S), 607 * S)
    archive.close()
    (tmp_path / "run" / "summary.json").write_text(json.dumps({"epoch_utc": EPOCH}))
    return tmp_path / "run"


def read(file: Path) -> list[tuple[str, str, dict[str, Any], int, int, dict[str, str]]]:
    with file.open("rb") as stream:
        return [
            (channel.topic, schema.name, json.loads(message.data), message.log_time,
             message.publish_time, channel.metadata)
            for schema, channel, message in make_reader(stream).iter_messages()
            if schema is not None
        ]  # fmt: skip


def test_mcap_has_all_of_it_at_its_utc(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "x.mcap", EPOCH, Wanted()).entries == 6
    found = read(tmp_path / "x.mcap")
    charge = [row for row in found if row[0] == "/rover/charge"]
    assert [(row[2]["value"], row[3], row[4]) for row in charge] == [
        (0.5, ZERO, ZERO + 600 * S),
        (None, ZERO + 10 * S, ZERO + 610 * S),
        (0.25, ZERO + 20 * S, ZERO + 620 * S),
    ]
    assert (charge[0][1], charge[0][5]) == ("number", {"unit": "1"})
    (mode,) = [row for row in found if row[0] == "/lander/mode"]
    assert (mode[1], mode[2]["value"]) == ("value", "idle")
    (log,) = [row for row in found if row[0] == "/events"]
    assert log[1] == "foxglove.Log"
    assert log[2] == {
        "timestamp": {"sec": ZERO // S + 5, "nsec": 0}, "level": 4, "message": "slips — ö",
        "name": "rover slip", "file": "", "line": 0,
    }  # fmt: skip
    (rung,) = [row for row in found if row[0] == "/rungs"]
    assert rung[2]["rung"] == "RECEIVED"


def test_its_schemas_are_json_schemas_and_its_messages_json(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "x.mcap", EPOCH, Wanted())
    with (tmp_path / "x.mcap").open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None and summary.statistics is not None
    assert summary.statistics.message_count == 6
    assert {each.message_encoding for each in summary.channels.values()} == {"json"}
    for schema in summary.schemas.values():
        assert schema.encoding == "jsonschema"
        assert json.loads(schema.data)["type"] == "object"


def test_a_table_has_a_row_for_each_sample(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "x.csv", EPOCH, Wanted()).entries == 4
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["value"] for row in rows] == ["0.5", "", "idle", "0.25"]
    assert rows[1]["time_utc"] == "2028-08-05T12:00:10.000000Z"
    assert rows[1]["received_mission_s"] == "610.0"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(vehicle="lander"), 1), (Wanted(channel="charge"), 3),
        (Wanted("rover", "charge"), 3),
        (Wanted(since_ns=10 * S), 3), (Wanted(since_ns=10 * S + 1), 2),
        (Wanted(until_ns=10 * S), 1), (Wanted(until_ns=10 * S + 1), 2),
        (Wanted(since_ns=99 * S), 0),
    ],
)  # fmt: skip
def test_a_part_of_it_begins_at_its_first_instant_and_ends_before_its_last(
    run: Path, tmp_path: Path, wanted: Wanted, count: int
) -> None:
    assert export(run, tmp_path / "x.csv", EPOCH, wanted).entries == count


def test_one_channel_in_mcap_comes_alone(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "x.mcap", EPOCH, Wanted(channel="charge")).entries == 3
    assert {row[0] for row in read(tmp_path / "x.mcap")} == {"/rover/charge"}


@pytest.mark.parametrize(
    ("name", "epoch", "problem"),
    [("x.txt", EPOCH, r"\.mcap or \.csv"), ("x", EPOCH, r"\.mcap or \.csv"),
     ("x.csv", "noon", "= noon: allowed is a date"),
     ("x.csv", "1969-12-31T00:00:00Z", "from 1970 on"), ("x.csv", "2100-01-01", "to 2099")],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    run: Path, tmp_path: Path, name: str, epoch: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        export(run, tmp_path / name, epoch, Wanted())
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ((Wanted(vehicle="rovr")), "--vehicle = rovr: allowed is one of 2, such as rover"),
        ((Wanted(channel="chrge")), "--channel = chrge: allowed is one of 2, such as charge"),
        ((Wanted("lander", "charge")), "--channel = charge: allowed is one of 1, such as mode"),
        ((Wanted(since_ns=2 * S, until_ns=2 * S)), "--until = 2: allowed is more than 2"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_and_is_no_empty_file(
    run: Path, tmp_path: Path, wanted: Wanted, problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        export(run, tmp_path / "new" / "x.csv", EPOCH, wanted)
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("text", ["nan", "inf", "1e300", "soon"])
def test_what_is_no_time_is_refused_by_a_sentence(
    run: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", str(run), str(tmp_path / "x.csv"), "--until", text])
    assert ended.value.code == 2 and "--until" in capsys.readouterr().err


@pytest.mark.parametrize("summary", ["[]", "3", "{}", "{", "null"])
def test_a_summary_that_is_none_asks_for_the_epoch(
    run: Path, tmp_path: Path, summary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "summary.json").write_text(summary)
    assert main(["export", str(run), str(tmp_path / "x.csv")]) == 2
    assert "--epoch" in capsys.readouterr().err


@pytest.mark.requirement("CON-12")
def test_what_trainers_did_is_exported_where_it_is_asked_for_alone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = Archive(run / "ground" / "archive.sqlite")
    journal = Journal(archive, lambda: 5)
    secret = {"fault": {"id": "gauge"}}
    journal.add("fault", "injected", who="anna", data=secret)
    journal.add("audit", "fault_inject", who="anna", data={"request": secret})
    journal.add("fault", "drill_begun", who="anna", data={"starts": "when the gauge breaks"})
    journal.add("audit", "stage", who="ben", data={"request": {"vehicle": "rover"}})
    journal.add("fault", "drill_ended", who="anna")
    archive.close()

    def told(*options: str) -> list[str]:
        file = tmp_path / "x.mcap"
        assert main(["export", str(run), str(file), *options]) == 0
        assert ("gauge" in str(read(file))) is bool(options)
        rows = [row[2] for row in read(file) if row[0] == "/journal"]
        return [row["what"] for row in rows]

    assert told() == ["stage"]
    assert told("--training") == ["injected", "fault_inject", "drill_begun", "stage", "drill_ended"]
    assert main(["history", "--replay", "--at", str(run)]) == 0
    assert main(["export", str(run), str(tmp_path / "x.csv")]) == 0
    shown = capsys.readouterr().out + (tmp_path / "x.csv").read_text()
    assert "rover" in shown and "gauge" not in shown


def test_a_damaged_block_is_left_out_and_told(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(run / "ground" / "archive.sqlite") as database:
        # A digit of a value: the file and the JSON stay sound.
        changed = database.execute(
            "UPDATE sample_blocks SET rows = REPLACE(rows, '0.25', '0.26')"
        ).rowcount
        assert changed == 2
    database.close()
    assert main(["export", str(run), str(tmp_path / "x.csv")]) == 1
    told = capsys.readouterr().out
    assert "1 entry" in told and "1 block of samples in the archive is damaged" in told
    text = (tmp_path / "x.csv").read_text()
    assert "idle" in text and "charge" not in text


def test_a_damaged_archive_leaves_no_half_of_a_file(run: Path, tmp_path: Path) -> None:
    file = run / "ground" / "archive.sqlite"
    data = bytearray(file.read_bytes())
    for place in range(4096, len(data), 97):
        data[place] ^= 0xFF
    file.write_bytes(data)
    (tmp_path / "x.csv").write_text("an earlier one")
    with pytest.raises(ConfigurationError, match="the archive cannot be read"):
        export(run, tmp_path / "x.csv", EPOCH, Wanted())
    assert (tmp_path / "x.csv").read_text() == "an earlier one"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run", "x.csv"]


def test_without_the_package_a_sentence_says_what_to_install(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcap.writer", None)
    with pytest.raises(ConfigurationError, match=r"install threeforks\[export\]"):
        export(run, tmp_path / "x.mcap", EPOCH, Wanted())
    assert not (tmp_path / "x.mcap").exists()


def test_the_command_takes_the_epoch_of_the_run(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "x.csv")
    assert main(["export", str(run), file, "--until", "10"]) == 0
    assert capsys.readouterr().out == f"{file}: 1 entry\n"
    (run / "summary.json").unlink()
    assert main(["export", str(run), file]) == 2
    assert "--epoch" in capsys.readouterr().err
    assert main(["export", str(run), file, "--epoch", EPOCH]) == 0
    assert main(["export", str(tmp_path / "none"), file, "--epoch", EPOCH]) == 2
    assert "holds no archive" in capsys.readouterr().err


def test_an_epoch_without_a_zone_is_utc() -> None:
    assert epoch_ns("2028-08-05T12:00:00") == epoch_ns(EPOCH) == ZERO
    assert epoch_ns("2028-08-05T14:00:00+02:00") == ZERO
