"""Who is listened to: only pages of this server, under its own names."""

import pytest

from ground.console.guard import HEADERS, Guard, origins_of

HERE = origins_of("127.0.0.1", 8700, ["https://console.example.org/"])


async def nothing(*_: object) -> None:
    raise AssertionError("a stranger came through")


def scope(kind: str = "http", method: str = "GET", **headers: str) -> dict[str, object]:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": method, "headers": pairs, "path": "/"}


def problem(asked: dict[str, object]) -> str | None:
    return Guard(nothing, HERE).problem(asked)


@pytest.mark.parametrize("host", ["127.0.0.1:8700", "localhost:8700", "[::1]:8700"])
def test_its_own_names_are_known(host: str) -> None:
    assert problem(scope(host=host)) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:8701", "127.0.0.1:8700.evil.example", ""]
)
@pytest.mark.requirement("CON-02")
def test_another_host_is_refused(host: str) -> None:
    assert "not a name of this server" in (problem(scope(host=host)) or "")


def test_two_hosts_are_refused_though_the_first_is_known() -> None:
    asked = scope(host="127.0.0.1:8700")
    asked["headers"] = [(b"host", b"127.0.0.1:8700"), (b"host", b"evil.example")]
    assert problem(asked) is not None


@pytest.mark.parametrize(
    ("kind", "method"), [("http", "POST"), ("http", "DELETE"), ("websocket", "GET")]
)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8700"])
@pytest.mark.requirement("CON-02")
def test_a_foreign_origin_changes_nothing_and_opens_no_socket(
    kind: str, method: str, origin: str
) -> None:
    assert "not a page of this server" in (
        problem(scope(kind, method, host="127.0.0.1:8700", origin=origin)) or ""
    )


@pytest.mark.parametrize(("kind", "method"), [("http", "POST"), ("websocket", "GET")])
def test_without_an_origin_nothing_is_changed(kind: str, method: str) -> None:
    assert "Origin: none" in (problem(scope(kind, method, host="127.0.0.1:8700")) or "")


@pytest.mark.parametrize("origin", ["http://localhost:8700", "https://console.example.org"])
def test_its_own_pages_and_those_that_it_was_told_may(origin: str) -> None:
    assert problem(scope("websocket", host="localhost:8700", origin=origin)) is None


@pytest.mark.requirement("CON-02")
def test_scripts_and_styles_come_from_here_alone() -> None:
    policy = HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy and "*" not in policy
