"""What happens in a run can be read while it happens."""

import json
from pathlib import Path

from flight.icd.messages import EventReport, Severity
from ground.missions.run_folder import RunFolder
from ground.testbed.evidence.run_events import EVENTS_FILE, EventJournal


def test_an_event_is_there_as_a_whole_line_before_the_run_has_ended(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    journal = EventJournal(folder)
    told = EventReport(
        source="run", name="bench_stop", severity=Severity.WARNING_HI, time_ns=1, text="stopped",
        data={}, number=0,
    )  # fmt: skip
    journal.write(told)
    line = (tmp_path / EVENTS_FILE).read_text()
    assert line.endswith("\n") and json.loads(line)["name"] == "bench_stop"
    journal.close()
    folder.close()
