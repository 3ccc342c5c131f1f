"""Mission control's API as a page, message by message, and its JSON schemas as a file."""

import inspect
from typing import Any, get_args

import msgspec

from ground.api.at_the_edge import AT_THE_EDGE, EDGE_REQUEST_TYPES
from ground.api.commanding import COMMANDING
from ground.api.controlling import CONTROLLING
from ground.api.entries import Answer, Entry, Estimate, StackItem
from ground.api.fields import Read, Request
from ground.api.reads import READS
from ground.api.requests import REQUEST_TYPES
from ground.api.training import TRAINING, TRAINING_READS
from ground.client.frames import (
    LARGEST_ANSWER,
    LARGEST_REQUEST,
    STREAM_TOPICS,
    AnswerFrame,
    Api,
    RequestFrame,
)
from ground.mission_control import all_handlers
from ground.reference.markdown import code, one_line, page, table
from ground.reference.types import default_words, type_words

PATH = "reference/mission-control-api.md"
SCHEMAS = "reference/mission-control-api.json"

INTRODUCTION = f"""\
What people, scripts and consoles send to mission control and its edge, and what they say; for \
programs in other languages the same is in [JSON schemas]({SCHEMAS.rpartition("/")[2]}) (draft \
2020-12). Why it is so is in [mission control](../explanation/mission-control.md).

A request is a map with the key `do` and the fields below it; fields that have a default may be \
left out, others are refused. The answer is `{{"ok": true, "result": {{...}}}}`, or `{{"ok": \
false, "refused": "a sentence"}}`: then nothing was done. A request that **looks** changes no \
bit of a run and is answered at once. One that **changes** something carries a key of its own \
beside it: repeated under the same key it is answered again, and not done twice; it is an input \
of the run, recorded with its instant, and flies again with it. All answers are bounded: lists \
by `limit`, and each answer by 1 MB.

Who asks is not in a request: that is for who has authenticated the person. Times that end in \
`_ns` are nanoseconds of mission time."""

SOCKET = """\
A run that is held back (`msr fly --pace`) can be asked on its control socket, whose address is in \
`control.json` of the run folder; whoever can open that folder is trusted. Frames are MessagePack: \
`{"do": "ask", "user": "anna", "session": "s1", "key": "unique", "request": {...}}` for the \
requests of this page (`roles` may be given; else they are looked up in `configs/operators`), and \
`{"do": "poll", "journal": N, "telemetry": V, "limit": 500}` for the clock, the entries of the \
journal after N and the telemetry that has changed since version V. People connect to the edge \
instead, which authenticates them."""

EDGE = f"""\
What people connect to, in any language that has ZeroMQ and MessagePack: the file `api.json` of a \
run folder that is served (`Api` below), or a person's key file, says where. To `requests` connect \
a DEALER and send a `RequestFrame` as one frame of at most {LARGEST_REQUEST >> 10} kB; the \
`AnswerFrame` with its `id`, at most {LARGEST_ANSWER >> 20} MB, comes back on it. Begin with \
`login`; the requests of this page are asked in the session that it opens. To `streams` connect a \
SUB: messages are two frames, the topic ({", ".join(f"`{topic}`" for topic in STREAM_TOPICS)}; \
`tm.VEHICLE` for one of them) and a MessagePack map. Messages of the journal have `after`, the \
number of the topic's entry before: where it is higher than the last that one has, some were \
missed, and `since` has them. What is asked of the edge alone a run on its control socket \
does not know."""

_GROUPS: tuple[tuple[str, Any], ...] = (
    ("Asked of the edge alone", AT_THE_EDGE),
    ("Looking", READS),
    ("A command's life, authority, roles", COMMANDING),
    ("Alarms, limits, procedures", CONTROLLING),
    ("Training: looking", TRAINING_READS),
    ("Training", TRAINING),
)
_FRAMES = (Api, RequestFrame, AnswerFrame)
_SAID = (Entry, StackItem, Estimate, Answer)


def api_page() -> dict[str, str]:
    """The page and the file of schemas by their paths."""
    roles: dict[type[Any], tuple[str, ...]] = dict.fromkeys(EDGE_REQUEST_TYPES.values(), ())
    roles |= {kind: handler.roles for kind, handler in all_handlers().by_kind.items()}
    parts = [INTRODUCTION, "## The edge", EDGE]
    for frame in _FRAMES:
        parts += [f"### {frame.__name__}", _text(frame), _fields(frame)]
    parts += ["## The control socket", SOCKET]
    for title, kinds in _GROUPS:
        parts.append(f"## {title}")
        for kind in get_args(kinds):
            parts += _request(kind, roles.get(kind))
    parts.append("## What mission control says")
    for said in _SAID:
        parts += [f"### {said.__name__}", _text(said), _fields(said)]
    made_from = "ground/api and ground/mission_control/service"
    return {PATH: page("Mission control's API", made_from, *parts), SCHEMAS: schemas()}


def _request(kind: type[Request], roles: tuple[str, ...] | None) -> list[str]:
    name = str(kind.__struct_config__.tag)
    what = "Looks." if issubclass(kind, Read) else "Changes something."
    if roles is None:
        who = " No mission control does it yet: it is refused."
    elif roles:
        who = f" Needs the role {' or '.join(roles)}."
    else:
        who = ""
    return [f"### {name}", f"{what}{who}", _text(kind), _fields(kind)]


def _text(kind: type[msgspec.Struct]) -> str:
    paragraphs = (inspect.getdoc(kind) or "").split("\n\n")
    return "\n\n".join(map(one_line, paragraphs))


def _fields(kind: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(kind)
    rows = [
        [code(field.name), type_words(field.type), code(default_words(field))] for field in fields
    ]
    return table(("Field", "What it may be", "Default"), rows)


def schemas() -> str:
    """JSON schemas of all requests and of what is said, as JSON."""
    asked = (*EDGE_REQUEST_TYPES.values(), *REQUEST_TYPES.values())
    kinds = (*asked, *_SAID, *_FRAMES)
    _, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    requests = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in asked]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Requests to mission control",
        "oneOf": requests,
        "$defs": components,
    }
    text = msgspec.json.format(msgspec.json.encode(whole, order="deterministic"), indent=1)
    return text.decode() + "\n"
