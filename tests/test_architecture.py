"""Which module may import which, read from the source: the layers, and the decisions that know neither I/O nor time."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from connectors import registry

ROOT = Path(__file__).parents[1]
LAYERS = {"connectors": {"sync", "state"}, "state": {"sync", "connectors"}, "sync": set[str]()}
NOT_SHIPPED = {"tests", "benchmarks"}
PURE = tuple(sorted(path.stem for path in (ROOT / "sync" / "rules").glob("[a-z]*.py")))
IMPURE = {
    "asyncio", "filelock", "http", "io", "os", "pathlib", "random", "requests", "rich", "secrets", "shutil", "socket",
    "sqlite3", "sqlite_utils", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "urllib3",
}  # fmt: skip
FLOORS = (
    "config", "rules", "output", "oauth", "notifications", "streams", "contacts", "messages", "undo", "engine",
    "http_server", "webhooks", "daemon", "operations", "rehearsal", "text_output", "page", "service", "demo", "setup",
    "commands",
)  # fmt: skip
STAR = "*"
TEXTS = {".py", ".html", ".css", ".js"}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return the syntax tree of a file, flat. Many checks look at the same files."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return the full name of every module that a file imports, wherever in the file."""
    return tuple(imported(path))


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, wherever in the file."""
    package = path.relative_to(ROOT).parent.parts
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if alias.name != STAR)


def top(module: str) -> str:
    return module.partition(".")[0]


def folder(module: str) -> str:
    """Return the folder of `sync` that a module lies in, '' at its top."""
    return (*module.split("."), "", "")[1]


def sources(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def calls(path: Path) -> set[str]:
    """Return the names of what a file calls: `open`, `now`, `print`."""
    found = (node.func for node in nodes(path) if isinstance(node, ast.Call))
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in found
        if isinstance(one, ast.Attribute | ast.Name)
    }


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_nothing_that_it_may_not(layer: str) -> None:
    assert len(sources(layer)) > 10
    forbidden = LAYERS[layer] | NOT_SHIPPED
    found = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(layer)
        for module in imports(path)
        if top(module) in forbidden
    }
    assert found == set()


@pytest.mark.parametrize("name", PURE)
def test_a_decision_imports_neither_io_nor_time(name: str) -> None:
    path = ROOT / "sync" / "rules" / f"{name}.py"
    assert {module for module in imports(path) if top(module) in IMPURE} == set()
    assert calls(path) & {"open", "print", "now", "utcnow", "today", "input"} == set()


@pytest.mark.parametrize("name", PURE)
def test_what_a_decision_imports_of_the_state_is_a_plain_shape(name: str) -> None:
    shapes = {f"state.{shape}" for shape in ("intervals", "indexed_contact", "notification_cause")}
    modules = {module for module in imports(ROOT / "sync" / "rules" / f"{name}.py") if top(module) == "state"}
    assert {module for module in modules if not {module, module.rpartition(".")[0]} & shapes} == set()


@pytest.mark.parametrize("name", PURE)
def test_what_a_decision_imports_of_ours_is_pure_or_a_plain_shape(name: str) -> None:
    ours = {module for module in imports(ROOT / "sync" / "rules" / f"{name}.py") if top(module) == "sync"}
    assert {module for module in ours if module != "sync" and folder(module) != "rules"} == set()


def test_folders_of_sync_import_only_folders_below_them() -> None:
    found = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources("sync")
        for module in imports(path)
        if top(module) == "sync" and folder(module) in FLOORS
        if path.parent.name in FLOORS and FLOORS.index(folder(module)) > FLOORS.index(path.parent.name)
    }
    assert found == set()
    assert {path.name for path in (ROOT / "sync").iterdir() if (path / "__init__.py").exists()} == set(FLOORS)


def test_no_module_but_connectors_names_a_system() -> None:
    names = [*registry.kinds(), *map(registry.label, registry.kinds()), "leadconnector", "gohighlevel"]
    pattern = re.compile("|".join(names), re.IGNORECASE)
    files = [path for layer in ("sync", "state") for path in (ROOT / layer).rglob("*") if path.suffix in TEXTS]
    assert len(files) > 100
    assert {
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    } == set()


def test_only_connectors_speak_http_and_only_the_state_keeps_files_of_sqlite() -> None:
    def users(*libraries: str) -> set[str]:
        return {
            path.relative_to(ROOT).parts[0]
            for layer in LAYERS
            for path in sources(layer)
            if {top(module) for module in imports(path)} & set(libraries)
        }

    assert users("requests", "urllib3") == {"connectors"}
    assert users("sqlite3", "sqlite_utils") == {"state"}


SQL = re.compile(
    r"\bSELECT\b.*\bFROM\b|\bINSERT\b.*\bINTO\b|\bUPDATE\b.*\bSET\b|\bDELETE FROM\b|\bPRAGMA\b|\bCREATE TABLE\b",
    re.DOTALL,
)


def texts(path: Path) -> Iterator[str]:
    """Yield every text of a file's code, the joined parts of f-strings as one."""
    for node in nodes(path):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) for each in node.values if isinstance(each, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_only_the_state_holds_sql_and_knows_sqlite() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {text[:60]}"
        for layer in ("sync", "connectors")
        for path in sources(layer)
        for text in texts(path)
        if SQL.search(text)
    }
    assert found == set()
    for layer in ("sync", "connectors"):
        for path in sources(layer):
            assert not {top(module) for module in imports(path)} & {"sqlite3", "sqlite_utils"}, path
            assert not calls(path) & {"execute", "executemany", "executescript", "rows_where"}, path


