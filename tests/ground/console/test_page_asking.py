"""What the API answers and takes, in a real browser: on board, limits, roles, alarms, passes."""

from collections.abc import Callable

import pytest

from tests.ground.console.by_keyboard import hold
from tests.ground.console.conftest import Serve, Tab

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.flies("surface"),
]
OpenTab = Callable[..., Tab]


def test_what_is_on_board_is_asked_and_where_we_are_wrong_it_says_so(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("b")
    tab.sees("differs", "tr:has-text('speed')")
    tab.sees("agrees", "tr:has-text('attempts')")
    tab.sees("4 loaded, not active", "tr:has-text('attempts')")
    tab.sees("at entry 2 of run 1", "tr:has-text('dig')")
    tab.sees("its own", "tr:has-text('disable monitor')")
    assert tab.said == []


def test_who_may_puts_limits_in_force_and_gives_roles(serve: Serve, open_tab: OpenTab) -> None:
    served = serve()
    max_, anna = open_tab(served), open_tab(served)
    max_.log_in("max")
    anna.log_in("anna")
    for tab in (max_, anna):
        tab.go("t")
        tab.page.get_by_label("Vehicle").first.select_option("lander")
    max_.sees("judged by night since", ".panel")
    assert max_.page.get_by_text("silent: the last is kept").count() == 0
    anna.page.get_by_label("Vehicle").first.select_option("rover")
    anna.sees("silent: the last is kept", ".panel")
    anna.page.get_by_label("Vehicle").first.select_option("lander")
    charge = "tr:has-text('state_of_charge')"
    max_.page.get_by_label("Limits in force").select_option("night")
    max_.sees("In force: night, at night.", "#said")
    for tab in (max_, anna):
        tab.sees("< 1.01", charge)  # by the set, not by the vehicle
        tab.sees("yellow", f"{charge} .status")  # also what came before the set was in force
    anna.sees("limits: night")
    assert anna.page.get_by_label("Limits in force").count() == 0

    max_.go("y")
    give = max_.page.get_by_role("button", name="Take all roles")
    assert give.is_disabled()
    max_.page.locator("#roles-of").fill("eve")
    max_.page.get_by_label("trainer").check()
    max_.use("Give these roles")
    max_.sees("eve: trainer.", "#said")
    anna.go("y")
    assert anna.page.locator("#roles-of").count() == 0
    hold(anna, "lander")
    anna.page.get_by_label("Offer lander to").fill("max")
    anna.use("Offer", exact=True)
    max_.go("o")
    max_.sees("anna offers you Lander", ".notebar")
    max_.go("y")
    max_.use("Accept")
    max_.sees("You hold lander", "#said")
    max_.go("o")
    max_.page.locator(".notebar", has_text="offers you").wait_for(state="detached")
    assert max_.said == anna.said == []


def test_an_alarm_is_shelved_for_as_long_as_one_says_handed_over_and_looked_at_when_it_is_over(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve(at=1_157_000.0))
    tab.log_in("anna")
    tab.go("a")
    tab.page.locator("main tbody tr").first.wait_for()
    tab.press("j")
    tab.page.get_by_label("Hand it to").fill("ben")
    tab.use("Hand over")
    tab.sees("ben looks after it", "#said")
    tab.sees("ben", "tr.picked")
    shelve = tab.page.get_by_role("button", name="Shelve", exact=True)
    assert shelve.is_disabled()  # no reason was given
    tab.page.locator("#alarm-note").fill("it only calls again")
    tab.page.get_by_label("Shelve for").select_option("until…")
    tab.page.get_by_label("Until, sol and local mean time").fill("never")
    shelve.press("Enter")
    tab.sees("never: allowed is a sol and an hour", "#said")
    tab.page.get_by_label("Shelve for").select_option("4 hours")
    shelve.press("Enter")
    tab.sees("Shelved until Sol", "#said")
    tab.page.get_by_role("button", name="Unshelve").wait_for()

    tab.page.get_by_label("also those that are over").check()
    tab.page.locator("main tr", has_text="it blew").press("Enter")
    tab.sees("it blew", ".lead")
    assert tab.page.get_by_role("button", name="Shelve", exact=True).count() == 0
    assert tab.page.get_by_role("button", name="Acknowledge").is_disabled()
    assert tab.said == []


def test_since_one_left_is_of_this_run_alone(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("w")
    left = tab.page.get_by_role("button", name="since I left")
    left.wait_for()
    assert left.is_disabled()
    tab.press("i")
    tab.sees("You have not looked at this run before", "#said")
    tab.page.reload()
    tab.page.locator(".panel").first.wait_for()
    tab.press("i")
    tab.page.locator("button.main", has_text="since I left").wait_for()
    tab.page.evaluate("""() => {
      const told = JSON.parse(localStorage.getItem('console left'));
      addEventListener('pagehide', () => localStorage.setItem('console left',
        JSON.stringify(told.map(([, ns]) => ['another', ns]))));
    }""")
    tab.page.reload()  # what was left is another run
    tab.page.locator(".panel").first.wait_for()
    assert left.is_disabled()
    assert tab.said == []


def test_what_is_real_is_not_flown_on_a_twin_and_jumps_nowhere_while_it_is_armed(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("ben")
    tab.go("s")
    run = tab.page.get_by_role("button", name="Run to the next")
    tab.sees("one way", ".panel")
    assert run.is_enabled()
    tab.page.evaluate("""async () => {
      const { link } = await import('/static/js/app.js');
      const { orderBench } = await import('/static/js/bench.js');
      await link.ask('pace', { rate: 2 }, 'bench');
      await orderBench('arm', { service: 'rover.wheels', seconds: 60 });
    }""")
    tab.sees("1 armed", ".benchbar")
    tab.press("n")
    tab.sees("rover.wheels: real and armed; no jump to an instant, make it safe first", "#said")
    assert run.is_disabled()
    tab.go("l")
    tab.sees("Nothing is flown here: devices of this run are real", ".panel")
    tab.press("v")
    tab.sees("Nothing is flown: devices of this run are real", "#said")
    assert tab.said == []
