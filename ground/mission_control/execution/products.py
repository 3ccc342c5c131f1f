"""Has a data product in numbered pieces completed: what did not come is commanded again."""

import asyncio
from collections.abc import Awaitable, Callable

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.loop import NANOSECONDS
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.tools import ProcedureTools, StepFailed
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.program import Instruction
from ground.mission_control.products.numbered import Product, product_in

Issue = Callable[[Instruction, int, steps.CommandStep], str]
"""Sends the command of an attempt at a step, unless it was sent before; its identifier."""
Await = Callable[[steps.CommandStep, str, float], Awaitable[Verdict]]
"""Waits for the verdict of a command, whose limit counts from a mission time in s."""


class ProductCompletion:
    """The step `complete_product`."""

    def __init__(
        self, tools: ProcedureTools, issue: Issue, verdict: Await, log: Callable[[str, str], None]
    ) -> None:
        self._tools = tools
        self._issue = issue
        self._verdict = verdict
        self._log = log

    async def complete(
        self, instruction: Instruction, step: steps.CompleteProduct, entered: float
    ) -> None:
        """Has the pieces of a product that did not come sent again. Raises StepFailed.

        `entered`: when the step was begun, s.
        """
        tracker = self._tools.tracker
        since, sent = 0, True
        for attempt in range(1, step.attempts + 2):
            if sent:
                await self._until_announced(step, since, entered)
            product = self._product(step)
            self._log(instruction.path, f"{step.vehicle} {step.channel}: {product}")
            if product.whole:
                return
            if attempt > step.attempts:
                break
            # Of a product of which nothing came the vehicle knows itself where it ends.
            gap = product.first_gap if product.missing else None
            order = steps.CommandStep(
                vehicle=step.vehicle, command=step.command, limit_sols=step.limit_sols,
                arguments={} if gap is None else {"first": gap[0], "last": gap[1]},
            )  # fmt: skip
            identifier = self._issue(instruction, attempt, order)
            since = tracker.command(identifier).issued_ns
            verdict = await self._verdict(order, identifier, since / NANOSECONDS)
            sent = verdict == Verdict.COMPLETED
            detail = tracker.command(identifier).detail
            self._log(instruction.path, f"{step.vehicle} {step.command}: {verdict} {detail}")
        missing = ", ".join(map(str, product.missing)) or "all"
        raise StepFailed(f"{step.vehicle} {step.channel}: these pieces did not come: {missing}")

    def _product(self, step: steps.CompleteProduct) -> Product:
        """What is here of a product."""
        tools = self._tools
        said = tools.telemetry.value(step.vehicle, step.announced)
        texts = [str(value) for _, value in tools.archive.samples(step.vehicle, step.channel)]
        return product_in(texts, int(said or 0))

    async def _until_announced(
        self, step: steps.CompleteProduct, since_ns: int, entered: float
    ) -> None:
        """Waits until a product is whole, or announced after a time, or the step's time is over.

        `since_ns`: when it was commanded; 0: any announcement counts.
        """
        telemetry = self._tools.telemetry
        began = since_ns / NANOSECONDS if since_ns else entered
        try:
            async with asyncio.timeout_at(began + step.limit_sols * SOL_SECONDS):
                while not self._product(step).whole:
                    said = telemetry.value(step.vehicle, step.announced)
                    occurred = telemetry.occurred(step.vehicle, step.announced)
                    if said and occurred is not None and occurred > since_ns:
                        break
                    await self._tools.watches.wait("sample", step.vehicle, step.announced)
        except TimeoutError:
            pass
