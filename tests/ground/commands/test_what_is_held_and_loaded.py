"""Who holds what, which limits are in force, what is loaded on board, what is taken back."""

import json
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import authority, cancel, limits, on_board
from tests.ground.commands.asked import EPOCH, HELLO, Control, given, lines

S = 10**9
HELD = {
    **HELLO, "you": {"name": "anna", "roles": ["operator"]},
    "authority": {"rover": {"holder": "anna", "offered_to": "ben"},
                  "lander": {"holder": "", "offered_to": ""}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("act", "words", "request_"),
    [
        (None, [], {}),
        ("take", ["rover"], {"do": "authority_take", "vehicle": "rover"}),
        ("offer", ["rover", "ben"], {"do": "authority_offer", "vehicle": "rover", "to": "ben"}),
        ("release", ["rover"], {"do": "authority_release", "vehicle": "rover"}),
        ("roles", ["eve"], {"do": "roles_set", "user": "eve", "roles": []}),
        ("roles", ["eve", "operator", "trainer"],
         {"do": "roles_set", "user": "eve", "roles": ["operator", "trainer"]}),
    ],
)  # fmt: skip
def test_the_words_of_authority_are_its_request(
    act: str | None, words: list[str], request_: dict[str, Any]
) -> None:
    assert authority.request_of(act, words) == request_


@pytest.mark.parametrize(
    ("act", "words"),
    [(None, ["rover"]), ("take", []), ("offer", ["rover"]), ("accept", ["a", "b"]), ("roles", [])],
)
def test_words_that_it_has_no_use_for_are_refused(act: str | None, words: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="words after"):
        authority.request_of(act, words)


async def test_who_holds_what_is_listed_and_changed(capsys: pytest.CaptureFixture[str]) -> None:
    mc: Any = Control(hello=HELD, ask={"holder": "", "offered_to": ""})
    await authority._work(mc, given(authority), {})
    assert lines(capsys)[2:] == ["rover anna ben", "lander nobody", "you are anna: operator"]
    words = authority.request_of("release", ["rover"])
    await authority._work(mc, given(authority, "release", "rover"), words)
    assert mc.asked == [("ask", "authority_release", {"vehicle": "rover"})]
    assert lines(capsys) == ["rover: held by nobody"]
    mc.answers["ask"] = {"user": "eve", "roles": []}
    words = authority.request_of("roles", ["eve"])
    await authority._work(mc, given(authority, "roles", "eve"), words)
    assert lines(capsys) == ["eve: no role"]


async def test_limits_are_listed_and_put_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    sets = {"on_board": "the limits of the dictionary", "night": "at night"}
    phase = {"set": "night", "by": "phase", "since_ns": S, "mode": "asleep", "stale": False}
    vehicles = {
        "rover": phase | {"settling": ["day"]}, "lander": phase | {"settling": [], "stale": True},
        "mav": phase | {"settling": [], "since_ns": None, "mode": "", "stale": True},
        "arm": phase | {"settling": [], "by": "hand"},
    }  # fmt: skip
    mc: Any = Control(snapshot={"limits": {"name": "on_board", "sets": sets, "vehicles": vehicles}},
                      set_limits={"name": "night", "sets": sets, "vehicles": {}},
                      hello={"epoch_utc": "2033-03-01T12:00:00Z"})  # fmt: skip
    await limits._work(mc, given(limits))
    told = lines(capsys)
    assert told[2] == "on_board chosen the limits of the dictionary"
    since = "since 2033-03-01 12:00:01"
    assert told[-4:] == [
        f"rover night phase: asleep, {since}; still allowed as in day",
        f"lander night phase: asleep, {since}; silent, so the last known is kept",
        "mav night phase: nothing known yet",
        f"arm night choice, {since}",
    ]
    await limits._work(mc, given(limits, "night", "--of", "rover"))
    assert lines(capsys)[3] == "night chosen at night"
    asked = [each for each in mc.asked if each[0] != "hello"]
    assert asked == [("snapshot", "limits"), ("set_limits", "night", "rover")]
    with pytest.raises(ConfigurationError, match="say which SET"):
        limits.run(given(limits, "--of", "rover"))


@pytest.mark.parametrize(("agrees", "code", "word"), [(True, 0, ""), (False, 1, " differs")])
async def test_what_is_loaded_is_told_beside_what_we_think(
    capsys: pytest.CaptureFixture[str], agrees: bool, code: int, word: str
) -> None:
    parameter = {"thought": 3, "told": 4, "staged": None, "agrees": agrees}
    sequence = {"loaded_ns": S, "thought": "started", "told": "entry", "entry": 2, "run": 1,
                "told_ns": 2 * S}  # fmt: skip
    change = {"command": "disable_monitor", "monitor": "cold", "ours": False, "occurred_ns": S}
    told = {"parameters": {"speed": parameter}, "sequences": {"dig": sequence},
            "protection": [change]}  # fmt: skip
    mc: Any = Control(on_board=told)
    assert await on_board._tell(mc, given(on_board, "rover")) == code
    shown = lines(capsys)
    assert f"speed 3 4 -{word}" in shown
    assert f"dig started {EPOCH} 00:00:01 entry 2 1 {EPOCH} 00:00:02" in shown
    assert f"{EPOCH} 00:00:01 disable_monitor monitor=cold its own" in shown
    assert await on_board._tell(mc, given(on_board, "rover", "--json")) == code
    assert json.loads(capsys.readouterr().out) == told


async def test_a_command_is_taken_back_with_what_travels_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mc: Any = Control(cancel={"identifiers": ["mc-1", "mc-2"]})
    await cancel._cancel(mc, given(cancel, "mc-2"))
    assert mc.asked == [("cancel", "mc-2")]
    assert lines(capsys) == ["taken back: mc-1, mc-2"]
