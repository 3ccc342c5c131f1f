"""Who may speak to the server at all: hosts, origins, and the headers that each answer carries."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: forms would then be sent with `Origin: null`.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def origins_of(host: str, port: int, others: Iterable[str] = ()) -> frozenset[str]:
    """The origins under which a browser may know the server."""
    names = LOOPBACK if host in LOOPBACK or host == "::1" else (host,)
    own = [f"http://{name}:{port}" for name in names]
    own += [f"http://{name}" for name in names if port == 80]
    return frozenset([*own, *(other.rstrip("/") for other in others)])


class Guard:
    """Refuses foreign hosts and, where something is changed or a websocket opened, foreign origins.

    A page that a browser has open elsewhere can reach the loopback address, but neither name this
    host nor this origin.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins
        self._hosts = frozenset(urlsplit(origin).netloc for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        problem = self.problem(scope)
        if problem is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": problem})
        else:
            await PlainTextResponse(f"{problem}\n", 403)(scope, receive, _with_headers(send))

    def problem(self, scope: Scope) -> str | None:
        """Why this one is not listened to; None when it is."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            return f"Host: {host[:100]}: not a name of this server"
        origin = headers.get("origin")
        asked = scope["type"] == "websocket" or scope.get("method") in _CHANGING
        if asked and origin not in self._origins:
            return f"Origin: {(origin or 'none')[:100]}: not a page of this server"
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    return sending
