"""People and scripts are let in as who they are: by password, link, session or key."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zmq
import zmq.asyncio

from flight.configuration.files import ConfigurationError
from flight.icd.codec import encode
from ground.client import Connection, MissionControl, Refused, Unanswered, find_api
from ground.client.frames import API_FILE
from ground.edge import Edge, EdgeOptions
from tests.ground.edge.conftest import PASSWORD, Wall
from tests.ground.edge.serving import client, raw, served, session_of
from tests.ground.edge.stand_in import StandIn, until

pytestmark = pytest.mark.stock


async def test_what_a_person_sends_reaches_the_run_in_their_name(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options):
        password = f"anna: {PASSWORD}"
        async with MissionControl(run.folder, user="anna", password=password) as mc:
            assert await mc.send("rover", "drive", {"distance": 3.0}) == (["mc-2"], "st-1", None)
            assert (await mc.hello())["you"]["name"] == "anna"
    staged, released = run.acted
    assert staged["request"] == {
        "do": "stage", "vehicle": "rover", "command": "drive", "arguments": {"distance": 3.0},
    }  # fmt: skip
    assert (staged["user"], staged["session"]) == ("anna", "anna-1")
    assert released["key"] != staged["key"]


@pytest.mark.requirement("PPL-01")
async def test_who_claims_to_be_somebody_else_is_refused(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge:
        frame = {"id": 1, "request": {"do": "hello"}, "session": session_of(edge, "anna")}
        assert (await raw(edge, encode({**frame, "user": "anna"})))["ok"] is True
        answer = await raw(edge, encode({**frame, "user": "ben"}))
        assert answer["ok"] is False and "nothing is done in the name of 'ben'" in answer["refused"]
        assert edge.counts.forged == 1
    assert all(each["user"] == "anna" for each in run.acted)


@pytest.mark.parametrize("token", ["", "nonsense", "anna", "anna-1"])
async def test_a_foreign_session_is_nobodys(run: StandIn, options: EdgeOptions, token: str) -> None:
    async with served(run, options) as edge:
        session_of(edge, "anna")
        async with Connection(run.folder, session=token) as connection:
            with pytest.raises(Refused, match="log in"):
                await connection.ask({"do": "release", "stages": ["st-1"]})
        assert edge.counts.unknown_session == 1
    assert run.acted == []


async def test_a_session_of_another_runs_edge_is_foreign(
    run: StandIn, options: EdgeOptions, tmp_path: Path
) -> None:
    other = StandIn(tmp_path / "other")
    async with served(other, options) as elsewhere:
        token = session_of(elsewhere, "anna")
    async with served(run, options), Connection(run.folder, session=token) as connection:
        with pytest.raises(Refused, match="not known here"):
            await connection.ask({"do": "hello"})


async def test_a_wrong_password_and_a_strange_name_are_refused_alike(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options), Connection(run.folder) as connection:
        sentences = set()
        annas = f"anna: {PASSWORD}"
        for user, password in (("anna", "guess"), ("zoe", annas), ("eve", annas), ("ben", annas)):
            with pytest.raises(Refused) as refused:
                await connection.ask({"do": "login", "user": user, "password": password})
            sentences.add(str(refused.value))
        assert sentences == {"no person with this name and password is known here"}


@pytest.mark.requirement("PPL-04")
async def test_too_many_attempts_are_not_looked_at_for_a_while(
    run: StandIn, options: EdgeOptions, wall: Wall
) -> None:
    right = {"do": "login", "user": "anna", "password": f"anna: {PASSWORD}"}
    async with served(run, options), Connection(run.folder) as connection:
        for _ in range(5):
            with pytest.raises(Refused, match="no person"):
                await connection.ask({**right, "password": "guess number x"})
        with pytest.raises(Refused, match="too many attempts to log in; try again in 60 s"):
            await connection.ask(right)
        ben = {"do": "login", "user": "ben", "password": f"ben: {PASSWORD}"}
        assert (await connection.ask(ben))["user"] == "ben"
        wall.seconds += 59.0
        with pytest.raises(Refused, match="too many"):
            await connection.ask(right)
        wall.seconds += 1.0
        assert (await connection.ask(right))["user"] == "anna"


async def test_a_link_opens_one_session_once(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, Connection(run.folder) as connection:
        token = edge.sessions.make_link("ben")
        assert (await connection.ask({"do": "login", "token": token}))["user"] == "ben"
        for used in (token, "nonsense"):
            with pytest.raises(Refused, match="not known here, or was used"):
                await connection.ask({"do": "login", "token": used})


async def test_a_link_is_no_link_after_half_a_day(
    run: StandIn, options: EdgeOptions, wall: Wall
) -> None:
    async with served(run, options) as edge, Connection(run.folder) as connection:
        token = edge.sessions.make_link("ben")
        wall.seconds += 12 * 3600.0 + 1.0
        with pytest.raises(Refused, match="not known here"):
            await connection.ask({"do": "login", "token": token})


async def test_a_session_outlives_the_edge_and_ends_when_nobody_uses_it(
    run: StandIn, options: EdgeOptions, wall: Wall
) -> None:
    async with served(run, options) as edge:
        token = session_of(edge, "anna")
    async with served(run, options), Connection(run.folder, session=token) as connection:
        assert (await connection.ask({"do": "whoami"}))["name"] == "anna"
        wall.seconds += 12 * 3600.0
        await connection.ask({"do": "whoami"})
        wall.seconds += 12 * 3600.0 + 1.0
        with pytest.raises(Refused, match="is over"):
            await connection.ask({"do": "whoami"})


async def test_after_logging_out_a_session_is_nobodys(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, client(edge, "anna") as connection:
        await connection.ask({"do": "logout"})
        with pytest.raises(Refused, match="log in"):
            await connection.ask({"do": "whoami"})


@pytest.mark.requirement("PPL-05")
async def test_no_secret_lies_where_others_can_read_it(run: StandIn, options: EdgeOptions) -> None:
    options = replace(options, tcp=0, save_sessions=True)
    async with served(run, options) as edge:
        token = session_of(edge, "anna")
        files = [each for each in edge.state.rglob("*") if each.is_file()]
        assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
        assert all(each.stat().st_mode & 0o077 == 0 for each in edge.state.rglob("*/"))
        assert edge.state.stat().st_mode & 0o777 == 0o700
        assert token not in (edge.state / "sessions.json").read_text()
        api = (run.folder / API_FILE).read_text()
        assert token not in api and '"secret":""' in api


async def test_a_file_of_passwords_that_others_can_read_is_refused(
    run: StandIn, options: EdgeOptions
) -> None:
    assert options.secrets is not None
    options.secrets.chmod(0o640)
    with pytest.raises(ConfigurationError, match="others may read it; allowed is mode 0600"):
        Edge(run.folder, options)


async def test_a_run_is_served_once(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options):
        with pytest.raises(ConfigurationError, match="is served already"):
            Edge(run.folder, options)


# ------------------------------------------------------------------ keys, tcp


@pytest.mark.requirement("PPL-01")
async def test_over_tcp_a_key_says_who_asks(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, replace(options, tcp=0)) as edge:
        anna, ben, _ = edge.key_files
        async with MissionControl(ben) as mc:
            assert (await mc.ask("whoami"))["name"] == "ben"
            await mc.stage("rover", "drive")
            assert (await anext(mc.clock()))["link"]["up"] is True
        async with Connection(anna, session=session_of(edge, "ben")) as connection:
            with pytest.raises(Refused, match="the session of somebody else"):
                await connection.ask({"do": "hello"})
        assert find_api(anna).requests.startswith("tcp://127.0.0.1:")
    assert [(each["user"], each["session"]) for each in run.acted] == [("ben", "ben-key")]


@pytest.mark.requirement("PPL-01")
async def test_a_foreign_key_is_nobody(run: StandIn, options: EdgeOptions, tmp_path: Path) -> None:
    async with served(run, replace(options, tcp=0)) as edge:
        api = decode_json(edge.key_files[0])
        public, secret = (key.decode() for key in zmq.curve_keypair())
        forged = tmp_path / "forged.json"
        forged.write_bytes(encode_json({**api, "public": public, "secret": secret}))
        forged.chmod(0o600)
        async with Connection(forged, patience=1.0) as connection:
            with pytest.raises(Unanswered):
                await connection.ask({"do": "hello"})
        await until(lambda: edge._service()["strangers"] >= 1)
    assert run.acted == []


async def test_who_has_no_key_gets_no_further_than_the_greeting(
    run: StandIn, options: EdgeOptions, tmp_path: Path
) -> None:
    async with served(run, replace(options, tcp=0)) as edge:
        api = decode_json(edge.key_files[0])
        bare = tmp_path / "bare.json"
        bare.write_bytes(encode_json({"requests": api["requests"], "streams": api["streams"]}))
        token = session_of(edge, "anna")
        async with Connection(bare, session=token, patience=1.0) as connection:
            with pytest.raises(Unanswered):
                await connection.ask({"do": "hello"})


def decode_json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_bytes()))


def encode_json(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain).encode()
