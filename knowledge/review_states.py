"""审核流程: the states of an entry, and who may do what in which of them. One table, nothing else decides."""

from dataclasses import dataclass

from casework.errors import Conflict, Forbidden
from casework.transitions import ROLE_NAMES, Role
from knowledge.entry import EntryAction, ReviewState

STATE_NAMES = {
    ReviewState.DRAFT: "草稿",
    ReviewState.REVIEWED: "已审核",
    ReviewState.PUBLISHED: "已发布",
    ReviewState.WITHDRAWN: "已下架",
}


@dataclass(frozen=True, slots=True)
class Step:
    """审核步骤: one row of the table."""

    source: ReviewState
    target: ReviewState
    roles: frozenset[Role]
    action: EntryAction
    name: str
    needs_note: bool = False


def _row(source: str, target: str, roles: str, action: str, name: str, note: bool = False) -> Step:
    return Step(
        ReviewState(source), ReviewState(target), frozenset(map(Role, roles.split())), EntryAction(action), name, note
    )


_REVIEWERS = "supervisor administrator"
TABLE = (
    _row("draft", "reviewed", _REVIEWERS, "reviewed", "审核通过"),
    _row("draft", "withdrawn", _REVIEWERS, "withdrawn", "作废", True),
    _row("reviewed", "published", "administrator", "published", "发布"),
    _row("reviewed", "draft", _REVIEWERS, "edited", "退回修改", True),
    _row("reviewed", "withdrawn", _REVIEWERS, "withdrawn", "作废", True),
    _row("published", "withdrawn", "administrator", "withdrawn", "下架", True),
    _row("withdrawn", "draft", "administrator", "edited", "恢复为草稿"),
)
EDITORS = {
    ReviewState.DRAFT: (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR),
    ReviewState.REVIEWED: (Role.SUPERVISOR, Role.ADMINISTRATOR),
    ReviewState.PUBLISHED: (Role.ADMINISTRATOR,),
    ReviewState.WITHDRAWN: (),
}
"""Who may edit an entry in which state; a draft's editors may make one too."""


def steps_from(state: ReviewState, role: Role | None = None) -> list[Step]:
    """Rows legal from `state` (for `role`, or for anyone when None)."""
    return [row for row in TABLE if row.source is state and (role is None or role in row.roles)]


def step(state: ReviewState, target: ReviewState, role: Role) -> Step:
    """The row that applies. Raises: Conflict naming what would be legal; Forbidden when the role may not."""
    row = next((row for row in TABLE if (row.source, row.target) == (state, target)), None)
    if row is None:
        legal = "、".join(row.name for row in steps_from(state))
        raise Conflict(f"条目当前为“{STATE_NAMES[state]}”，不能改为“{STATE_NAMES[target]}”。可以执行的操作：{legal}。")
    check_role(role, row.roles, row.name)
    return row


def check_editable(state: ReviewState, role: Role) -> None:
    """Raises: Conflict where nobody may edit, Forbidden where this role may not."""
    if not EDITORS[state]:
        legal = "、".join(row.name for row in steps_from(state))
        raise Conflict(f"条目当前为“{STATE_NAMES[state]}”，不能编辑。可以执行的操作：{legal}。")
    check_role(role, EDITORS[state], f"编辑{STATE_NAMES[state]}的条目")


def check_role(role: Role, allowed: frozenset[Role] | tuple[Role, ...], what: str) -> None:
    """Raises: Forbidden naming who may."""
    if role not in allowed:
        raise Forbidden(f"“{what}”须由{'、'.join(ROLE_NAMES[item] for item in sorted(allowed))}执行。")
