"""The bench process, as the run has it: what it tells; its end and its hanging are noticed."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from sim_hw.bench import port
from sim_hw.bench.device_link import Wanted
from sim_hw.bench.port import BenchProcess

pytestmark = pytest.mark.processes


def setting(folder: Path) -> dict[str, Any]:
    wanted = vars(Wanted("rover.wheels", "Wheels", interface_hash(Wheels)))
    return {"devices": [{"wanted": wanted, "address": f"unix://{folder}/none"}]}


def told(process: BenchProcess) -> list[Any]:
    """The next that it tells."""
    until = time.monotonic() + 20.0
    while time.monotonic() < until and not process.gone:
        found = process.take(0.1)
        if found is not None:
            return found
    raise AssertionError("nothing was told")


def test_it_tells_what_is_not_there_and_ends_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    process = BenchProcess(setting(tmp_path))
    said = told(process)
    assert said[:3] == ["state", "rover.wheels", "absent"] and "is it plugged in" in said[3]
    assert process.take() is None and not process.gone  # that it is alive is no news
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.identifier, 0)


def test_one_that_has_died_is_gone_at_once_and_one_that_hangs_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = BenchProcess(setting(tmp_path))
    told(process)
    os.kill(process.identifier, signal.SIGKILL)
    while process.take(5.0) is not None:
        pass
    assert process.gone
    process.send(b"anything")  # is no error
    process.close()
    monkeypatch.setattr(port, "SILENT", 0.6)
    process = BenchProcess(setting(tmp_path))
    told(process)
    os.kill(process.identifier, signal.SIGSTOP)
    while process.take(0.0) is not None:
        pass
    assert not process.gone
    while not process.gone:
        process.take(0.1)
    process.close()
