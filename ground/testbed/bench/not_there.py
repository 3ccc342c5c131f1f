"""What people write into a bench file that it does not have, with what there is instead."""

import re

from flight.configuration.files import ConfigurationError

SERVICE = r"devices\.\w+\.\w+"
INSTEAD: dict[str, str] = {
    r"report(\..*)?": "a report is `msr hil report RUN`; what part of the calls may miss is "
    "most_misses",
    r"faults(\..*)?": "faults stand with their device: devices.SERVICE.faults",
    r"wires\.[^.]+\.(serial|baud|framing|parity)": "a wire has its address alone, such as "
    "serial:///dev/serial/by-id/NAME?baud=921600; its frames are those of the device protocol",
    r"wires\.[^.]+\.(can|interface|bitrate|database)": "a wire has its address alone, such as "
    "can:socketcan:can0; the database stands in the map of its device, and the bit rate is set by "
    "`ip link`",
    r"wires\.[^.]+\.(visa|scpi)": "a wire has its address alone, such as "
    "scpi:TCPIP0::127.0.0.1::5025::SOCKET",
    r"wires\.[^.]+\.(qemu|image|machine)": "a wire has its address alone, such as "
    "qemu:///home/me/wheels.elf?machine=mps2-an385",
    r"wires\.[^.]+\.(fmu|fmi|step)": "a wire has its address alone, such as fmi:model.fmu; the "
    "step stands in the map of its device",
    r"realtime(\.(?!priority|required)\w+)?": "the policy is SCHED_FIFO, and memory is locked: "
    "give priority and required alone",
    rf"{SERVICE}\.limits\.(rate|duty)(\..*)?": "limits are of arguments; rate and duty stand "
    "beside limits, with the device",
    rf"{SERVICE}\.power\.off_when(\..*)?": "its supply is off while the simulated switch is "
    "open, and then alone; a stop, and that nobody has armed it, make it safe",
    rf"{SERVICE}\.stimulus(\..*)?": "each device with the feature `stimulus` is told what the "
    "world does to it, in SI units; no scale and no rate can be given",
    rf"{SERVICE}\.deadline(\..*)?": "deadlines, by method, or loop.deadline of what is in a loop",
    rf"{SERVICE}\.on_loss(\..*)?": "it is a fault code, that flight software sees; one that is "
    "lost is made safe by its own dead man",
    rf"{SERVICE}\.(topic|at_end)": "of a recording there is recording and hold: what it has is "
    "found by the service, and what it does not have is refused",
    r"record\.(stimulus|file)": "what a device is told of the world is recorded with the calls, in "
    "bench.mcap of the run folder",
    r"interlock\.rules(\[[0-9]+\])?": "a rule is such as {inhibit: rover.rover_arm, while: "
    "rover.wheels, is: moving}",
    r"(inventory|locks)(\..*)?": "who holds what is in no file: `msr hil locks`, `msr hil lock`",
}
"""By the key that is refused, as a pattern."""


def with_instead(error: ConfigurationError) -> ConfigurationError:
    """The same refusal, with what there is in the place of what was written."""
    for pattern, words in INSTEAD.items():
        if re.fullmatch(pattern, error.key):
            problem = f"{error.problem}; it is not there: {words}"
            return ConfigurationError(error.file, error.line, error.key, problem)
    return error
