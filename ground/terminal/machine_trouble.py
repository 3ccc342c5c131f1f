"""Errors that are of the machine, not of the program: each has a sentence."""

import errno
import sqlite3
from concurrent.futures import BrokenExecutor

_SENTENCES = {
    errno.ENOSPC: "the disk is full, or has no inode left",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "that is not permitted",
    errno.EPERM: "that is not permitted",
    errno.EIO: "the device failed to read or write",
    errno.EMFILE: "this process may open no more files (`ulimit -n` says how many)",
    errno.ENFILE: "the machine can open no more files",
    errno.ENOMEM: "the memory is used up",
    errno.EAGAIN: "no more processes or threads can be started",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ESTALE: "it was taken away while it was in use",
}
_SQLITE = {
    "database or disk is full": "the disk is full",
    "disk I/O error": "the disk failed to read or write",
    "unable to open database file": "a store cannot be opened: no file more may be opened, or it "
    "is not permitted",
    "attempt to write a readonly database": "a store may not be written",
}


def sentence_of(error: BaseException | None) -> str:
    """What is wrong with the machine; empty for an error that is the program's own.

    One that was raised from an error of the machine is the machine's.
    """
    while error is not None:
        if sentence := _sentence_of_one(error):
            return sentence
        error = error.__cause__
    return ""


def _sentence_of_one(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _SENTENCES[errno.ENOMEM]
    if isinstance(error, sqlite3.OperationalError):
        return next((text for sign, text in _SQLITE.items() if sign in str(error)), "")
    if isinstance(error, BrokenExecutor):
        return "a process that worked for it has died: killed, or short of memory"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _SENTENCES[errno.EAGAIN]
    number = getattr(error, "errno", None)  # also that of ZeroMQ's errors, which are no OSError
    if number not in _SENTENCES:
        return ""
    file = getattr(error, "filename", None)
    return f"{file}: {_SENTENCES[number]}" if file else _SENTENCES[number]
