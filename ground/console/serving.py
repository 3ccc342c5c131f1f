"""The web server: the page, the login, and a websocket for each browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from ground.console.browser import LARGEST_TEXT, Bell, Browser
from ground.console.guard import Guard, origins_of
from ground.console.impatience import ImpatientProtocol
from ground.console.news import News, Reader
from ground.console.panels import PanelFiles, installed_panels
from ground.console.upstream import Upstream

STATIC = Path(__file__).parent / "static"
COOKIE = "msr_session"
TRAINER = "trainer"
LARGEST_FORM = 4096  # bytes
LONGEST_SESSION = 200  # characters
TOGETHER = 200  # connections at once


@dataclass(frozen=True)
class Place:
    """Where the server listens, and which other origins its page may have."""

    host: str = "127.0.0.1"
    port: int = 8700
    origins: tuple[str, ...] = ()


class Console:
    """The server's routes over one connection to the API."""

    def __init__(self, api: str, streams: str, note: str = "") -> None:
        self._addresses = (api, streams)
        self._news = News(note)
        self._bell = Bell()
        self._upstream: Upstream
        self._known = False  # whether the newest values were asked for since the link came

    def app(self, place: Place) -> Starlette:
        """The whole application, behind the guard."""
        panels = installed_panels()
        told = msgspec.json.encode({"panels": [each.plain() for each in panels]})
        further: list[BaseRoute] = [
            Mount(each.at, PanelFiles(directory=each.folder)) for each in panels if each.folder
        ]

        async def panels_told(request: Request) -> Response:
            return Response(told, media_type="application/json")

        routes = [
            *further,
            Route("/panels.json", panels_told),
            Route("/", self._page),
            Route("/login", self._login_page, methods=["GET"]),
            Route("/login", self._login, methods=["POST"]),
            Route("/logout", self._logout, methods=["POST"]),
            Route("/dictionary.json", self._dictionary),
            WebSocketRoute("/ws", self._websocket),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        guard = Middleware(Guard, origins=origins_of(place.host, place.port, place.origins))
        return Starlette(routes=routes, middleware=[guard], lifespan=self._living)

    @asynccontextmanager
    async def _living(self, _app: Starlette) -> AsyncIterator[None]:
        async with Upstream(*self._addresses, self._streamed, self._silent) as self._upstream:
            taking = asyncio.create_task(self._upstream.run())
            try:
                yield
            finally:
                taking.cancel()
                with suppress(asyncio.CancelledError):
                    await taking

    def _streamed(self, topic: str, message: Any) -> None:
        self._news.take(topic, message)
        self._bell.ring()

    def _silent(self) -> None:
        if self._news.link is None or self._news.link["up"]:
            self._known = False
            self._news.forget()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._news.set_link(False, "mission control is not heard", now)
            self._bell.ring()

    # ------------------------------------------------------------------ pages

    async def _page(self, request: Request) -> Response:
        if request.cookies.get(COOKIE) is None:
            return RedirectResponse("/login", 303)
        return FileResponse(STATIC / "console.html")

    async def _login_page(self, request: Request) -> Response:
        return FileResponse(STATIC / "login.html")

    async def _login(self, request: Request) -> Response:
        body = b""
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_FORM:
                    return Response("too large\n", 413, media_type="text/plain")
        except ClientDisconnect:
            return Response("broken off\n", 400, media_type="text/plain")  # nobody reads it
        try:
            form = parse_qs(
                body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=8
            )
        except ValueError:
            return Response("too many fields\n", 400, media_type="text/plain")
        names = ("token",) if "token" in form else ("user", "password")
        given: dict[str, str] = {name: form.get(name, [""])[0] for name in names}
        return await self._log_in({"do": "login"} | given)

    async def _log_in(self, request: dict[str, str]) -> Response:
        answer = await self._upstream.ask(dict(request))
        session = (answer.get("result") or {}).get("session") if answer.get("ok") else None
        if not isinstance(session, str):
            why = "waiting" if answer.get("away") else "refused"
            return RedirectResponse(f"/login?{why}", 303)
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/")
        return response

    async def _logout(self, request: Request) -> Response:
        session = request.cookies.get(COOKIE)
        if session is not None:
            await self._upstream.ask({"do": "logout"}, session[:LONGEST_SESSION])
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
        return response

    async def _dictionary(self, request: Request) -> Response:
        """By HTTP, since it is larger than a websocket's frame may be."""
        session = request.cookies.get(COOKIE, "")[:LONGEST_SESSION]
        answer = await self._upstream.ask({"do": "dictionary"}, session)
        if not answer.get("ok"):
            return JSONResponse(answer, 403)
        return Response(msgspec.json.encode(answer["result"]), media_type="application/json")

    # -------------------------------------------------------------- websocket

    async def _websocket(self, socket: WebSocket) -> None:
        session = socket.cookies.get(COOKIE, "")[:LONGEST_SESSION]
        hello = await self._upstream.ask({"do": "hello"}, session) if session else None
        await socket.accept()
        if hello is None or not hello.get("ok"):
            # While mission control is away nobody is known, and nobody is sent to log in again.
            away = hello is not None and bool(hello.get("away"))
            await socket.close(*((1013, "mission control is away") if away else (4401, "log in")))
            return
        await self._ask_values(session)
        you = (hello.get("result") or {}).get("you") or {}
        trains = TRAINER in you.get("roles", ())
        reader = Reader(self._news, trains=trains)
        await Browser(socket, session, self._upstream, reader, self._bell).serve()

    async def _ask_values(self, session: str) -> None:
        """The newest values, which the streams tell only when they change."""
        if not self._known:
            self._known = True
            answer = await self._upstream.ask({"do": "telemetry"}, session)
            if answer.get("ok"):
                self._news.take("tm", answer.get("result"))


def serve(api: str, streams: str, place: Place, note: str = "") -> None:
    """Serves until the process is told to end; `note`: a line that each page shows once."""
    config = uvicorn.Config(
        Console(api, streams, note).app(place),
        host=place.host,
        port=place.port,
        log_level="error",  # a warning is told of each request that is none, as often as one likes
        http=ImpatientProtocol,
        proxy_headers=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=LARGEST_TEXT,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        limit_concurrency=TOGETHER,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run()
