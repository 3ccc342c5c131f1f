"""`python -m ground.commands.preparing DESCRIPTOR [MISSION]`: reads the code of flights, and copies
itself whenever one is ordered on that socket; see `prepared`."""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.commands.prepared import LARGEST
from ground.missions.vehicles import ALL_VEHICLES
from ground.terminal.collecting import collect_seldom
from ground.terminal.exit_codes import NO, YES
from ground.terminal.signals import become_child_of

MODULES = (
    "ground.cli", "ground.commands.display", "ground.commands.fly", "ground.commands.standing_by",
    "ground.edge.private_files", "ground.reports.flight", "ground.testbed.hosts.throttled",
)  # fmt: skip
PIPES = 2  # standard input and output
IDLE = 2.0  # wall seconds without an order after which a mission is checked


def read_code() -> None:
    """Imports what runs and spares need of all vehicles; what else they need they import."""
    from ground.testbed.hardware.hardware import Hardware  # noqa: F401 - and all that is simulated
    from ground.testbed.participants.vehicles import vehicle_class

    for name in MODULES:
        importlib.import_module(name)
    for vehicle in ALL_VEHICLES:
        vehicle_class(vehicle)


def check_ahead(mission: str) -> None:
    """Checks a mission, of which all is thrown away but what is read once in a process: what its
    vehicles and their commands are. Each copy checks it again, and takes half the time then."""
    from ground.missions.mission import load_mission
    from ground.testbed.checks.mission import check_mission

    with contextlib.suppress(ConfigurationError):  # who flies it says so
        check_mission(load_mission(mission))


def serve(channel: socket.socket, mission: str = "") -> int:
    """Copies this process for each order; returns, in a copy, what that ended with, and here when
    nobody orders any more, or no copy can be made. In between it checks the mission, once: not
    before the first ones are there, which are waited for."""
    channel.send(b'{"ready": true}')
    while True:
        if mission and not select.select([channel], [], [], IDLE)[0]:
            check_ahead(mission)
            gc.collect()
            gc.freeze()
            mission = ""
        data, pipes, _, _ = socket.recv_fds(channel, LARGEST, PIPES)
        if not data:
            return YES
        order: dict[str, Any] = json.loads(data)
        between = os.fork()
        if between:
            failed = os.waitpid(between, 0)[1]
            for each in pipes:
                os.close(each)
            if failed:
                return NO  # who ordered finds that nobody comes, and starts a program
        elif _is_between():
            os._exit(YES)  # so that the copy becomes a child of who starts and ends it
        else:
            return _be(order, channel, pipes)


def _is_between() -> bool:
    """Copies once more: true in the process that was copied, which ends where it cannot be."""
    try:
        return os.fork() > 0
    except OSError as error:
        print(f"no copy can be made: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(NO)


def _be(order: dict[str, Any], channel: socket.socket, pipes: Sequence[int]) -> int:
    """In a copy: the program that was ordered."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number, pipe in enumerate(pipes or (nowhere, nowhere)):
        os.dup2(pipe, number)
    for each in (*pipes, nowhere):
        os.close(each)
    if not become_child_of(order["parent"]):
        os._exit(NO)  # nobody is there who could end it
    channel.send(json.dumps({"number": order["number"], "pid": os.getpid()}).encode())
    channel.close()
    module, *words = order["words"]
    return int(importlib.import_module(module).main(words))


def main(words: Sequence[str]) -> int:
    """The exit code; of a copy that of its program."""
    channel = socket.socket(fileno=int(words[0]))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    collect_seldom()
    read_code()
    gc.freeze()  # what is looked through for garbage is copied in memory
    return serve(channel, *words[1:2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
