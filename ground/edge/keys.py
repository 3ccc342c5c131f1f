"""CURVE keys of a run over tcp: one pair of the edge, one of each person; and who may come in."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
import zmq
from zmq.utils import z85

from ground.client.frames import Api
from ground.edge.private_files import private_folder, write_private

_DOMAIN = b"threeforks"
_HANDLER = "inproc://zeromq.zap.01"  # where ZeroMQ asks, by its protocol 27/ZAP


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


class Door:
    """Answers ZeroMQ's question who may connect: who has the key of a person, as that person."""

    def __init__(self, context: "zmq.Context[Any]", people: Mapping[bytes, str]) -> None:
        self.refused = 0
        self._people = dict(people)
        self._socket: zmq.Socket[Any] = context.socket(zmq.REP)
        self._socket.bind(_HANDLER)
        self._loop = asyncio.get_running_loop()
        self._descriptor = int(self._socket.getsockopt(zmq.FD))
        self._loop.add_reader(self._descriptor, self._answer_all)
        self._loop.call_soon(self._answer_all)

    def _answer_all(self) -> None:
        while not self._socket.closed:
            try:
                question = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            user = self._who(question)
            self.refused += user is None
            request = question[1] if len(question) > 1 else b""
            code, text = (b"400", b"not a person of this run") if user is None else (b"200", b"OK")
            name = (user or "").encode()
            self._socket.send_multipart([b"1.0", request, code, text, name, b""])

    def _who(self, question: list[bytes]) -> str | None:
        if len(question) != 7 or question[2] != _DOMAIN or question[5] != b"CURVE":
            return None
        return self._people.get(question[6])

    def close(self) -> None:
        """Ends that."""
        self._loop.remove_reader(self._descriptor)
        self._socket.close(0)
