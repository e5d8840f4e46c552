"""承办单位: who handles work orders, with duties (权责清单) and jurisdiction."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Department:
    """承办单位; `code` is stable, `name` may change."""

    code: str
    name: str
    short_name: str = ""
    duties: list[str] = field(default_factory=list)
    jurisdiction: str = ""
    working_hours: str = ""
    contact: str = ""
    active: bool = True
    parent: str = ""
    """Code of the department whose unit in one district this is; `jurisdiction` names the district. "" = none."""
