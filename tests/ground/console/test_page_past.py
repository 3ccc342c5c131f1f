"""What was known at an earlier instant, and what is not true any more: told as such."""

from collections.abc import Callable

import pytest

from tests.ground.console.conftest import Serve, Tab

OpenTab = Callable[..., Tab]
pytestmark = [
    pytest.mark.check, pytest.mark.processes, pytest.mark.browser, pytest.mark.flies("surface"),
]  # fmt: skip


@pytest.mark.requirement("CON-07")
def test_tubes_what_is_on_board_and_alarms_are_as_they_were_known_then(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve(at=1_157_000.0)
    tab = open_tab(served)
    tab.log_in("anna")
    tab.go("u")
    tab.page.locator("tr.picked", has_text="held").wait_for()
    now = tab.page.locator("main").inner_text()
    tab.page.evaluate(
        """async () => {
            const { store } = await import('/static/js/store.js');
            store.alarms.set(77, { number: 77, vehicle: 'rover', name: 'motor_fault', text: 'w',
                severity: 'FATAL', state: 'ACTIVE', unacknowledged: true, raised_ns: 1157e12,
                last_ns: 1157e12, count: 1 });
        }"""
    )
    tab.go("r")
    tab.press("/")
    tab.write("5 12:00")
    tab.press("Enter", "Escape")
    tab.sees("Looking at Sol 5 12:00:00", ".alarmbar")
    tab.sees("in the live view Fetch rover: motor_fault", ".alarmbar")  # who looks back is called
    tab.go("u")
    tab.page.locator("tr.picked", has_text="on ground").wait_for()
    assert "rack" in now and "rack" not in tab.page.locator("main").inner_text()
    tab.go("a")
    tab.sees("no alarm was known then")
    tab.go("o")
    tab.page.locator(".card", has_text="Fetch rover").filter(has_text="no alarm").wait_for()
    tab.go("b")
    tab.sees("Sol 5 12:00", "tr:has-text('dig')")  # told at the latest
    tab.go("l")
    tab.sees("as of now, not of then: the stack", ".alarmbar")
    tab.go("a")
    tab.press(".")
    tab.sees("motor_fault", "main tr")
    assert tab.said == []


def test_a_value_goes_stale_as_its_vehicle_does_though_it_is_not_told_again(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("t")
    tab.page.locator("tr", has_text="state_of_charge").locator(".status.normal").wait_for()
    tab.page.evaluate(
        """async () => {
            const { link } = await import('/static/js/app.js');
            await link.ask('pace', { rate: null, until: 40000000.0 }, 'far');
        }"""
    )
    tab.page.locator("tr", has_text="state_of_charge").locator(
        ".status.standby", has_text="stale"
    ).wait_for()
    tab.go("o")
    tab.page.locator(".card", has_text="Lander").filter(has_text="stale").wait_for()
    assert tab.said == []
