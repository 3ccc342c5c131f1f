"""The ordered log of messages and its hash."""

import hashlib
from pathlib import Path

from flight.runtime.message_log import MessageLog

MESSAGES = [(0, b"toy>lander", b"one"), (5, b"lander>toy", b"two"), (5, b"toy>lander", b"")]


def filled(messages: list[tuple[int, bytes, bytes]], path: Path | None = None) -> MessageLog:
    log = MessageLog(path)
    for message in messages:
        log.add(*message)
    return log


def test_equal_messages_have_equal_hashes() -> None:
    assert filled(MESSAGES).sha256() == filled(MESSAGES).sha256()


def test_time_channel_bytes_and_order_all_count() -> None:
    variants = [
        MESSAGES,
        MESSAGES[::-1],
        MESSAGES[:2],
        [(1, *MESSAGES[0][1:]), *MESSAGES[1:]],
        [(0, b"toy>mav", b"one"), *MESSAGES[1:]],
        [(0, b"toy>lander", b"onf"), *MESSAGES[1:]],
    ]
    assert len({filled(each).sha256() for each in variants}) == len(variants)


def test_messages_do_not_run_into_each_other() -> None:
    assert filled([(1, b"a", b"xy"), (1, b"a", b"z")]).sha256() != (
        filled([(1, b"a", b"x"), (1, b"a", b"yz")]).sha256()
    )


def test_it_counts_and_writes_what_it_hashes(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    log = filled(MESSAGES, path)
    log.close()
    log.close()
    lines = path.read_bytes().splitlines()
    assert lines[0] == b"0 toy>lander 3 one"
    assert (log.count, log.bytes, len(lines)) == (3, 6, 3)
    assert hashlib.sha256(b"".join(lines)).hexdigest() == log.sha256()
