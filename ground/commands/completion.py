"""`msr completion`: what bash or zsh needs to complete commands, options and names.

    msr completion bash > ~/.local/share/bash-completion/completions/msr
    source <(msr completion zsh)

The script is made from the parsers as they are, with the names of the configurations at that hour.
"""

import argparse
import importlib

from flight.configuration.files import configs_folder
from ground.terminal.arguments import Parser
from ground.terminal.exit_codes import YES

NAMES = {"mission": "missions", "trade": "trades"}
"""Arguments that are the name of a configuration, and in which folder these are."""

_BASH = """\
# Completion of msr for bash; made by `msr completion bash`.
_msr() {
    local word="${COMP_WORDS[COMP_CWORD]}" path="" each words
    for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case " $path $each " in
%(paths)s
        esac
    done
    case "$path" in
%(words)s
        *) words="%(top)s" ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _msr msr
"""
_ZSH = """\
# Completion of msr for zsh; made by `msr completion zsh`.
autoload -Uz bashcompinit && bashcompinit
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="for which shell: bash or zsh")


def run(arguments: argparse.Namespace) -> int:
    """Prints the script."""
    # By its name, as the command knows this module: neither stands on the other.
    cli = importlib.import_module("ground.cli")
    names = [subcommand.name for subcommand in cli.SUBCOMMANDS]
    script = bash_script(cli.make_parser(cli.SUBCOMMANDS, *names))
    print(script if arguments.shell == "bash" else _ZSH + script, end="")
    return YES


def bash_script(parser: Parser) -> str:
    """The script for bash, from the parser of `msr` with all its commands."""
    words = completions(parser)
    top = " ".join(words.pop(""))
    paths = "\n".join(f'            *" {path} ") path="{path}" ;;' for path in words)
    cases = "\n".join(
        f'        "{path}") words="{" ".join(after)}" ;;' for path, after in words.items()
    )
    return _BASH % {"paths": paths, "words": cases, "top": top}


def completions(parser: argparse.ArgumentParser, path: str = "") -> dict[str, list[str]]:
    """What may follow each command, by its path of words such as `study landing`."""
    words: list[str] = []
    below: dict[str, list[str]] = {}
    for action in parser._actions:  # argparse offers no other way to list them
        words += action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            words += list(action.choices)
            for name, child in action.choices.items():
                below |= completions(child, f"{path} {name}".strip())
        elif not action.option_strings:
            words += [str(choice) for choice in action.choices or _names(action.dest)]
    return {path: words, **below}


def _names(argument: str) -> list[str]:
    folder = NAMES.get(argument)
    if folder is None:
        return []
    return sorted(file.stem for file in (configs_folder() / folder).glob("*.yaml"))
