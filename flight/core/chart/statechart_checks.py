"""Static checks of a statechart: what is wrong with the table, in sentences.

`structural_problems` says what keeps a table from running. `check` adds what makes it a
bad table: states that cannot be reached, outcomes that nobody handles, no way to "safe".
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator

from flight.core.chart.statechart import On, Statechart

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME_RULE = "lower-case words joined by single underscores"
SAFE = "safe"


def structural_problems(chart: Statechart) -> list[str]:
    """Problems of names, nesting, initial states, references and callables."""
    return [
        *_name_problems(chart),
        *_initial_problems(chart),
        *_reference_problems(chart),
        *_callable_problems(chart),
    ]


def check(chart: Statechart, emergency: Iterable[str] = ("enter_safe",)) -> list[str]:
    """All that is wrong with a table, as sentences; empty when it is sound.

    `emergency` names the events that must lead to the state named "safe" from everywhere; pass
    `()` for a chart that has no safe state. The questions of flow are asked only of a table that
    can run.
    """
    emergency = tuple(emergency)
    problems = structural_problems(chart)
    if problems:
        return problems
    problems = [
        *_reachability_problems(chart),
        *_shadowing_problems(chart),
        *_outcome_problems(chart),
    ]
    if emergency:
        problems += _safe_problems(chart, emergency)
    return problems


def _name_problems(chart: Statechart) -> Iterator[str]:
    if not chart.top:
        yield "The chart has no states."
    for path in chart.duplicates:
        yield f'There are two states "{path}"; the states of one level need different names.'
    for path, state in chart.states.items():
        if not NAME.fullmatch(state.name):
            yield f'State "{path}" is not well named: a name is {NAME_RULE}.'
    outcomes = [name for state in chart.states.values() for name in state.outcomes]
    for event in dict.fromkeys([*chart.events, *outcomes, *chart.ignored]):
        if not isinstance(event, str) or not NAME.fullmatch(event):
            yield f'Event "{event}" is not well named: a name is {NAME_RULE}.'


def _initial_problems(chart: Statechart) -> Iterator[str]:
    levels = [None, *(path for path, state in chart.states.items() if state.children)]
    for path in levels:
        initial = [child.name for child in chart.children_of(path) if child.initial]
        if len(initial) != 1:
            where = f'Inside "{path}"' if path else "At the top level"
            found = ", ".join(initial) or "none"
            yield f"{where} exactly one state must be initial; there is {found}."


def _reference_problems(chart: Statechart) -> Iterator[str]:
    for on in chart.transitions:
        if not on.sources and on.source == ():
            yield f"Transition {on} has no source."
        for source in on.sources:
            if source not in chart.states:
                yield f'Transition {on}: there is no source state "{source}".'
        if on.target is not None and on.target not in chart.states:
            yield f'Transition {on}: there is no target state "{on.target}".'


def _callable_problems(chart: Statechart) -> Iterator[str]:
    for path, state in chart.states.items():
        if state.activity is not None:
            yield from _activity_problem(f'The activity of state "{path}"', state.activity)
        yield from _plain_problem(f'The entry action of state "{path}"', state.entry)
        yield from _plain_problem(f'The exit action of state "{path}"', state.exit)
    for on in chart.transitions:
        yield from _plain_problem(f"The guard of transition {on}", on.guard)
        yield from _plain_problem(f"The action of transition {on}", on.action)


def _activity_problem(what: str, function: Callable[..., object]) -> Iterator[str]:
    if not callable(function):
        yield f"{what} must be a coroutine function, not {function!r}."
    elif not _is_coroutine_function(function):
        yield f"{what} must be a coroutine function (async def), not {_label(function)}."
    else:
        yield from _parameter_problem(what, function)


def _plain_problem(what: str, function: Callable[..., object] | None) -> Iterator[str]:
    if function is None:
        return
    if not callable(function):
        yield f"{what} must be a function, not {function!r}."
    elif _is_coroutine_function(function):
        yield f"{what} must be a plain function, but {_label(function)} is a coroutine function."
    else:
        yield from _parameter_problem(what, function)


def _parameter_problem(what: str, function: Callable[..., object]) -> Iterator[str]:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        yield f"{what}, {_label(function)}, must take two arguments: node and signal."
    except ValueError:
        return  # some built-in callables have no signature to look at


def _is_coroutine_function(function: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  the method of a callable object
    )


def _label(function: Callable[..., object]) -> str:
    return str(getattr(function, "__qualname__", repr(function)))


def _effective(chart: Statechart, leaf: str, event: str) -> Iterator[On]:
    """The transitions that can really be taken: none after the first without a guard."""
    for on in chart.transitions_from(leaf, event):
        yield on
        if on.guard is None:
            return


def _successors(chart: Statechart) -> dict[str, list[str]]:
    following: dict[str, list[str]] = {}
    for leaf in chart.leaves:
        targets = [
            chart.initial_leaf(on.target)
            for event in chart.events
            for on in _effective(chart, leaf, event)
            if on.target is not None
        ]
        following[leaf] = list(dict.fromkeys(targets))
    return following


def _reached(following: dict[str, list[str]], starts: Iterable[str]) -> dict[str, None]:
    seen = dict.fromkeys(starts)
    queue = list(seen)
    while queue:
        for leaf in following[queue.pop()]:
            if leaf not in seen:
                seen[leaf] = None
                queue.append(leaf)
    return seen


def _leaves_inside(chart: Statechart, path: str) -> list[str]:
    return [leaf for leaf in chart.leaves if leaf == path or leaf.startswith(path + ".")]


def _reachability_problems(chart: Statechart) -> Iterator[str]:
    reached = _reached(_successors(chart), [chart.initial_leaf()])
    for path in chart.states:
        if not any(leaf in reached for leaf in _leaves_inside(chart, path)):
            yield f'State "{path}" cannot be reached from the initial state.'


def _shadowing_problems(chart: Statechart) -> Iterator[str]:
    unguarded: dict[tuple[str, str], int] = {}
    for on in chart.transitions:
        if on.guard is None:
            for source in on.sources or ("ANY",):
                unguarded[source, on.event] = unguarded.get((source, on.event), 0) + 1
    for (source, event), count in unguarded.items():
        if count > 1:
            yield f'On "{event}", {source} has {count} transitions without a guard; keep one.'
    taken = [
        on
        for leaf in chart.leaves
        for event in chart.events
        for on in _effective(chart, leaf, event)
    ]
    for on in chart.transitions:
        if not any(on is other for other in taken):
            yield f"Transition {on} can never be taken: others always go before it."


def _outcome_problems(chart: Statechart) -> Iterator[str]:
    for path, state in chart.states.items():
        if state.activity is None:
            continue
        for event in dict.fromkeys((*state.outcomes, "failed")):
            if event in chart.ignored:
                continue
            deaf = [x for x in _leaves_inside(chart, path) if not chart.handles(x, event)]
            if deaf:
                yield (
                    f'The activity of state "{path}" may post "{event}", which is not handled in '
                    f"{', '.join(deaf)}; add a transition or list the event as ignored."
                )


def _safe_problems(chart: Statechart, emergency: tuple[str, ...]) -> Iterator[str]:
    inside = [
        leaf
        for path, state in chart.states.items()
        if state.name == SAFE
        for leaf in _leaves_inside(chart, path)
    ]
    if not inside:
        yield f'There is no state named "{SAFE}".'
        return
    following = _successors(chart)
    outside = [leaf for leaf in chart.leaves if leaf not in inside]
    for leaf in outside:
        reached = _reached(following, [leaf])
        if not any(target in reached for target in inside):
            yield f'No path leads from "{leaf}" to "{SAFE}".'
        for event in emergency:
            if not any(on.guard is None for on in chart.transitions_from(leaf, event)):
                yield f'State "{leaf}" does not always react to "{event}"; add one from ANY.'
    if outside and not any(leaf in outside for leaf in _reached(following, inside)):
        yield f'No transition leads out of "{SAFE}".'
