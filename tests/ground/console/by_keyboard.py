"""What tests of the page do by keyboard alone, again and again."""

from tests.ground.console.conftest import Tab


def stage_drive(tab: Tab) -> None:
    """Finds the command, fills in its form wrongly, then rightly, and stages it: not before the
    vehicle is held."""
    tab.press("c")
    tab.write("rover drive")
    tab.press("Enter")
    tab.sees("Drives to a place")
    # The form takes the keys once its first field has the focus.
    tab.page.wait_for_function(
        "document.activeElement.tagName === 'INPUT' && document.activeElement.value === ''"
    )
    tab.write("30000")
    tab.sees("30000: allowed is number, -20000 to 20000")
    tab.press("Enter")
    tab.sees("Refused:", "#said")
    tab.press("Control+A")
    tab.write("-40")
    tab.press("Tab")
    tab.write("12.5")
    tab.press("Enter")
    tab.sees("nobody holds rover", "#said")
    hold(tab, "rover")
    tab.page.locator("#argument-north").focus()
    tab.press("Enter")
    tab.sees("Staged as st-1", "#said")


def fill_release(tab: Tab) -> None:
    """Finds what is hazardous, takes hold of its vehicle, and fills in its form."""
    tab.press("c")
    tab.write("rover release_tube")
    tab.press("Enter")
    tab.sees("hazardous: release of a tube")
    hold(tab, "rover")
    tab.page.locator("#argument-tube").focus()
    tab.write("M2020-00495-12")


def hold(tab: Tab, vehicle: str) -> None:
    tab.press("Control+K")
    tab.write(f"authority take {vehicle}")
    tab.press("Enter")
    tab.sees(f"You hold {vehicle}", "#said")


def release_by_name(tab: Tab, vehicle: str) -> None:
    tab.press("Shift+R")
    tab.sees("To be released", ".confirm")
    tab.write(vehicle)
    tab.press("Enter")
