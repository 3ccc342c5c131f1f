"""Mission control over processes is killed at 200 drawn instants while it commands, and more where
SOAK_MINUTES leaves time; the counts are printed."""

import os
import secrets
import time
from pathlib import Path

import pytest

from tests.ground.testbed.processes.killed_ground import check_all, fly_and_kill

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

DEATHS = int(os.environ.get("SOAK_DEATHS", "200"))
OF_A_RUN = 40
SOLS = 6.0


@pytest.mark.processes
def test_no_command_is_lost_or_sent_twice_or_shown_wrongly(tmp_path: Path) -> None:
    end = time.monotonic() + 60.0 * float(os.environ.get("SOAK_MINUTES", "60"))
    base = int(os.environ.get("SOAK_SEED", 0)) or 1 + secrets.randbelow(2**31)
    print(f"\nSOAK_SEED={base}")
    deaths = commands = runs = 0
    while deaths < DEATHS and (runs == 0 or time.monotonic() < end):
        folder = tmp_path / str(runs)
        folder.mkdir()
        crew, record = fly_and_kill(folder, base + runs, min(OF_A_RUN, DEATHS - deaths), SOLS)
        check_all(crew, record)
        assert crew.killer.killed
        runs += 1
        deaths += len(crew.killer.killed)
        commands += crew.commands
        print(f"{deaths} deaths, {commands} commands, {runs} runs", flush=True)
