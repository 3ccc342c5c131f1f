"""The command `msr`: its help, its lazy imports, its exit codes."""

import argparse
import errno
import importlib
import importlib.util
import sqlite3
import subprocess
import sys
import types
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.cli import SUBCOMMANDS, Subcommand, main
from ground.drills.workers import WorkerKilled

HEAVY = ("numpy", "scipy", "zmq", "msgspec", "yaml", "rich", "matplotlib", "ground.testbed")


@pytest.fixture
def probe(monkeypatch):
    """A subcommand whose work each test chooses, in a module of its own."""
    module = types.ModuleType("probe_command")
    module.configure = lambda parser: parser.add_argument("--seed", type=int, default=1)
    module.run = lambda arguments: 0
    monkeypatch.setitem(sys.modules, "probe_command", module)
    return module


PROBE = (Subcommand("probe", "try it", "probe_command"), Subcommand("other", "no", "not.there"))


def test_help_lists_every_subcommand(capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["--help"])
    assert leaving.value.code == 0
    printed = capsys.readouterr().out
    for subcommand in SUBCOMMANDS:
        assert subcommand.name in printed
        assert subcommand.help in printed


def test_help_imports_nothing_heavy():
    program = (
        "import sys, ground.cli\n"
        "try: ground.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = done.stdout.split("LOADED")[1].split()
    assert not [name for name in HEAVY if name in loaded]


def test_only_the_chosen_subcommand_is_imported(probe):
    assert main(["probe"], PROBE) == 0


def test_the_subcommand_gets_its_own_arguments_and_its_exit_code_is_returned(probe):
    probe.run = lambda arguments: arguments.seed
    assert main(["probe", "--seed", "7"], PROBE) == 7


def test_arguments_default_to_those_of_the_process(probe, monkeypatch):
    probe.run = lambda arguments: arguments.seed
    monkeypatch.setattr(sys, "argv", ["msr", "probe", "--seed", "5"])
    assert main(subcommands=PROBE) == 5


@pytest.mark.parametrize(
    ("arguments", "usage", "sentence"),
    [
        (["prboe"], "msr", "there is no command 'prboe' (did you mean probe?)"),
        (["xyz"], "msr", "there is no command 'xyz'; `msr --help` lists them"),
        (["bench"], "msr", "`msr bench` is called `msr measure` now"),
        (["probe", "--sede", "1"], "msr probe", "there is no option --sede (did you mean --seed?)"),
        (["probe", "--zzqq=1"], "msr probe", "there is no option --zzqq\n"),
        (["probe", "mars"], "msr probe", "'mars' is one argument too many"),
        (["probe", "--seed", "x"], "msr probe", "argument --seed: 'x': allowed is a whole number"),
        (["probe", "--way", "nroth"], "msr probe", "no 'nroth' (did you mean north?); allowed is"),
        (["probe", "--out", ""], "msr probe", "argument --out: '': allowed is a path, such as ."),
    ],
)
def test_wrong_arguments_end_with_code_2_the_usage_of_the_command_and_a_sentence(
    probe, arguments, usage, sentence, capsys
):
    def configure(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--seed", type=int)
        parser.add_argument("--way", choices=("north", "east"))
        parser.add_argument("--out", type=Path)

    probe.configure = configure
    with pytest.raises(SystemExit) as leaving:
        main(arguments, PROBE)
    assert leaving.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"usage: {usage} ")
    assert sentence in err
    assert f"\n{usage}: " in err


def test_msr_alone_prints_its_help(capsys):
    assert main([], PROBE) == 0
    out, err = capsys.readouterr()
    assert "probe" in out and "usage: msr" in out
    assert err == ""


def test_a_folder_that_has_gone_is_told(probe, tmp_path, monkeypatch, capsys):
    probe.run = lambda arguments: 0
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["probe"], PROBE) == 2
    assert "has been removed" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main(["probe"], PROBE) == 0


