"""numpy brings its own sines and exponentials for wide CPUs: no simulation computes with them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHOSEN_BY_CPU = {
    "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh",
    "arccosh", "arctanh", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power",
    "float_power", "cbrt", "dot", "matmul", "vdot", "inner", "einsum", "tensordot", "linalg", "fft",
    "sum", "mean", "average", "std", "var", "nansum", "nanmean",
}  # fmt: skip
"""Functions for which numpy has code of its own for AVX-512, or which it hands to a BLAS; and sums,
whose order is that of its version."""


def chosen_by_cpu(source: str) -> list[str]:
    """What a source asks of numpy whose bits are those of the CPU."""
    return [
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) in ("np", "numpy")
        and node.attr in CHOSEN_BY_CPU
    ]


@pytest.mark.parametrize("folder", ["flight", "sim_hw", "ground/mission_control"])
def test_no_simulation_asks_numpy_for_a_function_whose_bits_depend_on_the_cpu(folder: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: np.{name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in chosen_by_cpu(path.read_text(encoding="utf-8"))
    }
    assert found == set(), "numpy.frompyfunc of the function of `math` is the same everywhere"


def test_such_a_function_is_found() -> None:
    assert chosen_by_cpu("import numpy as np\nnp.degrees(np.arctan(x))") == ["arctan"]
    assert chosen_by_cpu("np.hypot(np.sqrt(x), y)") == []
