"""Why the library `transitions` is wrapped: each trap of version 0.9.3, and that Machine has none.

A test named `..._bare` shows the library misbehaving by itself. When one of them fails, the
library has been mended: the wrapper may then lose the counter-measure, nothing is broken.
"""

import asyncio
from typing import Any

import pytest
from transitions.extensions.asyncio import HierarchicalAsyncMachine, NestedAsyncState

from flight.core.chart.machine import Machine
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart


class BareModel:
    """What the library binds its triggers to."""

    state: str
    go: Any
    safe: Any
    stop: Any


def bare(
    states: list[Any], transitions: list[Any], model: object | None = None, **options: Any
) -> Any:
    model = model or BareModel()
    HierarchicalAsyncMachine(
        model,
        states=states,
        transitions=transitions,
        initial="a",
        auto_transitions=False,
        **options,
    )
    return model


class Waiting:
    """A callback that stands still until it is let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()
        self.ended = False

    async def __call__(self, *_: object) -> None:
        self.reached.set()
        await self.let_go.wait()
        self.ended = True


def chart(**entry_of_b: Any) -> Statechart:
    return Statechart(
        State("a", initial=True),
        State("b", **entry_of_b),
        State("safe"),
        transitions=[
            On("go", "a", "b"),
            On("retry", "b", "b"),
            On("enter_safe", ANY, "safe"),
            On("recover", "safe", "a"),
        ],
    )


class TestCancellationIsSwallowed:
    """`process_context` turns every CancelledError into the result False."""

    async def test_cancel_bare(self):
        waiting = Waiting()
        model = bare(["a", {"name": "b", "on_enter": waiting}], [["go", "a", "b"]], queued="model")

        async def caller() -> str:
            return f"lives on, go() returned {await model.go()}"

        task = asyncio.create_task(caller())
        await waiting.reached.wait()
        task.cancel()
        assert await task == "lives on, go() returned False"

    async def test_timeout_bare(self):
        model = bare(
            ["a", {"name": "b", "on_enter": Waiting()}], [["go", "a", "b"]], queued="model"
        )
        async with asyncio.timeout(0) as limit:
            assert await model.go() is False
        assert limit.expired()  # and yet no TimeoutError, here or there

    async def test_cancel_passes_through(self, monkeypatch):
        machine = Machine(chart(entry=lambda node, signal: None), None)
        waiting = Waiting()
        # Plain callbacks cannot suspend, so the library's hook itself is made to.
        monkeypatch.setattr(machine._engine, "callback", lambda function, data: waiting())
        task = asyncio.create_task(machine.fire(Signal("go")))
        await waiting.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    async def test_timeout_passes_through(self, monkeypatch):
        machine = Machine(chart(entry=lambda node, signal: None), None)
        monkeypatch.setattr(machine._engine, "callback", lambda function, data: Waiting()())
        passed = False
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await machine.fire(Signal("go"))
                passed = True
        assert not passed

    async def test_the_machine_works_on_after_a_cancel(self, monkeypatch):
        machine = Machine(chart(entry=lambda node, signal: None), None)
        with monkeypatch.context() as patch:
            patch.setattr(machine._engine, "callback", lambda function, data: Waiting()())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await machine.fire(Signal("go"))
        assert (await machine.fire(Signal("enter_safe"))).handled
        assert machine.state == "safe"


class TestOwnActivityIsCancelledHalfWay:
    """An activity triggers, leaving its state cancels it: the transition stops in the middle."""

    async def test_bare(self):
        log: list[str] = []
        activity: list[asyncio.Task[None]] = []

        async def enter_b() -> None:
            log.append("b-start")
            await asyncio.sleep(0)
            log.append("b-end")

        model = bare(
            [
                {"name": "a", "on_exit": lambda: activity[0].cancel()},
                {"name": "b", "on_enter": enter_b},
            ],
            [["go", "a", "b"]],
            queued="model",
        )

        async def drive() -> None:
            log.append(f"go() returned {await model.go()}")

        activity.append(asyncio.create_task(drive()))
        await activity[0]
        assert "b-end" not in log
        assert "go() returned False" in log

    async def test_machine_completes_the_transition_and_then_the_task_is_cancelled(self):
        log: list[str] = []
        activity: list[asyncio.Task[None]] = []
        machine = Machine(
            Statechart(
                State(
                    "a",
                    initial=True,
                    exit=lambda node, signal: log.append(str(activity[0].cancel())),
                ),
                State("b", entry=lambda node, signal: log.append("b entered")),
                transitions=[On("go", "a", "b")],
            ),
            None,
        )

        async def drive() -> None:
            assert (await machine.fire(Signal("go"))).entered == ["b"]
            await asyncio.sleep(0)
            log.append("never comes here")

        activity.append(asyncio.create_task(drive()))
        with pytest.raises(asyncio.CancelledError):
            await activity[0]
        assert log == ["True", "b entered"]
        assert machine.state == "b"


class TestSecondTriggerCancelsTheFirst:
    """Without a queue, a second trigger cancels the running entry of the first."""

    async def test_bare(self):
        waiting = Waiting()
        model = bare(
            ["a", {"name": "b", "on_enter": waiting}, "c"], [["go", "a", "b"], ["safe", "b", "c"]]
        )
        first = asyncio.create_task(model.go())
        await waiting.reached.wait()
        assert await model.safe()
        assert await first is False
        assert not waiting.ended

    async def test_machine_refuses_the_second(self, monkeypatch):
        machine = Machine(chart(entry=lambda node, signal: None), None)
        waiting = Waiting()
        monkeypatch.setattr(machine._engine, "callback", lambda function, data: waiting())
        first = asyncio.create_task(machine.fire(Signal("go")))
        await waiting.reached.wait()
        with pytest.raises(RuntimeError, match='"enter_safe" was fired while "go" is being'):
            machine.fire(Signal("enter_safe"))
        waiting.let_go.set()
        assert (await first).entered == ["b"]
        assert machine.state == "b"


class TestQueuedTriggerAnswersTooEarly:
    """With a queue, the answer is True before anything ran, or though the guard said no."""

    async def test_answer_before_the_transition_bare(self):
        waiting = Waiting()
        model = bare(
            ["a", {"name": "b", "on_enter": waiting}, "c"],
            [["go", "a", "b"], ["safe", "b", "c"]],
            queued="model",
        )
        first = asyncio.create_task(model.go())
        await waiting.reached.wait()
        assert await model.safe() is True
        assert model.state == "b"
        waiting.let_go.set()
        await first

    async def test_answer_against_the_guard_bare(self):
        transitions = [{"trigger": "go", "source": "a", "dest": "b", "conditions": lambda: False}]
        model = bare(["a", "b"], transitions, queued="model")
        assert await model.go() is True
        assert model.state == "a"

    async def test_machine_answers_what_happened(self):
        refusing = Statechart(
            State("a", initial=True),
            State("b"),
            transitions=[On("go", "a", "b", guard=lambda node, signal: False)],
        )
        fired = await Machine(refusing, None).fire(Signal("go"))
        assert (fired.handled, fired.refused) == (False, True)
        machine = Machine(chart(), None)
        fired = await machine.fire(Signal("go"))
        assert fired.transition is not None
        assert (fired.handled, fired.transition.target, machine.state) == (True, "b", "b")


class TestErrorEmptiesTheQueue:
    """An error in the running transition drops what was queued, although it had been answered."""

    async def test_bare(self):
        waiting = Waiting()

        async def fail() -> None:
            await waiting()
            raise OSError("wheel stalled")

        model = bare(
            ["a", {"name": "b", "on_enter": fail}, "c"],
            [["go", "a", "b"], ["safe", "b", "c"]],
            queued="model",
        )
        first = asyncio.create_task(model.go())
        await waiting.reached.wait()
        assert await model.safe() is True  # promised,
        waiting.let_go.set()
        with pytest.raises(OSError, match="wheel stalled"):
            await first
        await asyncio.sleep(0)
        assert model.state == "b"  # and never done

    async def test_machine_reports_the_error_and_obeys_the_next_signal(self):
        def fail(node: object, signal: Signal) -> None:
            raise OSError("wheel stalled")

        machine = Machine(chart(entry=fail), None)
        assert isinstance((await machine.fire(Signal("go"))).error, OSError)
        fired = await machine.fire(Signal("enter_safe"))
        assert (fired.handled, fired.error, machine.state) == (True, None, "safe")


class TestSharedMachineBreaks:
    """Models of one hierarchical machine overwrite each other's scope, and paths go wrong."""

    async def test_bare(self):
        waiting = Waiting()
        first, second = BareModel(), BareModel()
        HierarchicalAsyncMachine(
            [first, second],
            states=[
                "a",
                {"name": "b", "initial": "x", "children": [{"name": "x", "on_enter": waiting}]},
            ],
            transitions=[["go", "a", "b"]],
            initial="a",
            auto_transitions=False,
            queued="model",
        )
        task = asyncio.create_task(first.go())
        await waiting.reached.wait()
        with pytest.raises(ValueError, match="'b_b_x' is not a registered state"):
            await second.go()
        waiting.let_go.set()
        await task

    async def test_machines_of_one_chart_are_apart(self):
        shared = chart()
        machines = [Machine(shared, None) for _ in range(4)]
        tasks = [asyncio.create_task(machine.fire(Signal("go"))) for machine in machines[:2]]
        for task in tasks:
            assert (await task).handled
        assert [machine.state for machine in machines] == ["b", "b", "a", "a"]


