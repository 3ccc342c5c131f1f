"""Where a device is: `tcp://127.0.0.1:5000`, `unix:///run/wheels`, `serial:///dev/ttyUSB0?baud=...`.

Also `udp://127.0.0.1:5000` (a datagram is a payload and its checksum) and `zmq+tcp://...`,
`zmq+ipc:///...` (the device binds a ROUTER). A pty is a serial line.
"""

import ipaddress
import termios
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

KINDS = ("serial", "tcp", "udp", "unix", "zmq+ipc", "zmq+tcp")
EXAMPLES = "tcp://127.0.0.1:5000, unix:///path, serial:///dev/ttyUSB0?baud=115200"
BAUD = 115_200


class AddressRefused(ValueError):
    """An address that cannot be used; the text says what is allowed."""


@dataclass(frozen=True)
class Address:
    """One address. `path` of serial lines and sockets of files; `host` and `port` of others."""

    text: str
    kind: str
    path: str = ""
    host: str = ""
    port: int = 0
    baud: int = BAUD

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
        raise AddressRefused(f"{text}: {error}") from None
    kind = parts.scheme
    if kind not in KINDS:
        raise AddressRefused(f"{text}: allowed is one of {', '.join(KINDS)}, such as {EXAMPLES}")
    if kind in ("serial", "unix", "zmq+ipc"):
        if parts.netloc or not parts.path.startswith("/") or "\0" in parts.path:
            raise AddressRefused(f"{text}: allowed is {kind}:///absolute/path")
        return Address(text, kind, path=parts.path, baud=_baud(text, kind, parts.query))
    if parts.query or parts.path not in ("", "/"):
        raise AddressRefused(f"{text}: allowed is {kind}://host:port")
    if not parts.hostname or not port:
        raise AddressRefused(f"{text}: allowed is {kind}://host:port, with a port from 1 to 65535")
    found = Address(text, kind, host=parts.hostname, port=port)
    if not found.is_local and not allow_network:
        raise AddressRefused(
            f"{text}: it is beyond this machine, and anyone on that network could move the device; "
            "--allow-network permits it"
        )
    return found


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
