"""Who may talk over tcp: the keys of a run, and the handler that admits only who has them."""

import asyncio
import hmac
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec
import zmq
from zmq.utils import z85

_DOMAIN = b"run"
_HANDLER = "inproc://zeromq.zap.01"  # where ZeroMQ asks, by its protocol 27/ZAP


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The two CURVE key pairs of a run (Z85): of all who bind, and of all who connect.

    Whoever has them is one of the run's programs; they are not told apart from each other.
    """

    bound_public: str
    bound_secret: str
    connecting_public: str
    connecting_secret: str

    @classmethod
    def make(cls) -> Self:
        """New ones, drawn by the cryptographic library."""
        bound, connecting = zmq.curve_keypair(), zmq.curve_keypair()
        return cls(*(key.decode("ascii") for key in (*bound, *connecting)))

    def write(self, file: Path) -> None:
        """Into a new file that only its owner can read; raises OSError when it is there."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(msgspec.json.encode(self))

    @classmethod
    def read(cls, file: Path) -> Self:
        """From that file; raises OSError, or ValueError for what are no keys."""
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def secure_bound(self, socket: "zmq.Socket[bytes]") -> None:
        """Has a socket that will bind ask who connects."""
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.bound_public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.bound_secret.encode())
        socket.setsockopt(zmq.ZAP_DOMAIN, _DOMAIN)

    def secure_connecting(self, socket: "zmq.Socket[bytes]") -> None:
        """Has a socket that will connect show who it is, and ask the same."""
        socket.setsockopt(zmq.CURVE_SERVERKEY, self.bound_public.encode())
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.connecting_public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.connecting_secret.encode())


class Doorkeeper:
    """Answers ZeroMQ's questions whether somebody may connect, on the running loop.

    `known`: the public keys (32 bytes) of who may, each with the name that it connects under;
    `stranger` is told to everybody else. `on_refused` hears how many were refused so far, at each
    refusal.
    """

    def __init__(
        self,
        context: "zmq.Context[Any]",
        domain: bytes,
        known: Mapping[bytes, str],
        stranger: str,
        on_refused: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._domain, self._known, self._stranger = domain, dict(known), stranger.encode()
        self._on_refused = on_refused
        self.admitted = 0
        self.refused = 0
        self._socket: zmq.Socket[bytes] = context.socket(zmq.REP)
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
            name = self._who(question)
            if name is None:
                self.refused += 1
                code, text = b"400", self._stranger
            else:
                self.admitted += 1
                code, text = b"200", b"OK"
            request = question[1] if len(question) > 1 else b""
            self._socket.send_multipart([b"1.0", request, code, text, (name or "").encode(), b""])
            if name is None:
                self._on_refused(self.refused)

    def _who(self, question: list[bytes]) -> str | None:
        if len(question) != 7:
            return None
        _version, _request, domain, _address, _identity, mechanism, key = question
        if domain != self._domain or mechanism != b"CURVE":
            return None
        names = (name for known, name in self._known.items() if hmac.compare_digest(key, known))
        return next(names, None)

    def close(self) -> None:
        """Ends that."""
        self._loop.remove_reader(self._descriptor)
        self._socket.close(0)


def doorkeeper_of_run(
    context: "zmq.Context[Any]", keys: Keys, on_refused: Callable[[int], None]
) -> Doorkeeper:
    """Admits the programs of a run, which are not told apart."""
    known = {z85.decode(keys.connecting_public.encode()): ""}
    return Doorkeeper(context, _DOMAIN, known, "not a program of this run", on_refused)