class TestCallbacksOfAListInterleave:
    """Callbacks in one list run at the same time, so that actions have no order."""

    async def test_bare(self):
        log: list[str] = []

        def step(name: str) -> Any:
            async def run() -> None:
                log.append(f"{name}1")
                await asyncio.sleep(0)
                log.append(f"{name}2")

            return run

        model = bare(["a", {"name": "b", "on_enter": [step("x"), step("y")]}], [["go", "a", "b"]])
        await model.go()
        assert log == ["x1", "y1", "x2", "y2"]

    async def test_machine_takes_one_plain_function_for_each_hook(self):
        with pytest.raises(ValueError, match='entry action of state "b" must be a function'):
            Machine(chart(entry=[print, print]), None)


class TestStringsAreImported:
    """A string that names no method of the model is imported as a path and called."""

    async def test_bare(self, monkeypatch):
        called: list[str] = []
        monkeypatch.setattr("os.getpid", lambda: called.append("os.getpid"))
        model = bare(["a", {"name": "b", "on_enter": "os.getpid"}], [["go", "a", "b"]])
        await model.go()
        assert called == ["os.getpid"]

    async def test_machine_refuses_strings_when_it_is_made(self):
        with pytest.raises(ValueError, match=r"must be a function, not 'os\.getpid'"):
            Machine(chart(entry="os.getpid"), None)


