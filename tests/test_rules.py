"""What documents and docstrings refer to exists: rules (docs/rules.md defines them), and dotted names of modules."""

import ast
import importlib
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "docs" / "rules.md"
CITED = re.compile(r"\b([RP][1-9]\d?)\b")
DEFINED = re.compile(r"^- \*\*(R\d+) |^\| (P\d+) \|", re.MULTILINE)
DOTTED = re.compile(r"\b(?:sync|connectors|state)(?:\.[A-Za-z_]\w*)+")
FILE_ENDS = (".py", ".md", ".db", ".toml", ".lock", ".com")
PLACES = ("sync", "connectors", "state", "tests", "benchmarks", "docs")


def defined() -> Counter[str]:
    text = RULES.read_text(encoding="utf-8")
    return Counter(rule or promise for rule, promise in DEFINED.findall(text))


def cited() -> dict[str, set[str]]:
    """Return the rules and promises that files cite, by the name of the file."""
    files = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in {".py", ".md"}]
    found = {path: set(CITED.findall(path.read_text(encoding="utf-8"))) for path in [*files, ROOT / "README.md"]}
    return {str(path.relative_to(ROOT)): rules for path, rules in found.items() if rules}


def test_each_rule_is_defined_once() -> None:
    counts = defined()
    assert set(counts.values()) == {1}
    assert sorted(counts, key=lambda name: (name[0], int(name[1:]))) == [
        *(f"P{number}" for number in range(1, 10)), *(f"R{number}" for number in range(1, 55))
    ]  # fmt: skip


def test_each_cited_rule_is_defined() -> None:
    known = defined().keys()
    files = cited()
    assert len(files) > 100
    assert {name: sorted(rules - known) for name, rules in files.items() if rules - known} == {}


def docstrings_and_comments(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are written for readers."""
    text = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def dotted_names() -> dict[str, set[str]]:
    """Return the dotted names that docstrings, comments and documents give, by the name of the file."""
    modules = [path for layer in ("sync", "connectors", "state") for path in (ROOT / layer).rglob("*.py")]
    texts = {path: "\n".join(docstrings_and_comments(path)) for path in modules}
    texts |= {path: path.read_text(encoding="utf-8") for path in (*(ROOT / "docs").glob("*.md"), ROOT / "README.md")}
    found = {
        path: {name for name in DOTTED.findall(text) if not name.endswith(FILE_ENDS)} for path, text in texts.items()
    }
    return {str(path.relative_to(ROOT)): names for path, names in found.items() if names}


def exists(name: str) -> bool:
    """Say whether a dotted name is a folder, a module, or something that a module or a class has."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        if not (place.is_dir() or place.with_suffix(".py").exists()):
            continue
        found = importlib.import_module(".".join(parts[:length]))
        for attribute in parts[length:]:
            if not hasattr(found, attribute):
                return attribute in getattr(found, "__annotations__", {})
            found = getattr(found, attribute)
        return True
    return False


def test_each_dotted_name_exists() -> None:
    files = dotted_names()
    assert len(files["docs/architecture.md"]) > 30
    missing = {name: sorted(one for one in names if not exists(one)) for name, names in files.items()}
    assert {name: names for name, names in missing.items() if names} == {}


def test_the_check_itself_sees_a_name_that_does_not_exist() -> None:
    assert exists("sync.engine.run.run")
    assert not exists("sync.engine.run.ran")
    assert not exists("sync.engine.ran")
