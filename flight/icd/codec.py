"""Messages to bytes and back: MessagePack, with limits, checked against types.

The wire is written by `msgspec`; what comes in is decoded with size and depth limits and then
converted strictly to its type before anybody acts on it.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgpack
import msgspec

T = TypeVar("T")

_unpackb = partial(msgpack.unpackb, raw=False, strict_map_key=True)

MAXIMUM_MESSAGE_BYTES = 1 << 20
MAXIMUM_DEPTH = 16


class CodecError(ValueError):
    """Bytes that are no message of the expected type; says what is wrong."""


def encode(message: Any) -> bytes:
    """MessagePack bytes of plain data or of a `msgspec.Struct`.

    Raises CodecError for what the wire cannot carry or what is larger than the limit.
    """
    try:
        data = pack(message)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CodecError(f"{type(message).__name__} cannot be encoded: {error}") from error
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        raise CodecError(
            f"{type(message).__name__} has {len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}"
        )
    return data


_BASES: tuple[type, ...] = (float, int, str, bytes, tuple, list, dict)


def _plainer(value: Any) -> Any:
    """What `msgspec` cannot write by itself, one step plainer: NumPy's floats are of this kind."""
    for base in _BASES:
        if isinstance(value, base):
            return base(value)
    return msgspec.to_builtins(value, builtin_types=(bytes,))


# MessagePack bytes of plain data and of `msgspec.Struct`, of any size. Raises TypeError,
# ValueError, OverflowError or RecursionError for what the wire cannot carry.
pack: Callable[[Any], bytes] = msgspec.msgpack.Encoder(enc_hook=_plainer).encode


def decode_plain(data: bytes) -> Any:
    """Plain data (None, booleans, numbers, strings, bytes, lists, dicts by strings) from
    MessagePack bytes.

    Raises CodecError on malformed, oversized or too deeply nested input, and on what MessagePack
    has beyond plain data (extensions, timestamps, keys that are no strings, integers beyond 64
    bits with a sign: nobody behind could store them).
    """
    plain = unpack(data)
    check_plain(plain, MAXIMUM_DEPTH)
    if may_hold_unsigned_64(data):
        check_integers(plain)
    return plain


def unpack(data: bytes) -> Any:
    """What is in MessagePack bytes, not yet checked to be plain data.

    Raises CodecError on malformed or oversized input.
    """
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        raise CodecError(f"{len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}")
    try:
        return _unpackb(data)
    except Exception as error:  # msgpack raises many kinds; all mean the same to the caller
        raise CodecError(f"not MessagePack: {error}") from error


def decode(data: bytes, kind: type[T]) -> T:
    """A `kind` from MessagePack bytes; raises CodecError when it is not one."""
    return convert(decode_plain(data), kind)


def convert(plain: Any, kind: type[T]) -> T:
    """A `kind` from plain data, strictly typed; raises CodecError when it is not one."""
    try:
        return msgspec.convert(plain, kind, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        name = getattr(kind, "__name__", str(kind))
        raise CodecError(f"not a {name}: {error}") from error


_SCALARS = frozenset({type(None), bool, int, float, str, bytes})
_STRINGS = frozenset({str})


def check_plain(plain: Any, left: int) -> None:
    """Raises CodecError for what is not plain data or is nested deeper than `left` levels."""
    kind = type(plain)
    if kind in _SCALARS:
        return
    if kind is not list and kind is not dict:
        raise CodecError(f"not plain data: a {kind.__name__}")
    if left == 0:
        raise CodecError(f"nested deeper than {MAXIMUM_DEPTH} levels")
    if kind is dict:
        if not _STRINGS.issuperset(map(type, plain)):
            wrong = next(key for key in plain if type(key) is not str)
            raise CodecError(f"not plain data: a key is {wrong!r}, allowed is a string")
        plain = plain.values()
        if _SCALARS.issuperset(map(type, plain)):  # most are flat: a third of the time
            return
    for item in plain:
        if type(item) not in _SCALARS:
            check_plain(item, left - 1)


may_hold_unsigned_64 = re.compile(rb"\xcf[\x80-\xff]").search
"""Finds what each integer begins with that 64 bits with a sign do not hold; times, which are in
every message, begin otherwise. What is found may also be part of something else."""


def check_integers(plain: Any) -> None:
    """Raises CodecError for an integer that 64 bits with a sign do not hold."""
    if type(plain) is int:
        if plain >= 1 << 63:
            raise CodecError(f"not plain data: {plain} is beyond 64 bits with a sign")
    elif type(plain) is list:
        for item in plain:
            check_integers(item)
    elif type(plain) is dict:
        for item in plain.values():
            check_integers(item)