def test_only_the_state_file_begins_a_transaction() -> None:
    found = {
        path.relative_to(ROOT).as_posix() for layer in LAYERS for path in sources(layer) if "Transaction" in calls(path)
    }
    assert found == {"state/file.py"}


def test_decisions_load_neither_the_database_nor_http() -> None:
    modules = ", ".join(f"sync.rules.{name}" for name in PURE)
    program = f"import sys, {modules}; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    loaded = set(ran.stdout.split())
    assert {f"sync.rules.{name}" for name in PURE} <= loaded
    assert loaded & {"sqlite3", "sqlite_utils", "requests", "urllib3", "pydantic", "click", "rich"} == set()


MOST_LINES = 300
"""Lines of a module, so that a reader takes it in at once."""

LONG_MODULES = {
    "connectors/apollo/bulk.py": "the writes of a hundred contacts in one call, and what becomes of each of them",
    "connectors/apollo/sandbox/server.py": "one endpoint of the invented server after the other",
    "connectors/growthgenius/read_windows.py": "one proof: when a window counts as read completely",
    "connectors/growthhub/export.py": "one proof: when an export counts as read completely",
    "connectors/growthhub/sandbox/contacts.py": "what users do at the invented server, one action after the other",
    "connectors/http/client.py": "one call from its first try to its last, which is checked as a whole (P2, P8, P9)",
    "state/schema.py": "the statements of all tables, and nothing else",
}
"""Modules that are longer, each with the reason. What is not here is shorter."""

MOST_BODY = 25
"""Lines of a function's body, without its docstring."""

LONG_FUNCTIONS = {
    "connectors/apollo/encode.py encode": "a table of fields, each with its own place",
    "connectors/apollo/mapping.py contact": "a table of fields",
    "connectors/apollo/search_reading.py _from_front": "one loop with what may interrupt it",
    "connectors/growthhub/connector.py __init__": "puts the parts of a location together",
    "connectors/growthhub/export.py _span": "one loop with what may interrupt it",
    "connectors/growthhub/mapping.py _map": "a table of fields",
    "connectors/growthhub/sandbox/conversations.py record": "the answers of one endpoint",
    "connectors/growthhub/search_reading.py _from": "one loop with what may interrupt it",
    "connectors/whautomate/listing.py _pass_through": "one loop with what may interrupt it",
    "connectors/whautomate/write.py _order": "a table of fields, each with its own place",
    "sync/contacts/plan.py plan_first_merge": "the cases of a first meeting, in the order in which they decide",
    "sync/output/progress.py _bars": "imports Rich late, then lists columns",
    "sync/service/container.py compose": "the text of a file",
}
"""Functions that are longer, each with the reason."""


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function's body, without its docstring."""
    body = function.body[ast.get_docstring(function, clean=False) is not None :] or function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_modules_are_short_or_say_why_not() -> None:
    long = {
        path.relative_to(ROOT).as_posix()
        for layer in LAYERS
        for path in sources(layer)
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    }
    assert long - LONG_MODULES.keys() == set()


def test_functions_are_short_or_say_why_not() -> None:
    long = {
        f"{path.relative_to(ROOT).as_posix()} {node.name}"
        for layer in LAYERS
        for path in sources(layer)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > MOST_BODY
    }
    assert long - LONG_FUNCTIONS.keys() == set()


def test_no_two_classes_bear_one_name() -> None:
    """A search for a class finds one. Private classes may have a twin: only their module speaks of them."""
    found = Counter(
        node.name
        for layer in LAYERS
        for path in sources(layer)
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in found.items() if count > 1} == set()


def test_the_check_itself_sees_late_and_relative_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "state").mkdir()
    module = tmp_path / "state" / "late.py"
    module.write_text(
        "def late():\n    from sync.engine import runner\n    from . import links\n    import connectors.http.client\n"
    )
    assert {"sync.engine.runner", "state.links", "connectors.http.client"} <= set(imports(module))
