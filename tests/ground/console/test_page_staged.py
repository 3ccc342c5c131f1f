"""What is staged, in a real browser: previewed, approved, refused, released, taken back."""

from collections.abc import Callable

import pytest

from tests.ground.console.by_keyboard import fill_release, release_by_name, stage_drive
from tests.ground.console.conftest import Serve, Tab

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.flies("surface"),
]
OpenTab = Callable[..., Tab]


@pytest.mark.check
def test_what_is_staged_is_flown_on_a_twin_by_one_key_and_greys_when_it_is_changed(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    tab = open_tab(served)
    tab.log_in("anna")
    stage_drive(tab)
    tab.press("v")
    tab.sees("The twin flies to where the run is", ".preview")
    row = tab.page.locator(".preview tr", has_text="drive_to")
    row.filter(has_text="completed").wait_for()
    assert "not released" in row.inner_text()
    tab.sees("lowest 0.42", ".preview")
    tab.sees("arm.mode is safe, and the twin says idle", ".preview .cautions")
    assert tab.page.locator(".preview .way polyline").count() == 1
    tab.sees("nothing is broken", ".preview details")
    tab.page.locator(".outdated").wait_for(state="detached")

    tab.page.get_by_role("button", name="Edit").click()
    tab.page.locator(".form input").first.wait_for()
    tab.press("Enter")
    tab.sees("made before the stack was changed", ".preview .outdated")
    tab.press("v")
    tab.sees("of what is staged", ".preview")
    tab.press("Shift+R", "Tab", "Enter")
    tab.sees("Released: op-", "#said")
    row.filter(has_text="sent").wait_for()  # what really comes stands beside it
    assert tab.said == []


@pytest.mark.check
@pytest.mark.requirement("CON-06")
def test_a_second_person_approves_in_a_second_browser(serve: Serve, open_tab: OpenTab) -> None:
    served = serve()
    anna, ben = open_tab(served), open_tab(served)
    anna.log_in("anna")
    ben.log_in("ben")
    fill_release(anna)
    anna.press("Enter")
    anna.sees("needs another person's approval", "#said")
    anna.sees("waiting approval", ".stack tr")
    release_by_name(anna, "rover")
    anna.sees("waiting_approval: it cannot leave", "#said")
    anna.press("Escape")

    wish = "st-1, Fetch rover release_tube, staged by anna, waits for your approval"
    ben.sees(wish, ".notebar")  # on the screen that ben looks at, whichever that is
    assert anna.page.locator(".notebar", has_text="your approval").count() == 0
    ben.press("c", "Escape")
    ben.sees("waiting approval", ".stack tr")
    ben.press("j", "Tab", "Shift+A")
    ben.sees("To be approved", ".confirm")
    ben.write("mav")
    ben.press("Enter")  # another vehicle's name approves nothing
    ben.press("Control+A")
    ben.write("rover")
    ben.press("Enter")
    ben.sees("st-1 is approved", "#said")
    anna.sees("by ben", ".stack tr")
    ben.go("o")
    ben.page.locator(".notebar", has_text=wish).wait_for(state="detached")

    release_by_name(anna, "rover")
    anna.sees("Released: op-", "#said")
    assert anna.said == ben.said == []


@pytest.mark.check
@pytest.mark.requirement("CON-06")
def test_a_director_says_why_not_and_who_staged_it_reads_that(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    anna, ben = open_tab(served), open_tab(served)
    anna.log_in("anna")
    ben.log_in("ben")
    fill_release(anna)
    anna.page.locator("#note").focus()
    anna.write("to make room")
    anna.page.locator(".terms summary").press("Enter")
    anna.page.locator("#terms-lifetime").fill("0")
    anna.press("Enter")
    anna.sees("armed for 0: allowed is 1 to 86400 s", "#said")
    anna.page.locator("#terms-lifetime").fill("900")
    anna.press("Enter")
    anna.sees("armed for 900 s", ".stack tr")

    ben.go("l")
    ben.press("j", "Shift+X")
    ben.sees("To be refused", ".confirm")
    refuse = ben.page.locator(".confirm button[type=submit]")
    ben.press("Enter")  # without a word nothing is refused
    assert refuse.is_disabled()
    ben.write("there is room")
    ben.press("Enter")
    ben.sees("anna is told why", "#said")

    anna.sees("st-1, Fetch rover release_tube: refused by ben: there is room", ".notebar")
    fallen = anna.page.locator(".stack tr", has_text="refused by ben: there is room")
    fallen.locator("button", has_text="Stage it again").press("Enter")
    assert anna.page.locator("#note").input_value() == "to make room"
    assert anna.page.locator("#terms-lifetime").input_value() == "900"
    anna.page.locator("#note").press("Enter")
    anna.sees("Staged as st-2", "#said")
    fallen.locator("button", has_text="put away").press("Enter")
    fallen.wait_for(state="detached")
    ben.sees("st-2", "tr")
    ben.press("j", "Shift+A")
    ben.write("rover")
    ben.page.locator("#decision-note").fill("it is clear")
    ben.press("Enter")
    anna.sees("by ben: it is clear", ".stack tr")
    assert anna.said == ben.said == []


@pytest.mark.check
def test_several_leave_together_by_when_and_how_and_one_is_taken_back(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    stage_drive(tab)
    tab.press("c")
    tab.write("rover drive_to")
    tab.press("Enter")
    tab.write("-41")
    tab.page.locator("#argument-north").fill("3")
    tab.page.locator(".terms summary").press("Enter")
    tab.page.locator("#terms-notAfter").fill("1 12:00")
    tab.press("Enter")
    tab.sees("not after 1 12:00: it is Sol", "#said")
    tab.page.locator("#terms-notAfter").fill("900 12:00")
    tab.page.locator("#terms-when").fill("rover.mode == 'x'")
    tab.press("Enter")
    tab.sees("waits for rover.mode == 'x'; not after Sol 900 12:00", ".stack tr")
    tab.use("Edit")
    assert tab.page.locator("#terms-when").input_value() == "rover.mode == 'x'"
    tab.page.locator("#terms-when").fill("")
    tab.press("Enter")
    tab.page.locator(".stack tr", has_text="waits for").wait_for(state="detached")
    tab.sees("not after Sol 900 12:00", ".stack tr")

    tab.press("m", "k", "m", "Shift+R")
    tab.sees("2, in this order: all of them, or none", ".confirm")
    assert [row.split()[0] for row in tab.page.locator(".confirm tbody tr").all_inner_texts()] == [
        "st-1", "st-2",
    ]  # fmt: skip
    tab.press("Tab", "Enter")
    tab.sees("Released: op-", "#said")
    history = tab.page.locator(".panel", has_text="History")
    waits = history.locator("tr", has_text="waits to leave")
    waits.focus()
    tab.press("Enter")
    waits.locator("button", has_text="Take it back").press("Enter")
    tab.sees("Taken back: op-", "#said")
    history.locator("tr.picked", has_text="cancelled by anna").wait_for()
    left = history.locator("tr", has_text="drive_to").nth(1)
    left.focus()
    tab.press("Enter")
    left.locator("button", has_text="Stage it again").wait_for()
    assert left.locator("button", has_text="Take it back").count() == 0  # it has left
    assert tab.said == []
