"""Each rule that code, tests and documents cite is defined in docs/rules.md, once."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "docs" / "rules.md"
CITED = re.compile(r"\b([RP][1-9]\d?)\b")
DEFINED = re.compile(r"^- \*\*(R\d+) |^\| (P\d+) \|", re.MULTILINE)
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
