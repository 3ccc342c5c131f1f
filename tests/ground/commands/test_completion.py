"""What a shell completes `msr` with: the commands, their options, the names that there are."""

import subprocess

import pytest

from ground.cli import SUBCOMMANDS, main

ASK = """
source /dev/stdin <<'SCRIPT'
{script}
SCRIPT
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_msr; echo "${{COMPREPLY[@]}}"
"""


def completed(capsys: pytest.CaptureFixture[str], words: str) -> list[str]:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    text = ASK.format(script=script, words=words)
    done = subprocess.run(["bash"], input=text, capture_output=True, text=True, timeout=20.0)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_studies_options_and_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [subcommand.name for subcommand in SUBCOMMANDS]
    assert set(names) <= set(completed(capsys, 'msr ""'))
    assert completed(capsys, "msr verif") == ["verify"]
    assert completed(capsys, "msr fly --see") == ["--seed"]
    assert completed(capsys, "msr fly sh") == ["short"]
    assert completed(capsys, "msr fly --seed 3 nomi") == ["nominal"]
    assert completed(capsys, "msr trade mav") == ["mav_design"]
    assert completed(capsys, "msr study land") == ["landing"]
    assert completed(capsys, "msr study landing --fir") == ["--first"]
    assert completed(capsys, "msr verify --seed") == []


def test_zsh_has_the_same_behind_its_bridge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    bash = capsys.readouterr().out
    assert main(["completion", "zsh"]) == 0
    zsh = capsys.readouterr().out
    assert zsh.endswith(bash)
    assert "bashcompinit" in zsh
