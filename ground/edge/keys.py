"""CURVE keys of a run over tcp: one pair of the edge, one of each person; and who may come in."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
import zmq
from zmq.utils import z85

from flight.runtime.zeromq_keys import Doorkeeper
from ground.client.frames import Api
from ground.edge.private_files import private_folder, write_private

_DOMAIN = b"threeforks"


class RunKeys:
    """Keys drawn for this run. A person's file lets in whoever has it, as that person."""

    def __init__(self, users: Collection[str]) -> None:
        self._public, self._secret = zmq.curve_keypair()
        self._pairs = {user: zmq.curve_keypair() for user in sorted(users)}

    @property
    def people(self) -> Mapping[bytes, str]:
        """Whose each public key is."""
        return {z85.decode(public): user for user, (public, _) in self._pairs.items()}

    def secure(self, socket: "zmq.Socket[Any]") -> None:
        """Has a socket that will bind ask who connects."""
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self._public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self._secret)
        socket.setsockopt(zmq.ZAP_DOMAIN, _DOMAIN)

    def write(self, folder: Path, requests: str, streams: str) -> list[Path]:
        """A file for each person, with the addresses: `MissionControl(FILE)`."""
        private_folder(folder)
        files = []
        for user, (public, secret) in self._pairs.items():
            files.append(folder / f"{user}.json")
            keys = (self._public, public, secret)
            api = Api(requests, streams, "", 0, user, *(key.decode("ascii") for key in keys))
            write_private(files[-1], msgspec.json.encode(api))
        return files


def doorkeeper_of_people(context: "zmq.Context[Any]", people: Mapping[bytes, str]) -> Doorkeeper:
    """Admits who has the key of a person, as that person."""
    return Doorkeeper(context, _DOMAIN, people, "not a person of this run")
