"""A program of a run over tcp needs the keys of the run; over ipc there are none."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.runtime.zeromq_keys import Keys
from ground.testbed.processes.process import Specification


def specification(transport: str, folder: Path) -> Specification:
    return Specification(
        mission="m", folder="f", seed=1, sockets=str(folder), participants=(),
        transport=transport  # type: ignore[arg-type]
    )  # fmt: skip


def test_tcp_without_the_keys_of_the_run_is_refused(tmp_path: Path) -> None:
    over_tcp = specification("tcp", tmp_path)
    with pytest.raises(ConfigurationError, match="tcp needs them"):
        over_tcp.keys()
    over_tcp.keys_file.write_text('{"bound_public": 1}')
    with pytest.raises(ConfigurationError, match="tcp needs them"):
        over_tcp.keys()
    over_tcp.keys_file.unlink()
    keys = Keys.make()
    keys.write(over_tcp.keys_file)
    assert over_tcp.keys() == keys


def test_ipc_needs_no_keys(tmp_path: Path) -> None:
    assert specification("ipc", tmp_path).keys() is None
