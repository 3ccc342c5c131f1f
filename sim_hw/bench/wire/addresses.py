"""Where a device is: `tcp://127.0.0.1:5000`, `unix:///run/wheels`, `serial:///dev/ttyUSB0?baud=...`.

Also `udp://127.0.0.1:5000` (a datagram is a payload and its checksum) and `zmq+tcp://...`,
`zmq+ipc:///...` (the device binds a ROUTER). A pty is a serial line. `qemu:///firmware.elf` and
`qemu:wheels?SPEED=2` are firmware in QEMU, which is started for it.
`isotp:socketcan:can0?to=0x7E0&from=0x7E8` is a device on a CAN bus.
"""

import ipaddress
import re
import termios
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

KINDS = ("isotp", "qemu", "serial", "tcp", "udp", "unix", "zmq+ipc", "zmq+tcp")
EXAMPLES = "tcp://127.0.0.1:5000, unix:///path, serial:///dev/ttyUSB0?baud=115200"
BAUD = 115_200
MACHINE = "mps2-an385"
"""The machine of QEMU that the examples in C are built for: a Cortex-M3."""
ISOTP = "isotp:INTERFACE:CHANNEL?to=NUMBER&from=NUMBER (and fd=1), such as "
ISOTP += "isotp:socketcan:can0?to=0x7E0&from=0x7E8"
WIDEST = (1 << 29) - 1  # of the numbers of CAN frames
_NUMBER = re.compile(r"(0x[0-9a-fA-F]{1,8}|[0-9]{1,9})\Z")
_MACHINE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}\Z")
_EXAMPLE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_DEFINE = re.compile(r"[A-Z][A-Z0-9_]{0,39}\Z")
_FIGURE = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?\Z")


class AddressRefused(ValueError):
    """An address that cannot be used; the text says what is allowed."""


@dataclass(frozen=True)
class Address:
    """One address. `path` of serial lines, of sockets of files and of firmware for QEMU; `host` and
    `port` of others. `example`: one of the devices in C, built with `defines`; `machine`: of QEMU.
    On a CAN bus `path` is the channel of an `interface` of python-can, `to` and `back` are the
    numbers of the frames from and to the bench, `fd`: of CAN FD.
    """

    text: str
    kind: str
    path: str = ""
    host: str = ""
    port: int = 0
    baud: int = BAUD
    example: str = ""
    defines: tuple[str, ...] = ()
    machine: str = MACHINE
    interface: str = ""
    to: int = 0
    back: int = 0
    fd: bool = False

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine can be there."""
        return not self.host or self.host == "localhost" or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a numeric address is of this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_address(text: str, *, allow_network: bool = False) -> Address:
    """The address that a text gives; raises AddressRefused.

    Plain tcp and udp have no keys: beyond this machine they are refused unless `allow_network`.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        words = "allowed is a port from 1 to 65535" if str(error).startswith("Port") else str(error)
        raise AddressRefused(f"{text}: {words}") from None
    kind = parts.scheme
    if kind not in KINDS:
        raise AddressRefused(f"{text}: allowed is one of {', '.join(KINDS)}, such as {EXAMPLES}")
    if kind == "qemu":
        return _firmware(text, parts)
    if kind == "isotp":
        return _within(_on_a_bus(text, parts), allow_network)
    if kind in ("serial", "unix", "zmq+ipc"):
        if parts.netloc or not parts.path.startswith("/") or "\0" in parts.path:
            raise AddressRefused(f"{text}: allowed is {kind}:///absolute/path")
        return Address(text, kind, path=parts.path, baud=_baud(text, kind, parts.query))
    if parts.query or parts.path not in ("", "/"):
        raise AddressRefused(f"{text}: allowed is {kind}://host:port")
    if not parts.hostname or not port:
        raise AddressRefused(f"{text}: allowed is {kind}://host:port, with a port from 1 to 65535")
    return _within(Address(text, kind, host=parts.hostname, port=port), allow_network)


def _within(found: Address, allow_network: bool) -> Address:
    if not found.is_local and not allow_network:
        raise AddressRefused(
            f"{found.text}: it is beyond this machine, and anyone on that network could move the "
            "device; --allow-network permits it"
        )
    return found


def beyond(interface: str, channel: str) -> bool:
    """Whether a channel of python-can leads over a network: a daemon, and a serial line by its
    URL."""
    return interface == "socketcand" or "://" in channel


def _on_a_bus(text: str, parts: SplitResult) -> Address:
    interface, _, channel = parts.path.partition(":")
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    numbers = [settings.pop(name, "") for name in ("to", "from")]
    fd = settings.pop("fd", "0")
    whole = interface.isidentifier() and channel.isprintable() and channel and not parts.netloc
    if not whole or parts.fragment or settings or fd not in ("0", "1"):
        raise AddressRefused(f"{text}: allowed is {ISOTP}")
    if not all(_NUMBER.match(each) for each in numbers):
        raise AddressRefused(f"{text}: allowed is {ISOTP}")
    to, back = (int(each, 16 if each[:2] == "0x" else 10) for each in numbers)
    if to == back or max(to, back) > WIDEST:
        raise AddressRefused(f"{text}: allowed are two numbers, of 0 to {WIDEST:#x}")
    host = channel if beyond(interface, channel) else ""
    return Address(
        text, "isotp", path=channel, host=host, interface=interface, to=to, back=back, fd=fd == "1"
    )


def _firmware(text: str, parts: SplitResult) -> Address:
    settings = parse_qsl(parts.query, keep_blank_values=True)
    allowed = "qemu:///absolute/firmware.elf?machine=NAME, or qemu:EXAMPLE?NAME=NUMBER"
    if parts.netloc or parts.fragment or "\0" in parts.path:
        raise AddressRefused(f"{text}: allowed is {allowed}")
    if parts.path.startswith("/"):
        machine = MACHINE
        for name, value in settings:
            if name != "machine" or not _MACHINE.match(value):
                raise AddressRefused(f"{text}: {name} = {value}: allowed is {allowed}")
            machine = value
        return Address(text, "qemu", path=parts.path, machine=machine)
    wrong = [name for name, value in settings
             if not _DEFINE.match(name) or not _FIGURE.match(value)]  # fmt: skip
    if wrong or not _EXAMPLE.match(parts.path):
        raise AddressRefused(f"{text}: {wrong[0] if wrong else parts.path}: allowed is {allowed}")
    defines = tuple(f"{name}={value}" for name, value in settings)
    return Address(text, "qemu", example=parts.path, defines=defines)


def _baud(text: str, kind: str, query: str) -> int:
    baud = BAUD
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "baud" or kind != "serial":
            raise AddressRefused(f"{text}: {name} is no setting of {kind}; serial has baud")
        if not value.isdecimal() or not hasattr(termios, f"B{value}"):
            known = sorted(int(n[1:]) for n in vars(termios) if n[:1] == "B" and n[1:].isdecimal())
            raise AddressRefused(
                f"{text}: baud = {value}: allowed is one of "
                f"{', '.join(str(each) for each in known if each)}"
            )
        baud = int(value)
    return baud
