"""Finding a vehicle on pictures from orbit, for a step of a procedure."""

import asyncio

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.mission_control.execution.arguments import survey_key
from ground.mission_control.execution.tools import ProcedureTools, StepFailed
from ground.mission_control.procedures import steps

SURVEY_PERIOD = 21_600.0  # s between questions for a picture


async def find_from_orbit(step: steps.Survey, tools: ProcedureTools, entered: float) -> str:
    """Asks for pictures until the vehicle is found on one; returns where, in words.

    `entered`: mission time from which the limit of the step counts. Raises StepFailed.
    """
    imagery = tools.imagery
    limit = entered + step.limit_sols * SOL_SECONDS
    while True:
        found = "there are no pictures" if imagery is None else await imagery.find(step.vehicle)
        if not isinstance(found, str):
            break
        if tools.clock.now() + SURVEY_PERIOD > limit:
            raise StepFailed(f"{step.vehicle} was not found from orbit: {found}")
        await asyncio.sleep(SURVEY_PERIOD)
    place = {"east": found.east, "north": found.north, "error": found.error}
    tools.archive.put(survey_key(step.vehicle), place)
    words = f"{found.east:.1f} m east, {found.north:.1f} m north, to {found.error:.1f} m"
    return f"{step.vehicle} is at {words}"
