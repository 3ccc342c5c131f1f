"""`msr authority`: who holds which vehicle, and who may what."""

import argparse
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.commands.asking import ask, configure_asking, print_json, print_table
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

WORDS = {"take": 1, "offer": 2, "accept": 1, "release": 1}
"""How many words each has; the first is a vehicle."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "act", nargs="?", choices=(*WORDS, "roles"), default=None, help="what to do (default: list)"
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="take VEHICLE; offer VEHICLE PERSON; accept VEHICLE; release VEHICLE; roles PERSON "
        "[ROLE...], which are theirs in place of those before, for the rest of the run",
    )
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists who holds what, or changes it."""
    request = request_of(arguments.act, arguments.words)
    return ask(arguments, lambda mc: _work(mc, arguments, request))


def request_of(act: str | None, words: list[str]) -> dict[str, Any]:
    """The request; raises ConfigurationError for words that it has no use for."""
    least, most = (1, 8) if act == "roles" else 2 * (WORDS.get(act or "", 0),)
    if not least <= len(words) <= most:
        said = f"= {len(words)} words after {act or 'nothing'}: allowed are {least} to {most}"
        raise ConfigurationError("command line", None, "WORD", said)
    if act is None:
        return {}
    if act == "roles":
        return {"do": "roles_set", "user": words[0], "roles": words[1:]}
    to = {"to": words[1]} if act == "offer" else {}
    return {"do": f"authority_{act}", "vehicle": words[0], **to}


async def _work(
    mc: "MissionControl", arguments: argparse.Namespace, request: dict[str, Any]
) -> int:
    if request:
        answer = await mc.ask(request.pop("do"), **request)
        if arguments.json:
            print_json(answer)
        elif arguments.act == "roles":
            print(f"{answer['user']}: {', '.join(answer['roles']) or 'no role'}")
        else:
            offered = f", offered to {answer['offered_to']}" if answer.get("offered_to") else ""
            print(f"{request['vehicle']}: held by {answer.get('holder') or 'nobody'}{offered}")
        return YES
    hello = await mc.hello()
    if arguments.json:
        print_json({"authority": hello["authority"], "you": hello["you"]})
        return YES
    rows = [
        (vehicle, each.get("holder") or "nobody", each.get("offered_to") or "")
        for vehicle, each in hello["authority"].items()
    ]
    print_table(("vehicle", "held by", "offered to"), rows, "there is no vehicle")
    print(f"you are {hello['you']['name']}: {', '.join(hello['you']['roles']) or 'no role'}")
    return YES
