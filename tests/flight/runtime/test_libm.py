"""The code of the C library is pinned by the environment that a process is begun with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flight.runtime import libm

PIN = "glibc.cpu.hwcaps=-FMA,-FMA4"
TELL = (
    "import sys; from flight.runtime import libm; libm.pin(); print(sys.argv[1:], libm.dispatch())"
)


def test_the_pin_keeps_what_else_is_tuned() -> None:
    before = {
        "GLIBC_TUNABLES": "glibc.malloc.check=3:glibc.cpu.hwcaps=-AVX512F:glibc.rtld.nns=4",
        "HOME": "/",
    }
    after = libm.with_pin(before)
    assert after["GLIBC_TUNABLES"] == (
        "glibc.malloc.check=3:glibc.rtld.nns=4:glibc.cpu.hwcaps=-AVX512F,-FMA,-FMA4"
    )
    assert after["HOME"] == "/"
    assert libm.pinned(after)
    assert libm.with_pin(after) == after


@pytest.mark.parametrize(
    "value",
    [
        "",
        "glibc.cpu.hwcaps=",
        "glibc.cpu.hwcaps=-AVX2",
        "glibc.cpu.hwcaps=-FMA",  # AMD's FMA4 would take its place
        "glibc.cpu.hwcaps=-FMA4",
        "glibc.cpu.hwcaps=FMA,FMA4",
        "glibc.cpu.other=-FMA,-FMA4",
    ],
)
def test_half_a_pin_is_none(value: str) -> None:
    assert not libm.pinned({"GLIBC_TUNABLES": value})
    assert libm.pinned(libm.with_pin({"GLIBC_TUNABLES": value}))


def test_the_flags_of_the_first_cpu_are_read(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor : 0\nflags\t\t: fpu fma avx2\nprocessor : 1\nflags : fpu\n")
    assert libm.cpu_flags(str(file)) == {"fpu", "fma", "avx2"}
    assert libm.cpu_flags(str(tmp_path / "none")) == frozenset()


@pytest.mark.parametrize(
    ("machine", "flags", "environment", "wanted"),
    [
        ("x86_64", {"fma"}, {}, "by the CPU: not pinned at the start"),
        ("x86_64", {"fma4"}, {}, "by the CPU: not pinned at the start"),
        ("x86_64", set(), {}, "by the CPU: not pinned at the start"),  # who knows
        ("x86_64", {"sse2"}, {}, "single"),
        ("x86_64", {"fma"}, {"GLIBC_TUNABLES": PIN}, "pinned"),
        ("aarch64", {"asimd"}, {}, "single"),
    ],
)
def test_what_decides_is_told(
    monkeypatch: pytest.MonkeyPatch,
    machine: str,
    flags: set[str],
    environment: dict[str, str],
    wanted: str,
) -> None:
    system = os.uname()
    monkeypatch.setattr(libm, "libc", lambda: "glibc 2.36")
    monkeypatch.setattr(libm, "cpu_flags", lambda: frozenset(flags))
    monkeypatch.setattr(os, "uname", lambda: type(system)((*system[:4], machine)))
    assert libm.dispatch(environment) == wanted


def test_another_c_library_cannot_be_pinned_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libm, "libc", lambda: "")
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("begun anew for nothing"))
    assert libm.dispatch({}) == "by the CPU: only the GNU C library can be pinned"
    libm.pin()


def test_a_process_that_cannot_be_begun_anew_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(libm, "dispatch", lambda: "by the CPU: not pinned at the start")
    monkeypatch.setattr(os, "execve", refused)
    libm.pin()


def test_a_process_begins_anew_once_with_its_arguments() -> None:
    bare = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    done = subprocess.run(
        [sys.executable, "-c", TELL, "a b", "--c"],
        env=bare, capture_output=True, text=True, check=True, timeout=60,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    expected = libm.dispatch(bare) if "only" in libm.dispatch(bare) else libm.dispatch(
        libm.with_pin(bare)
    )
    assert done.stdout.strip() == f"['a b', '--c'] {expected}"
