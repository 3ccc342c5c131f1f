"""`msr windows`: what is printed, written and drawn, and when it refuses."""

import argparse
import importlib.util
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from flight.astrodynamics.launch_opportunities import Opportunity
from flight.astrodynamics.transfer_windows import Transfer
from flight.configuration.files import ConfigurationError
from ground.commands import windows as windows_command

NEEDS_MATPLOTLIB = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed"
)


def windows(*words: str) -> int:
    parser = argparse.ArgumentParser()
    windows_command.configure(parser)
    return windows_command.run(parser.parse_args(words))


def test_the_list_reads_in_a_pipe_and_as_json(capsys, tmp_path):
    file = tmp_path / "new" / "windows.json"
    words = ("--from", "2030", "--to", "2030", "--direction", "home", "--json", str(file))
    assert windows(*words) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    line = next(line for line in printed.splitlines() if line.startswith("2030-11-09"))
    assert line.split()[:4] == ["2030-11-09.34", "2", "2031-09-23.55", "318.2"]
    plain = json.loads(file.read_text(encoding="utf-8"))
    assert [entry["type"] for entry in plain] == [1, 2]
    assert plain[1]["c3_km2_s2"] == pytest.approx(5.430, abs=1e-3)
    assert plain[1]["departure"].startswith("2030-11-09T")
    assert plain[1]["entry_speed_km_s"] == pytest.approx(12.350, abs=1e-2)


def test_a_direction_without_a_window_says_so_beside_the_other(capsys):
    assert windows("--from", "2031", "--to", "2031", "--type", "1") == 0
    printed = capsys.readouterr().out
    assert "2031-01-27" in printed
    assert "From Mars to Earth, least launch energy: none in 2031." in printed


def test_a_limit_that_shapes_the_flight_is_remarked(capsys):
    words = ("--from", "2031", "--to", "2031", "--direction", "out", "--type", "2")
    assert windows(*words, "--max-days", "280") == 0
    assert "as long as allowed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "2045", "--to", "2045"), "the ephemeris covers 2010-01-01 to 2046-01-01"),
        (("--from", "1990", "--to", "1995"), "the ephemeris covers"),
        (("--from", "2031", "--to", "2030"), "--to 2030 lies before --from 2031"),
        (("--from", "20310", "--to", "20311"), "year 20310 is outside"),
        (("--min-days", "300", "--max-days", "200"), "the shorter first"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused(words, sentence, capsys):
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        windows(*words)
    assert "\n" not in str(refused.value)
    assert capsys.readouterr().out == ""


def test_a_search_that_finds_nothing_answers_no_with_a_sentence(capsys):
    assert windows("--from", "2027", "--to", "2027") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "no transfer from Earth to Mars or from Mars to" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("option", ["--json", "--plot"])
def test_a_file_that_cannot_be_written_is_refused_before_the_search(
    option, capsys, tmp_path, monkeypatch
):
    monkeypatch.delattr(windows_command, "_search")
    with pytest.raises(ConfigurationError, match=f"{option} = {tmp_path}: is a folder"):
        windows(option, str(tmp_path))
    assert capsys.readouterr().out == ""


@NEEDS_MATPLOTLIB
def test_porkchops_are_drawn(capsys, tmp_path):
    picture = tmp_path / "new" / "porkchop.png"
    words = ("--from", "2030", "--to", "2030", "--direction", "home", "--plot", str(picture))
    assert windows(*words) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in capsys.readouterr().out


@NEEDS_MATPLOTLIB
def test_an_unknown_kind_of_picture_is_refused_before_the_search(tmp_path, monkeypatch):
    monkeypatch.delattr(windows_command, "_search")
    with pytest.raises(ConfigurationError, match=r"xyz: allowed is a file that ends in one of"):
        windows("--plot", str(tmp_path / "porkchop.xyz"))


@NEEDS_MATPLOTLIB
def test_opportunities_are_grouped_by_alignment():
    from ground.pictures.porkchop import alignments

    def leaving(jd: float) -> Opportunity:
        return Opportunity(
            "earth", "mars", Transfer(jd, jd + 200.0, (3.0, 0.0, 0.0), (3.0, 0.0, 0.0), 2.0)
        )

    groups = alignments([leaving(jd) for jd in (2_462_780.0, 2_461_990.0, 2_462_760.0)])
    assert [len(group) for group in groups] == [1, 2]


def test_without_a_picture_matplotlib_is_not_imported():
    program = (
        "import sys\nfrom ground.cli import main\n"
        "main(['windows', '--from', '2030', '--to', '2030', '--direction', 'home'])\n"
        "print('LOADED', 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "LOADED False" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("days", "against", "remark"),
    [
        (200.0, False, ""), (300.0, False, "as long as allowed"), (299.99, False, "as long as"),
        (299.98, False, ""), (100.0, False, "as short as allowed"), (100.01, False, "as short as"),
        (100.02, False, ""), (300.0, True, "against half a turn"),
    ],
)
def test_a_flight_at_the_limit_that_was_set_is_remarked(days, against, remark):
    one = SimpleNamespace(against_half_turn=against, transfer=SimpleNamespace(days=days))
    said = windows_command._remark(one, 100.0, 300.0)
    assert said.startswith(remark) and bool(said) is bool(remark)
