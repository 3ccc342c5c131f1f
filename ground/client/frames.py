"""What travels between mission control's API and its clients."""

from typing import Annotated, Any

import msgspec

from ground.api.fields import JOURNAL_TOPICS as JOURNAL_TOPICS

LARGEST_REQUEST = 64 << 10  # bytes of a client's frame
LARGEST_ANSWER = 1 << 20  # bytes, the limit of every message here
API_FILE = "api.json"

STREAM_TOPICS = ("clock", "tm", *JOURNAL_TOPICS)


class RequestFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request. `session`: the token of a login; absent where a key says who asks.

    `key`: the same text again is the same request, which is done once. `user`: who the client
    thinks it is; it is refused where that is not so, and counts for nothing else.
    """

    id: int
    request: dict[str, Any]
    session: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    user: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class AnswerFrame(msgspec.Struct, frozen=True):
    """Its answer: `result` where `ok`; else the sentence `refused`.

    `away`: the run does not answer; whether a change was taken nobody knows, and asking again with
    the same key does it once.
    """

    id: int | None
    ok: bool
    result: Any = None
    refused: str = ""
    away: bool = False


class Api(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an edge serves: the file `api.json` of a run folder, or a person's key file.

    `people`: the folder with the saved sessions of who uses this machine. `server`, `public` and
    `secret` are CURVE keys (Z85): with them, requests need no session.
    """

    requests: str
    streams: str
    people: str = ""
    process: int = 0
    user: str = ""
    server: str = ""
    public: str = ""
    secret: str = ""
