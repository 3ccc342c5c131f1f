"""Several who look at a loop of virtual time from outside; the loop itself knows one."""

from collections.abc import Callable

from flight.runtime.loop import VirtualLoop


def watch_too(loop: VirtualLoop, look: Callable[[], None], every_ns: int) -> None:
    """Has somebody look besides who does already (`VirtualLoop.watch`); each as often as they want,
    at least."""
    before, theirs_ns = loop._look, loop._look_every_ns
    if before is None:
        loop.watch(look, every_ns)
        return
    due_ns = loop.time_ns()

    def both() -> None:
        nonlocal due_ns
        if loop.time_ns() >= due_ns:
            due_ns = loop.time_ns() + theirs_ns
            before()
        look()

    loop.watch(both, min(every_ns, theirs_ns))
