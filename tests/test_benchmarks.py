"""The benchmarks name the floors that they are measured against by their modules."""

import ast
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]


def floors() -> set[str]:
    """Return the first argument of every call of a method `floor` in the benchmarks."""
    calls = (
        node
        for path in sorted((ROOT / "benchmarks").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "floor"
    )
    return {
        str(call.args[0].value)
        for call in calls
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def test_every_floor_that_a_benchmark_names_is_a_module() -> None:
    assert floors()
    assert {name for name in floors() if find_spec(f"benchmarks.floors.{name}") is None} == set()
