"""示范市: a clearly fictional city with departments, duties, knowledge, appeals and questions. Package data only."""

from pathlib import Path

DATA = Path(__file__).parent / "data"
KNOWLEDGE = DATA / "knowledge"
CITY = DATA / "city.json"
TAXONOMY = DATA / "taxonomy.csv"


def departments() -> list[Path]:
    """JSON Lines files with the departments and their duties."""
    return sorted(DATA.glob("departments-*.jsonl"))


def appeals() -> list[Path]:
    """JSON Lines files with appeals and the department that should handle them ("" = none's: with the reason)."""
    return [*sorted(DATA.glob("appeals-[0-9]*.jsonl")), DATA / "appeals-none.jsonl"]


def test_appeals() -> list[Path]:
    """Appeals by other authors, to measure with: nothing is trained, seeded or tuned on them."""
    return sorted(DATA.glob("appeals-test-*.jsonl"))


def replies() -> list[Path]:
    """Appeals with the departments' replies and what an inspector finds in them; those of `replies-test-*` are held out."""
    return sorted(DATA.glob("replies-tune-*.jsonl"))
