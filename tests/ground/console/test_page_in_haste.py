"""Keys that are pressed before the page is there, or before it has drawn what they act upon."""

from collections.abc import Callable

import pytest

from tests.ground.console.by_keyboard import stage_drive
from tests.ground.console.conftest import Serve, Tab

OpenTab = Callable[..., Tab]

pytestmark = [
    pytest.mark.check, pytest.mark.processes, pytest.mark.browser, pytest.mark.flies("surface"),
]  # fmt: skip

HOLD = """
    const send = WebSocket.prototype.send;
    const held = [];
    WebSocket.prototype.send = function (frame) { held.push([this, frame]); };
    window.letGo = () => {
        WebSocket.prototype.send = send;
        for (const [socket, frame] of held.splice(0)) send.call(socket, frame);
    };
"""


def test_what_is_asked_for_while_the_page_waits_is_there_when_mission_control_has_answered(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.page.add_init_script(HOLD)
    tab.give_name("anna")
    tab.sees("Waiting for mission control")
    tab.press("p", "n", "x", "1")  # none of which has anything to act upon
    tab.press("c")
    tab.page.evaluate("letGo()")
    tab.page.locator("#find-command:focus").wait_for()
    tab.write("rover drive_to")
    tab.press("Enter")
    tab.page.locator("#argument-east:focus").wait_for()
    assert tab.page.locator("#said").inner_text() == ""
    assert tab.page.locator("#pace").inner_text() == "paused"
    assert tab.said == []


def test_a_key_finds_what_the_one_before_has_opened_also_where_no_frame_was_painted(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    stage_drive(tab)
    release = tab.page.get_by_role("button", name="Release…")
    release.and_(tab.page.locator(":enabled")).focus()
    tab.page.evaluate("""() => {
        window.painting = window.requestAnimationFrame;
        window.requestAnimationFrame = () => 0;
    }""")
    tab.press("Enter", "Tab", "Enter")
    tab.page.evaluate("() => { window.requestAnimationFrame = window.painting; }")
    tab.press("Shift")
    tab.sees("Released: op-", "#said")
    assert tab.said == []
