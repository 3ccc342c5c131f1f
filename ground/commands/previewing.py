"""`msr send --preview`: what would become of a command, told."""

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from ground.commands.asking import NANOSECONDS, Times, print_json, shown
from ground.terminal.exit_codes import NO, UNKNOWN, YES

if TYPE_CHECKING:
    from ground.client import MissionControl

ASK_AGAIN = 300
"""Times that a twin is asked that flies to where the run is, each for some seconds."""


async def preview(
    mc: "MissionControl", command: dict[str, Any], times: Times, as_json: bool
) -> int:
    """YES: it would be completed; NO: it would not; UNKNOWN: that is not over where the preview
    ends. Raises Refused."""
    for _ in range(ASK_AGAIN):
        told = await mc.preview(commands=[command])
        if "items" in told:
            break
        way = told["warming"]
        at, now = (way[name] / NANOSECONDS for name in ("at_ns", "now_ns"))
        print(f"the twin flies to where the run is: {at:.0f} of {now:.0f} s", file=sys.stderr)
        await asyncio.sleep(0.5)
    else:
        print("msr send: the twin does not come to where the run is", file=sys.stderr)
        return UNKNOWN
    if as_json:
        print_json(told)
    else:
        _tell(told, times)
    statuses = [item["status"] for item in told["items"]]
    if any(status in ("WAITING", "SENT", "LATE", "ACCEPTED", "STARTED", "RECEIVED", "PROGRESS")
           for status in statuses):  # fmt: skip
        return UNKNOWN
    return YES if all(status == "COMPLETED" for status in statuses) else NO


def _tell(told: dict[str, Any], times: Times) -> None:
    for item in told["items"]:
        given = f" {shown(item['arguments'])}" if item["arguments"] else ""
        detail = f": {item['detail']}" if item["detail"] else ""
        print(f"{item['vehicle']} {item['command']}{given}: {item['status']}{detail}")
        for problem in item["problems"]:
            print(f"  problem: {problem}")
        for rung in item["rungs"]:
            there, heard = times.utc(rung["occurred_ns"]), times.utc(rung["received_ns"])
            print(f"  {rung['rung']} {there} UTC, heard {heard} UTC")
    for name, vehicle in told["vehicles"].items():
        charge = vehicle["charge"]
        if charge["begin"] is not None:
            figures = (charge["begin"], charge["lowest"], charge["end"])
            begin, lowest, end = (f"{each:.2f}" for each in figures)
            print(f"{name}: charge {begin}, at its lowest {lowest}, in the end {end}")
        if vehicle["track"]:
            _, east, north = vehicle["track"][-1]
            print(f"{name}: at {east:.1f} m east, {north:.1f} m north in the end")
        for warning in vehicle["warnings"]:
            print(f"{name}: {warning['severity']} {warning['name']}: {warning['text']}")
    for each in told.get("cautions", ()):
        print(f"caution: {each}")
    print(f"flown to {times.utc(told['end_ns'])} UTC ({told['ended_by']}); it assumes that")
    for each in told["assumes"]:
        print(f"  {each}")
