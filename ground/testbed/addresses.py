"""Where services are: `inproc` in one process, `ipc` or `tcp` on loopback between processes."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

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
    """Services share a table of free loopback ports, handed out by name."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = dict(ports)

    def __getitem__(self, service: str) -> str:
        return f"tcp://127.0.0.1:{self._ports[service]}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._ports)

    def __len__(self) -> int:
        return len(self._ports)


def free_ports(services: list[str]) -> dict[str, int]:
    """A free loopback port for each service, found by binding all at once and letting go."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in services]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {
            service: int(each.getsockname()[1])
            for service, each in zip(services, sockets, strict=True)
        }
    finally:
        for each in sockets:
            each.close()
