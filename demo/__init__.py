"""示范市: a clearly fictional city with departments, duties, knowledge, appeals and questions. Package data only."""

from pathlib import Path

DATA = Path(__file__).parent / "data"
KNOWLEDGE = DATA / "knowledge"
CITY = DATA / "city.json"


def departments() -> list[Path]:
    """JSON Lines files with the departments and their duties."""
    return sorted(DATA.glob("departments-*.jsonl"))


def appeals() -> list[Path]:
    """JSON Lines files with appeals and the department that should handle them."""
    return sorted(DATA.glob("appeals-*.jsonl"))
