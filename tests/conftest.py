"""Marks browser tests by their folder, and says in the closing lines which tests did not run, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.city"]

E2E = Path(__file__).parent / "e2e"
KINDS = {"browser": ("e2e",), "PostgreSQL": ("postgres", "postgresql")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(E2E):
            item.add_marker(pytest.mark.e2e)


def kind_of(node_id: str, marks: Iterable[str]) -> str:
    """What a test needs: by its marks, else by a word of its node id (a whole module skipped has no marks)."""
    path, _, name = node_id.partition("::")
    words = {*marks, *path.split("/"), *name.lower().replace("[", " ").replace("]", " ").replace("-", " ").split()}
    return next((kind for kind, names in KINDS.items() if words.intersection(names)), "other")


def skipped(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> Iterator[tuple[str, str]]:
    """(kind, reason) of each skipped report."""
    for report in reports:
        where = report.longrepr
        reason = where[2] if isinstance(where, tuple) else str(where)
        marks = report.keywords if isinstance(report, pytest.TestReport) else ()
        yield kind_of(report.nodeid, marks), reason.removeprefix("Skipped: ").strip() or "no reason given"


def closing_lines(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> list[str]:
    """One line for each kind and reason: how many tests (or whole modules) were skipped."""
    counts = Counter(skipped(reports))
    order = [*KINDS, "other"]
    return [
        f"NOT RUN: {count} {kind} {'test' if count == 1 else 'tests'}: {reason}"
        for (kind, reason), count in sorted(counts.items(), key=lambda pair: (order.index(pair[0][0]), pair[0][1]))
    ]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = closing_lines(terminalreporter.stats.get("skipped", []))
    if lines:
        terminalreporter.ensure_newline()
    for line in lines:
        terminalreporter.write_line(line, yellow=True)
