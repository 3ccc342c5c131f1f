"""Data products: which came whole, what is missing of the others, and how to ask for it again."""

from collections.abc import Iterable
from typing import Any

from ground.mission_control.archive.archive import Archive
from ground.mission_control.execution.arguments import survey_key
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.program import Instruction
from ground.mission_control.products.numbered import product_in
from ground.mission_control.telemetry.telemetry import LatestTelemetry

MOST = 200
"""Numbers of missing pieces that are told."""


def products(
    archive: Archive,
    telemetry: LatestTelemetry,
    channels: Iterable[tuple[str, str]],
    instructions: Iterable[Instruction],
    vehicles: Iterable[str],
) -> list[dict[str, Any]]:
    """Products in numbered pieces, by the channels that carry them, and finds on pictures.

    `again`: the command, with its arguments, that has the first pieces sent again that are missing;
    None where nothing is missing or the procedure names no such command.
    """
    known = {
        (each.step.vehicle, each.step.channel): each.step
        for each in instructions
        if isinstance(each.step, steps.CompleteProduct)
    }
    found = []
    for vehicle, channel in sorted(channels):
        rows = archive.sampled.as_told(vehicle, channel)
        step = known.get((vehicle, channel))
        said = 0 if step is None else int(telemetry.value(vehicle, step.announced) or 0)
        if not rows and not said:
            continue
        product = product_in((str(row[3]) for row in rows), said)
        again = None
        if step is not None and not product.whole:
            gap = product.first_gap if product.missing else None
            arguments = {} if gap is None else {"first": gap[0], "last": gap[1]}
            again = {"vehicle": vehicle, "command": step.command, "arguments": arguments}
        found.append(
            {
                "kind": "pieces", "vehicle": vehicle, "name": channel, "count": product.count,
                "here": product.count - len(product.missing), "whole": product.whole,
                "missing": list(product.missing[:MOST]), "again": again,
                "first_ns": rows[0][2] if rows else None, "last_ns": rows[-1][2] if rows else None,
            }
        )  # fmt: skip
    for vehicle in vehicles:
        fix = archive.get(survey_key(vehicle))
        if fix is not None:
            found.append({"kind": "picture", "vehicle": vehicle, "name": "from orbit", **fix})
    return found
