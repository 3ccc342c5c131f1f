"""Where services are: `inproc` in one process, `ipc` or `tcp` on loopback between processes."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

WAITING = 100  # connections that wait to be taken, as ZeroMQ has it
LONGEST_IPC_PATH = 107  # bytes, IPC_PATH_MAX_LEN of ZeroMQ on Linux


class IpcAddresses(Mapping[str, str]):
    """Every service has a socket file of its own in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, service: str) -> str:
        path = str(self._folder / service)
        if len(path.encode()) > LONGEST_IPC_PATH:
            raise ValueError(
                f"{path}: a socket path has at most {LONGEST_IPC_PATH} bytes; "
                "choose a shorter folder for temporary files (TMPDIR)"
            )
        return f"ipc://{path}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class TcpAddresses(Mapping[str, str]):
    """Services share a table of loopback ports, handed out by name."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = dict(ports)

    def __getitem__(self, service: str) -> str:
        return f"tcp://127.0.0.1:{self._ports[service]}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._ports)

    def __len__(self) -> int:
        return len(self._ports)


def listening_ports(services: list[str]) -> dict[str, tuple[int, int]]:
    """For each service a loopback port that is bound and listens, and the descriptor of its socket.

    Whoever has the descriptor serves it, or hands it over: a port is never let go and taken again.
    """
    ports = {}
    for service in services:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        listening.listen(WAITING)
        port = int(listening.getsockname()[1])
        ports[service] = port, listening.detach()
    return ports
