"""Every request that a person, a script or a console can send to mission control.

A request is a map with the key `do`. What is no request is refused by a sentence and changes
nothing.
"""

from math import isfinite
from typing import Annotated, Any, get_args, get_origin

import msgspec

from ground.api.commanding import COMMANDING
from ground.api.controlling import CONTROLLING
from ground.api.fields import Change, Read, Request
from ground.api.reads import READS
from ground.api.training import TRAINING, TRAINING_READS

AnyRequest = READS | TRAINING_READS | COMMANDING | CONTROLLING | TRAINING

REQUEST_TYPES: dict[str, type[Request]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyRequest)
}
"""Every kind of request, by its `do`."""


def people_named(plain: Any) -> list[tuple[str, str]]:
    """The fields (name, value) of a request in which it names one of those who operate."""
    do = plain.get("do") if isinstance(plain, dict) else None
    fields = _PEOPLE.get(do, ()) if isinstance(do, str) else ()
    return [(name, plain[name]) for name in fields if isinstance(plain.get(name), str)]


def _names_a_person(kind: Any) -> bool:
    metas = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    if any(isinstance(each, msgspec.Meta) and (each.extra or {}).get("person") for each in metas):
        return True
    return get_origin(kind) is not Annotated and any(map(_names_a_person, get_args(kind)))


_PEOPLE = {
    do: tuple(each.name for each in msgspec.structs.fields(kind) if _names_a_person(each.type))
    for do, kind in REQUEST_TYPES.items()
}

DEEPEST = 8
"""Levels of a request: around it come those of an answer and of the journal, 16 in all."""


class NoRequest(ValueError):
    """Something that is no request; the text says why."""


def read_request(plain: Any) -> Read | Change:
    """The request that plain data stand for; raises NoRequest."""
    check_values(plain)
    try:
        request: Read | Change = msgspec.convert(plain, AnyRequest)
    except msgspec.ValidationError as error:
        raise NoRequest(_sentence(plain, error)) from None
    return request


def check_values(plain: Any, left: int = DEEPEST) -> None:
    """Refuses what a record or a journal could not hold, or could not be read from again; raises
    NoRequest."""
    if isinstance(plain, float) and not isfinite(plain):
        raise NoRequest(f"no request: {plain}: allowed are finite numbers")
    if isinstance(plain, int) and not -(1 << 63) <= plain < 1 << 63:
        raise NoRequest(f"no request: {str(plain)[:24]}: allowed are whole numbers of 64 bits")
    if not isinstance(plain, dict | list | tuple | str | bool | int | float | None):
        raise NoRequest(f"no request: {type(plain).__name__}: allowed is what JSON can say")
    if isinstance(plain, dict | list | tuple):
        for key in plain if isinstance(plain, dict) else ():
            if not isinstance(key, str):
                raise NoRequest(f"no request: the key {str(key)[:24]}: allowed are texts")
        if left == 0:
            raise NoRequest(f"no request: nested deeper than {DEEPEST} levels")
        for each in plain.values() if isinstance(plain, dict) else plain:
            check_values(each, left - 1)


def plain_request(request: Request) -> dict[str, Any]:
    """A request as plain data."""
    plain: dict[str, Any] = msgspec.to_builtins(request)
    return plain


def _sentence(plain: Any, error: msgspec.ValidationError) -> str:
    if not isinstance(plain, dict):
        return f"no request: allowed is a map with the key do, not {type(plain).__name__}"
    do = plain.get("do")
    if not isinstance(do, str):
        return "no request: it has no key do; it says what is asked, such as hello"
    if do not in REQUEST_TYPES:
        return f"no request: do = {do[:80]!r}: allowed is one of {', '.join(REQUEST_TYPES)}"
    return f"no request: {do}: {error}"
