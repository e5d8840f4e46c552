"""The import table of DESIGN.md, held by reading every module's syntax tree; each rule is shown to catch a breach."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 400
MAY_IMPORT: dict[str, set[str]] = {
    "casework": set(),
    "knowledge": {"casework"},
    "routing": {"casework", "knowledge"},
    "training": {"casework", "knowledge", "routing"},
    "assistant": {"casework", "knowledge", "routing"},
    "storage": {"casework", "knowledge", "routing", "assistant"},
    "api": {"casework", "knowledge", "routing", "assistant", "storage", "demo"},
    "demo": set(),
}
# Where only some modules of an allowed package may be imported.
ONLY_MODULES: dict[tuple[str, str], set[str]] = {
    ("routing", "knowledge"): {"knowledge.encoder", "knowledge.sounds", "knowledge.text"}
}
# Third-party packages that belong to one of our packages alone.
BELONGS_TO: dict[str, str] = {
    **dict.fromkeys(("torch", "transformers", "sentence_transformers", "datasets", "accelerate", "onnx"), "training"),
    **dict.fromkeys(("sqlalchemy", "alembic", "psycopg"), "storage"),
    **dict.fromkeys(("fastapi", "starlette", "sse_starlette", "uvicorn", "pydantic_settings"), "api"),
}


@dataclass(frozen=True)
class Import:
    """One imported module: its full dotted name, its line, and whether importing the module executes it."""

    target: str
    line: int
    top_level: bool


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@dataclass(frozen=True)
class Tree:
    """The packages under a root, as syntax trees."""

    root: Path

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Dotted module name to file; a package's own name stands for its `__init__`."""
        found = {}
        for package in MAY_IMPORT:
            for path in sorted((self.root / package).rglob("*.py")):
                parts = path.relative_to(self.root).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        return {name: list(self._imports_of(name, path)) for name, path in self.modules.items()}

    def _imports_of(self, name: str, path: Path) -> Iterator[Import]:
        pending: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_text(encoding="utf-8")), True)]
        while pending:
            node, top_level = pending.pop()
            for target in self._targets(node, name, path):
                yield Import(target, node.lineno, top_level)  # type: ignore[attr-defined]
            inner = top_level and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(node, ast.If) and is_type_checking(node):
                pending += [(child, False) for child in node.body] + [(child, inner) for child in node.orelse]
            else:
                pending += [(child, inner) for child in ast.iter_child_nodes(node)]

    def _targets(self, node: ast.AST, name: str, path: Path) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                keep = len(parts) - node.level + (path.name == "__init__.py")
                base = ".".join([*parts[:keep], *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in self.modules else base
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "__import__",
            "import_module",
            "importlib.import_module",
        ):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value

    def breaches(self) -> list[str]:
        """Every import that the table or the list of third-party packages forbids."""
        found = []
        for name, imports in self.imports.items():
            package = name.partition(".")[0]
            for one in imports:
                top = one.target.partition(".")[0]
                if top in MAY_IMPORT and top != package:
                    only = ONLY_MODULES.get((package, top))
                    allowed = top in MAY_IMPORT[package] and (only is None or one.target in only)
                else:
                    allowed = BELONGS_TO.get(top, package) == package
                if not allowed:
                    found.append(f"{self.modules[name].relative_to(self.root)}:{one.line} imports {one.target}")
        return sorted(found)

    def long_modules(self) -> list[str]:
        lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in self.modules.items()}
        return [f"{name}: {length} lines" for name, length in lengths.items() if length > MAX_LINES]

    def cycles(self) -> list[str]:
        """Each chain of top-level imports that comes back to where it began."""
        edges = {
            name: {one.target for one in imports if one.top_level and one.target in self.modules}
            for name, imports in self.imports.items()
        }
        found: list[str] = []
        done: set[str] = set()

        def visit(name: str, chain: list[str]) -> None:
            if name in chain:
                found.append(" → ".join([*chain[chain.index(name) :], name]))
            elif name not in done:
                for target in sorted(edges[name]):
                    visit(target, [*chain, name])
                done.add(name)

        for name in sorted(edges):
            visit(name, [])
        return found


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(ROOT)


