"""Bench files with one mapped device, and the adapter that such a file makes."""

from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.testbed.bench.file import load_bench, setting_of
from sim_hw.bench.adapters.process import adapter_of

FILE = """\
format: 1
title: test
wires:
  line: {{address: "{address}"}}
devices:
  {service}:
    mode: real
    adapter: {adapter}
    wire: line
    identity: {{interface: {interface}{identity}}}
"""


def written(
    folder: Path, service: str, interface: str, adapter: str, address: str, more: str,
    identity: str = "",
) -> Path:  # fmt: skip
    """A bench file; `more`: further keys of the device, from the margin."""
    head = FILE.format(
        service=service, interface=interface, adapter=adapter, address=address,
        identity=f", {identity}" if identity else "",
    )  # fmt: skip
    file = folder / "desk.yaml"
    file.write_text(head + "".join(f"    {line}\n" for line in more.splitlines()))
    return file


def adapter_from(file: Path, *, allow_network: bool = False) -> Any:
    """The adapter of the one device of a file, in this process; nothing is opened."""
    path, bench = load_bench(str(file), allow_network=allow_network)
    (real,) = setting_of(bench, path, allow_network=allow_network).devices
    assert real.adapter is not None
    return adapter_of(real.adapter)


def refused(file: Path) -> str:
    """The sentence by which a file is refused."""
    try:
        load_bench(str(file))
    except ConfigurationError as error:
        assert str(error).count("\n") == 0
        return str(error)
    raise AssertionError("it was not refused")