def test_a_refused_configuration_is_a_sentence_on_stderr_and_code_2(probe, capsys):
    def refuse(arguments: argparse.Namespace) -> int:
        raise ConfigurationError("short.yaml", 12, "tubes", "tubes = -3: allowed is a count")

    probe.run = refuse
    assert main(["probe"], PROBE) == 2
    assert capsys.readouterr() == (
        "",
        "msr: short.yaml:12: tubes = -3: allowed is a count\n",
    )


def test_an_interrupt_ends_with_code_130(probe):
    def interrupt(arguments: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    probe.run = interrupt
    assert main(["probe"], PROBE) == 130


def test_an_error_of_the_program_has_code_4_a_traceback_and_a_sentence(probe, capsys):
    def fail(arguments: argparse.Namespace) -> int:
        raise RuntimeError("a bug")

    probe.run = fail
    assert main(["probe"], PROBE) == 4
    said = capsys.readouterr().err
    assert "Traceback" in said and "RuntimeError: a bug" in said
    assert said.splitlines()[-1].startswith("msr: the program broke (RuntimeError)")


def raised_from(cause: Exception) -> Exception:
    """As the archive tells it: an error of the program's, by one of the machine's."""
    error = ValueError("the archive takes no more")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space", "a/file"), "a/file: the disk is full"),
        (OSError(errno.EMFILE, "Too many"), "this process may open no more files"),
        (MemoryError(), "the memory is used up"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (OSError(errno.ESTALE, "Stale", "a/run"), "a/run: it was taken away while it was in use"),
        (BrokenProcessPool("terminated"), "a process that worked for it has died"),
        (WorkerKilled("short, seed 1"), "a process that worked for it has died"),
        (RuntimeError("can't start new thread"), "no more processes or threads can be started"),
        (raised_from(sqlite3.OperationalError("database or disk is full")), "the disk is full"),
    ],
)
def test_what_the_machine_does_not_allow_has_code_3_and_a_sentence(probe, error, sentence, capsys):
    def fail(arguments: argparse.Namespace) -> int:
        raise error

    probe.run = fail
    assert main(["probe"], PROBE) == 3
    said = capsys.readouterr().err
    assert said.startswith(f"msr: {sentence}")
    assert "Traceback" not in said


def test_an_error_of_a_store_that_is_the_programs_own_is_not_the_machines(probe, capsys):
    def fail(arguments: argparse.Namespace) -> int:
        raise raised_from(sqlite3.OperationalError("no such table: tubes"))

    probe.run = fail
    assert main(["probe"], PROBE) == 4


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["--version"])
    assert leaving.value.code == 0
    assert capsys.readouterr().out.startswith("msr")


@pytest.mark.parametrize("subcommand", SUBCOMMANDS, ids=lambda subcommand: subcommand.name)
def test_each_registered_module_offers_configure_and_run(subcommand):
    if importlib.util.find_spec(subcommand.module) is None:
        pytest.skip(f"{subcommand.module} is not written yet")
    module = importlib.import_module(subcommand.module)
    module.configure(argparse.ArgumentParser())
    assert callable(module.run)


def test_who_calls_main_keeps_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def anew() -> None:
        pytest.fail("the process of another was begun anew")

    monkeypatch.setattr("flight.runtime.libm.pin", anew)
    monkeypatch.setattr(sys, "argv", ["msr", "none"])
    with pytest.raises(SystemExit):
        main()


@pytest.mark.parametrize("begun", [["-m", "ground.cli"], ["/a/bin/msr"]])
def test_the_command_pins_its_process_but_not_for_help(
    monkeypatch: pytest.MonkeyPatch, begun: list[str]
) -> None:
    pinned: list[int] = []
    monkeypatch.setattr("flight.runtime.libm.pin", lambda: pinned.append(1))
    monkeypatch.setattr(sys, "orig_argv", ["python", *begun, "none"])
    for given, times in ((["--help"], 0), (["fly", "-h"], 0), (["none"], 1)):
        monkeypatch.setattr(sys, "argv", ["msr", *given])
        with pytest.raises(SystemExit):
            main()
        assert len(pinned) == times
