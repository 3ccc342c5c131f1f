"""Messages to bytes and back: MessagePack, with limits, checked against types.

The wire is written by `msgpack`; what comes in is decoded with size and depth limits and then
converted strictly to its type by `msgspec` before anybody acts on it.
"""

from typing import Any, TypeVar

import msgpack
import msgspec

T = TypeVar("T")

MAXIMUM_MESSAGE_BYTES = 1 << 20
MAXIMUM_DEPTH = 16

_pack = msgpack.Packer(use_bin_type=True).pack


class CodecError(ValueError):
    """Bytes that are no message of the expected type; says what is wrong."""


def encode(message: Any) -> bytes:
    """MessagePack bytes of plain data or of a `msgspec.Struct`.

    Raises CodecError for what the wire cannot carry or what is larger than the limit.
    """
    try:
        data: bytes = _pack(msgspec.to_builtins(message, builtin_types=(bytes,)))
    except (TypeError, ValueError, OverflowError) as error:
        raise CodecError(f"{type(message).__name__} cannot be encoded: {error}") from error
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        raise CodecError(
            f"{type(message).__name__} has {len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}"
        )
    return data


def decode_plain(data: bytes) -> Any:
    """Plain data (dicts, lists, strings, numbers, bytes) from MessagePack bytes.

    Raises CodecError on malformed, oversized or too deeply nested input.
    """
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        raise CodecError(f"{len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}")
    try:
        plain = msgpack.unpackb(data, raw=False, strict_map_key=True)
    except Exception as error:  # msgpack raises many kinds; all mean the same to the caller
        raise CodecError(f"not MessagePack: {error}") from error
    _check_depth(plain, MAXIMUM_DEPTH)
    return plain


def decode(data: bytes, kind: type[T]) -> T:
    """A `kind` from MessagePack bytes; raises CodecError when it is not one."""
    return convert(decode_plain(data), kind)


def convert(plain: Any, kind: type[T]) -> T:
    """A `kind` from plain data, strictly typed; raises CodecError when it is not one."""
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        name = getattr(kind, "__name__", str(kind))
        raise CodecError(f"not a {name}: {error}") from error


def _check_depth(plain: Any, left: int) -> None:
    if isinstance(plain, list):
        if left == 0:
            raise CodecError(f"nested deeper than {MAXIMUM_DEPTH} levels")
        for item in plain:
            if isinstance(item, list | dict):
                _check_depth(item, left - 1)
    elif isinstance(plain, dict):
        if left == 0:
            raise CodecError(f"nested deeper than {MAXIMUM_DEPTH} levels")
        for item in plain.values():
            if isinstance(item, list | dict):
                _check_depth(item, left - 1)
