"""Runs of two platforms are incomparable, which is another thing than different."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flight.runtime import libm
from ground.testbed.evidence.fingerprint import (
    Comparison,
    Incomparable,
    compare,
    differences,
    fingerprint,
    refuse_other,
    told_of,
)

ROOT = Path(__file__).parents[4]
TELL = (
    "import json; from ground.testbed.evidence.fingerprint import fingerprint; "
    "print(json.dumps(fingerprint()))"
)


def fingerprint_under(tunables: str) -> dict[str, Any]:
    """That of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", TELL],
        env=os.environ | {"GLIBC_TUNABLES": tunables},
        capture_output=True, text=True, check=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_the_fingerprint_is_plain_and_explains_itself() -> None:
    found = fingerprint()
    assert json.loads(json.dumps(found)) == found
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["libm_dispatch"] == libm.dispatch()


def test_runs_of_one_platform_are_the_same_or_different() -> None:
    here = fingerprint()
    one = {"fingerprint": here, "log_sha256": "aa"}
    assert compare(one, dict(one)) is Comparison.SAME
    assert compare(one, {**one, "log_sha256": "bb"}) is Comparison.DIFFERENT
    # What only explains decides nothing.
    python = {**here, "python": "3.99.0", "numpy": "9", "cpu_features": []}
    assert compare(one, {**one, "fingerprint": python}) is Comparison.SAME


@pytest.mark.parametrize("name", ["machine", "byte_order", "float", "libm_bits", "numpy_bits"])
def test_runs_of_two_platforms_are_incomparable_also_with_one_hash(name: str) -> None:
    here = fingerprint()
    one = {"fingerprint": here, "log_sha256": "aa"}
    for hash_ in ("aa", "bb"):
        other = {"fingerprint": {**here, name: "another"}, "log_sha256": hash_}
        assert compare(one, other) is Comparison.INCOMPARABLE
    assert differences(here, {**here, name: "another"}) == [f"{name}: {here[name]} and another"]
    with pytest.raises(Incomparable, match=f"{name}: .* and another"):
        refuse_other({**here, name: "another"})


def test_without_a_fingerprint_or_a_hash_nothing_is_known() -> None:
    one = {"fingerprint": fingerprint(), "log_sha256": "aa"}
    assert compare(one, {"log_sha256": "aa"}) is Comparison.INCOMPARABLE
    assert compare(one, {**one, "log_sha256": ""}) is Comparison.INCOMPARABLE
    assert compare(one, {**one, "fingerprint": {}}) is Comparison.INCOMPARABLE
    with pytest.raises(Incomparable):
        refuse_other({})


def test_a_worker_of_this_platform_is_welcome() -> None:
    refuse_other(dict(fingerprint()))


@pytest.mark.skipif(
    not libm.libc() or not libm.cpu_flags() & libm.FUSED, reason="needs glibc on a CPU with FMA"
)
def test_the_bits_tell_a_cpu_with_fma_from_one_without() -> None:
    free, pinned, without = map(
        fingerprint_under,
        ("", "glibc.cpu.hwcaps=-FMA,-FMA4", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX"),
    )
    assert free["libm_bits"] != pinned["libm_bits"]
    assert pinned["libm_bits"] == without["libm_bits"]
    assert (free["libm_dispatch"][:10], pinned["libm_dispatch"]) == ("by the CPU", "pinned")


def test_a_run_from_a_record_is_told_to_be_the_same_another_or_incomparable(tmp_path: Path) -> None:
    ours = {"log_sha256": "a", "fingerprint": fingerprint()}
    foreign = {"log_sha256": "a", "fingerprint": {**fingerprint(), "libm_bits": "other"}}

    def earlier(summary: object) -> Path:
        (tmp_path / "summary.json").write_text(json.dumps(summary))
        return tmp_path

    assert told_of(earlier(ours), ours) == f"the same as {tmp_path}, bit for bit"
    assert told_of(earlier(ours), {**ours, "log_sha256": "b"}).startswith("different from")
    told = told_of(earlier(foreign), ours)
    assert told.startswith("incomparable with") and "libm_bits: other and" in told
    assert told_of(earlier({"log_sha256": "a"}), ours).startswith("incomparable with")
    assert told_of(earlier({**ours, "log_sha256": ""}), ours) == ""
    assert told_of(earlier([]), ours) == ""
    assert told_of(tmp_path / "nowhere", ours) == ""