class TestPathsBreakAfterAnErrorOnEntry:
    """A state whose entry raised keeps its scope, and the next entry builds a wrong path."""

    @staticmethod
    def failing_once() -> Any:
        calls: list[int] = []

        def fail(*_: object) -> None:
            calls.append(1)
            if len(calls) == 1:
                raise OSError("camera is off")

        return fail

    async def test_bare(self):
        states = [
            "a",
            {
                "name": "b",
                "initial": "x",
                "children": [{"name": "x", "on_enter": self.failing_once()}],
            },
        ]
        model = bare(states, [["go", "a", "b"], ["retry", "b", "b"]], queued="model")
        with pytest.raises(OSError, match="camera is off"):
            await model.go()
        with pytest.raises(ValueError, match="'b_b_x' is not a registered state"):
            await model.retry()

    async def test_machine_enters_again(self):
        inner = State("x", initial=True, entry=self.failing_once())
        machine = Machine(chart(children=(inner,)), None)
        assert (await machine.fire(Signal("go"))).error is not None
        assert (await machine.fire(Signal("retry"))).error is None
        assert machine.state == "b.x"


class TestNamesAreBoundToTheModel:
    """The library writes its triggers onto the model, next to the model's own names."""

    async def test_bare(self):
        model = bare(["a", "b"], [["go", "a", "b"]])
        assert {"go", "may_go", "is_a", "trigger", "to"} <= set(dir(model))

    async def test_machine_leaves_the_node_alone(self):
        node = BareModel()
        await Machine(chart(), node).fire(Signal("go"))
        assert vars(node) == {}


def test_nested_state_of_the_library_keeps_its_own_separator():
    """The dotted paths are a matter of our own state class, not of the library's."""
    Machine(chart(), None)
    assert NestedAsyncState.separator == "_"
