"""The ordered nursery: no child outlives it, the first error ends all, in the order of starting."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from flight.runtime.nursery import Nursery, end


class Failure(Exception):
    pass


def recorder(ended: list[str]) -> "Callable[[str], object]":
    async def work(name: str) -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            ended.append(name)

    return work


async def fail_after(seconds: float, text: str = "failed") -> None:
    await asyncio.sleep(seconds)
    raise Failure(text)


async def test_leaving_waits_for_all_children() -> None:
    done = []

    async def work(seconds: float) -> None:
        await asyncio.sleep(seconds)
        done.append(seconds)

    async with Nursery("n") as nursery:
        for seconds in (3.0, 1.0, 2.0):
            nursery.start(work(seconds), name=str(seconds))
        assert nursery.size == 3
    assert done == [1.0, 2.0, 3.0]


@pytest.mark.requirement("RUN-06")
async def test_children_are_cancelled_in_the_order_they_were_started() -> None:
    ended: list[str] = []
    work = recorder(ended)
    names = [f"child {number}" for number in range(50)]
    with pytest.raises(Failure):
        async with Nursery("n") as nursery:
            for name in names:
                nursery.start(work(name), name=name)  # type: ignore[arg-type]
            await asyncio.sleep(1.0)
            raise Failure
    assert ended == names


async def test_the_first_error_of_a_child_is_raised_and_ends_the_others() -> None:
    ended: list[str] = []
    with pytest.raises(Failure, match="first"):
        async with Nursery("n") as nursery:
            nursery.start(recorder(ended)("other"), name="other")  # type: ignore[arg-type]
            nursery.start(fail_after(2.0, "second"), name="b")
            nursery.start(fail_after(1.0, "first"), name="a")
    assert ended == ["other"]
    assert asyncio.get_running_loop().time() == 1.0


async def test_an_error_of_a_child_interrupts_a_busy_body() -> None:
    interrupted = False
    with pytest.raises(Failure):
        async with Nursery("n") as nursery:
            nursery.start(fail_after(1.0), name="child")
            try:
                await asyncio.sleep(100.0)
            except asyncio.CancelledError:
                interrupted = True
                raise
    assert interrupted
    assert asyncio.get_running_loop().time() == 1.0
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
    await asyncio.sleep(1.0)  # the task itself was not cancelled


async def test_a_body_that_passes_over_the_interruption_leaves_no_trace_of_it() -> None:
    with pytest.raises(Failure):
        async with Nursery("n") as nursery:
            nursery.start(fail_after(1.0), name="child")
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(100.0)
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0


async def test_the_first_error_wins_over_one_of_the_interrupted_body() -> None:
    with pytest.raises(Failure, match="first") as caught:
        async with Nursery("n") as nursery:
            nursery.start(fail_after(1.0, "first"), name="child")
            try:
                await asyncio.sleep(100.0)
            finally:
                raise ValueError("while cleaning up")
    assert isinstance(caught.value.__context__, ValueError)


async def test_an_error_of_the_body_wins_over_those_it_causes() -> None:
    async def fails_when_cancelled() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            raise Failure("second")

    with pytest.raises(ValueError, match="first"):
        async with Nursery("n") as nursery:
            nursery.start(fails_when_cancelled(), name="child")
            await asyncio.sleep(1.0)
            raise ValueError("first")


@pytest.mark.parametrize("body_seconds", [0.0, 100.0])
async def test_cancelled_from_outside_it_ends_its_children_first(body_seconds: float) -> None:
    ended: list[str] = []

    async def owner() -> None:
        async with Nursery("n") as nursery:
            nursery.start(recorder(ended)("child"), name="child")  # type: ignore[arg-type]
            await asyncio.sleep(body_seconds)
        ended.append("never")

    async with Nursery("outer") as outer:
        task = outer.start(owner(), name="owner")
        await asyncio.sleep(1.0)
        task.cancel()
    assert task.cancelled()
    assert ended == ["child"]


async def test_a_timeout_around_it_works() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5.0), Nursery("n") as nursery:
            nursery.start(asyncio.sleep(1e9), name="child")
    assert asyncio.get_running_loop().time() == 5.0


async def test_cancel_ends_the_children_and_no_more() -> None:
    async with Nursery("n") as nursery:
        task = nursery.start(asyncio.sleep(1e9), name="child")
        nursery.cancel()
    assert task.cancelled()


async def test_nothing_is_started_once_it_is_closed() -> None:
    async with Nursery("n") as nursery:
        pass
    with pytest.raises(RuntimeError, match="nursery n is closed"):
        nursery.start(asyncio.sleep(0), name="late")


async def test_tasks_are_named_after_their_nursery() -> None:
    async with Nursery("rover") as nursery:
        assert nursery.start(asyncio.sleep(0), name="drive").get_name() == "rover/drive"


# --------------------------------------------------------------------------- end


async def test_end_waits_until_the_task_has_cleaned_up() -> None:
    steps = []

    async def work() -> None:
        try:
            await asyncio.sleep(1e9)
        except asyncio.CancelledError:
            await asyncio.sleep(10.0)
            steps.append("cleaned up")
            raise

    async with Nursery("n") as nursery:
        task = nursery.start(work(), name="work")
        await asyncio.sleep(1.0)
        await end(task)
        steps.append("ended")
    assert steps == ["cleaned up", "ended"]
    assert asyncio.get_running_loop().time() == 11.0


async def test_end_takes_a_task_that_is_deaf_to_cancellation_as_it_ends() -> None:
    async def deaf() -> None:
        try:
            await asyncio.sleep(1e9)
        except asyncio.CancelledError:
            await asyncio.sleep(5.0)

    async with Nursery("n") as nursery:
        task = nursery.start(deaf(), name="deaf")
        await asyncio.sleep(1.0)
        await end(task)
        assert task.done()


async def test_end_never_raises_the_error_of_the_task() -> None:
    task = asyncio.get_running_loop().create_task(fail_after(0.0))
    await asyncio.sleep(1.0)
    await end(task)


async def test_an_error_of_the_body_ends_children_at_once_and_not_when_they_are_done() -> None:
    loop = asyncio.get_running_loop()
    begun, ended = loop.time(), list[float]()

    async def sleeps() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append(loop.time() - begun)

    with pytest.raises(ValueError, match="the body"):
        async with Nursery("test") as nursery:
            for name in "ab":
                nursery.start(sleeps(), name=name)
            await asyncio.sleep(2.0)
            raise ValueError("the body")
    assert ended == [2.0, 2.0] and nursery.size == 0 and loop.time() - begun == 2.0


async def test_who_is_cancelled_while_children_take_their_time_to_end_is_cancelled_after_them() -> (
    None
):
    loop = asyncio.get_running_loop()
    begun, ended = loop.time(), list[float]()

    async def slow() -> None:
        try:
            await asyncio.sleep(1e6)
        except asyncio.CancelledError:
            await asyncio.sleep(100.0)
        finally:
            ended.append(loop.time() - begun)

    async def body() -> None:
        async with Nursery("test") as nursery:
            nursery.start(slow(), name="slow")
            await asyncio.sleep(1.0)
            raise ValueError("the body")

    task = loop.create_task(body())
    await asyncio.sleep(3.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [3.0], "it was asked a second time"
