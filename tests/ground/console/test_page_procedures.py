"""Procedures in a real browser, and rows that are picked by keyboard."""

from collections.abc import Callable

import pytest

from tests.ground.console.conftest import Serve, Tab

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.flies("surface"),
]
OpenTab = Callable[..., Tab]


@pytest.mark.check
def test_the_procedure_is_paused_and_goes_on(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("p")
    tab.sees("The work on the ground")
    tab.sees("running", "tr.picked")
    tab.page.locator("button", has_text="Pause").focus()
    tab.press("Enter")
    tab.sees("paused by a person", "tr.picked")
    tab.page.locator("button", has_text="Go on").focus()
    tab.press("Enter")
    tab.sees("running", "tr.picked")
    assert tab.said == []


@pytest.mark.check
def test_what_is_done_is_done_with_the_procedure_that_is_looked_at(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    ben, max_ = open_tab(served), open_tab(served)
    ben.log_in("ben")
    ben.go("p")
    ben.sees("running", "tr.picked")
    row = ben.page.locator("tr", has_text="A drive round the depot")
    row.filter(has_text="submitted").wait_for()
    row.focus()
    ben.press("Enter")
    ben.sees("back to the mission's own")
    ben.sees("submitted", ".panel header")
    acts = ben.page.locator(".panel", has_text="What to do").last.locator("button")
    run, pause, go_on = (acts.filter(has_text=word) for word in ("Run", "Pause", "Go on"))
    assert run.is_disabled()  # nobody has approved it
    assert pause.is_disabled()  # though the mission's own runs

    max_.log_in("max")
    max_.go("p")
    max_.page.locator("tr", has_text="A drive round the depot").press("Enter")
    max_.sees("max, ", "dd")  # who has written it is offered no approval
    assert max_.page.locator("button", has_text="Approve").count() == 0
    ben.page.locator("button", has_text="Approve f00d").press("Enter")
    ben.sees("is approved in this version", "#said")
    max_.sees("approved", "tr.picked")

    run.press("Enter")
    ben.sees("running", "tr.picked")
    ben.press("Shift+P")
    ben.sees("before the depot", "tr.picked")
    assert go_on.is_enabled() and pause.is_disabled()
    max_.sees("before the depot", "tr.picked")  # whoever looks at it sees how it goes on
    ben.use("back to the mission's own")
    pause.and_(ben.page.locator(":enabled")).wait_for()  # the mission's own was never halted
    assert go_on.is_disabled()

    row.press("Enter")
    ben.sees("before the depot", "tr.picked")
    ben.press("Shift+G")
    ben.sees("Drive round?", ".panel .lead")
    ben.use("ben: go")
    ben.sees("ben director", ".poll")
    ben.sees("written begins", ".log")
    assert ben.said == max_.said == []


@pytest.mark.check
def test_rows_are_picked_by_keyboard_on_every_screen(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("p")
    tab.sees("running", "tr.picked")
    tab.press("j")  # to the row that is picked; the screen has no such key itself
    tab.press("ArrowDown", "Enter")
    at = tab.page.locator("tr.picked td").first.inner_text()
    tab.sees(f"Step {int(at) + 1} is where Jump goes to", "#said")
    tab.press("k", "k", "Enter")
    tab.sees(f"Step {int(at) - 1} is where Jump goes to", "#said")

    tab.press("c", "Escape")
    history = tab.page.locator(".panel", has_text="History")
    stops = history.locator("tr[tabindex='0']")
    stops.first.wait_for()
    assert stops.count() == 1  # Tab goes through a table in one step
    stops.focus()
    tab.press("ArrowDown", "Enter")
    history.locator("tr.picked button", has_text="Stage it again").press("Enter")
    tab.page.locator(".form button[type=submit]").wait_for()
    tab.press("Escape")

    tab.go("t")
    row = tab.page.locator(".panel", has_text="Channels of").locator("tbody tr").first
    row.focus()
    trended = row.locator(".trended").count() == 1
    tab.press("Enter")  # once, not by the row and by the screen
    row.locator(".trended").wait_for(state="detached" if trended else "attached")
    assert tab.said == []