def test_imports_follow_the_table(tree: Tree) -> None:
    assert tree.breaches() == []


def test_no_module_is_too_long(tree: Tree) -> None:
    assert tree.long_modules() == []


def test_no_modules_import_each_other_in_a_circle(tree: Tree) -> None:
    assert tree.cycles() == []


def test_every_package_is_in_the_table_and_in_the_distribution(tree: Tree) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(MAY_IMPORT)
    assert set(project["tool"]["mypy"]["packages"]) == set(MAY_IMPORT)
    on_disk = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert on_disk == set(MAY_IMPORT)


def plant(root: Path, files: dict[str, str]) -> Tree:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(root)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("casework/a.py", "import knowledge"),
        ("casework/a.py", "from storage.orders import Orders"),
        ("knowledge/a.py", "def f():\n    from routing import decision"),
        ("knowledge/sub/a.py", "from ...api import app"),
        ("routing/a.py", "from knowledge.index import KnowledgeIndex"),
        ("routing/a.py", "from knowledge import index"),
        ("routing/a.py", "import knowledge"),
        ("storage/a.py", "import training.pairs"),
        ("api/a.py", "import importlib\nimportlib.import_module('training.gate')"),
        ("api/a.py", "if True:\n    import training"),
        ("demo/a.py", "from casework.appeal import Appeal"),
        ("knowledge/a.py", "import torch"),
        ("routing/a.py", "class A:\n    def f(self):\n        from transformers import AutoModel"),
        ("api/a.py", "import sentence_transformers"),
        ("api/a.py", "from datasets import Dataset"),
        ("casework/a.py", "from fastapi import Depends"),
        ("storage/a.py", "from starlette.responses import Response"),
        ("assistant/a.py", "import sqlalchemy.orm"),
        ("api/a.py", "from sqlalchemy import select"),
    ],
)
def test_a_breach_is_found(tmp_path: Path, path: str, line: str) -> None:
    planted = plant(tmp_path, {"knowledge/index.py": "", "api/app.py": "", path: line})
    assert [breach.partition(":")[0] for breach in planted.breaches()] == [path]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("routing/a.py", "from knowledge import encoder\nfrom knowledge.text import tokenize"),
        ("training/a.py", "import torch\nfrom routing.b import C"),
        ("storage/a.py", "from sqlalchemy import select\nfrom assistant import ports"),
        ("api/a.py", "from fastapi import FastAPI\nimport demo.city"),
        ("knowledge/sub/a.py", "from ..encoder import Encoder\nfrom . import b"),
        ("casework/a.py", "text = 'import torch'\nfrom casework import errors"),
    ],
)
def test_an_allowed_import_passes(tmp_path: Path, path: str, line: str) -> None:
    assert plant(tmp_path, {"knowledge/encoder.py": "", path: line}).breaches() == []


@pytest.mark.parametrize(
    "back", ["from casework.a import A", "from casework import a", "from .a import A", "import casework.a"]
)
def test_a_circle_is_found(tmp_path: Path, back: str) -> None:
    files = {"casework/__init__.py": "", "casework/a.py": "from casework.b import B", "casework/b.py": back}
    assert plant(tmp_path, files).cycles() == ["casework.a → casework.b → casework.a"]


@pytest.mark.parametrize(
    "back",
    [
        "def f():\n    from casework.a import A",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from casework.a import A",
    ],
)
def test_an_import_that_is_not_executed_on_import_makes_no_circle(tmp_path: Path, back: str) -> None:
    files = {"casework/__init__.py": "", "casework/a.py": "from casework.b import B", "casework/b.py": back}
    assert plant(tmp_path, files).cycles() == []


@pytest.mark.parametrize(("lines", "long"), [(MAX_LINES, []), (MAX_LINES + 1, ["casework.a: 401 lines"])])
def test_a_long_module_is_found(tmp_path: Path, lines: int, long: list[str]) -> None:
    assert plant(tmp_path, {"casework/a.py": "x = 1\n" * lines}).long_modules() == long
