"""Casework: deadlines' watch, extensions, supporting departments' work, callbacks' attempts, quality, topics, reports."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Written out rather than imported: a revision must go on meaning what it meant.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ORDER_COLUMNS: tuple[Any, ...] = (
    ("urges", sa.Integer(), "0"),
    ("supervision_level", sa.Integer(), "0"),
    ("watch_at", TIME, None),
    ("steps_done", JSON, "[]"),
    ("suspended_at", TIME, None),
    ("extension_days", sa.Integer(), "0"),
    ("extensions", sa.Integer(), "0"),
    ("support_work", JSON, "[]"),
    ("contact_due_at", TIME, None),
    ("contacted_at", TIME, None),
)
CALLBACK_COLUMNS: tuple[Any, ...] = (
    ("channel", TEXT, ""),
    ("priority", sa.Integer(), "0"),
    ("next_attempt_at", TIME, None),
    ("tries", JSON, "[]"),
    ("handover", sa.Boolean(), sa.false()),
    ("refused", sa.Boolean(), sa.false()),
    ("follow_up", TEXT, ""),
    ("followed_up_at", TIME, None),
)
ORDERS = "work_orders.id"
TABLES: tuple[Any, ...] = (
    ("supplements", "+work_order_id at! actor role text", (("work_order", "work_order_id", "id"),), ()),
    (
        "attachments",
        "+work_order_id at! actor role name media_type size# sha256",
        (("work_order", "work_order_id", "id"), ("sha256", "sha256")),
        (),
    ),
    (
        "notices",
        "key at! kind role department work_order_id? text done_at?! done_by version#",
        (("open", "done_at", "role", "department", "id"), ("work_order", "work_order_id")),
        ("key",),
    ),
    (
        "subscriptions",
        "kind address secret events@ +work_order_id? department active& created_at! created_by version#",
        (("work_order", "work_order_id"),),
        (),
    ),
    (
        "inspections",
        "+work_order_id round# at! score# department rules_version",
        (("at", "at", "department"),),
        ("work_order_id", "round"),
    ),
    (
        "findings",
        "+inspection_id +work_order_id rule severity passage explanation department at! verdict decided_by decided_at?! note "
        "version#",
        (("work_order", "work_order_id", "id"), ("rule", "rule", "verdict", "at"), ("at", "at", "id")),
        ("inspection_id", "rule"),
    ),
    ("special_inspections", "name at! actor query@ size# seed# work_order_ids@ closed& version#", (), ()),
    (
        "hot_topics",
        "key title terms@ found_at! window_from! window_to! main_order_id? count# figures@ members@ alerted_at?! version#",
        (("window", "window_to", "count"),),
        ("key",),
    ),
    ("periodic_reports", "kind period_from! period_to! made_at! content@", (), ("kind", "period_from")),
)
"""Name, columns, indexes, unique columns. Columns: + refers to another table, ! a time, # a number, @ JSON, & yes or no, ? may be
empty, else text; ids of other rows end in _id."""


def upgrade() -> None:
    """Orders from before are watched from their next change on; their callbacks keep to the former course."""
    for table, columns in (("work_orders", ORDER_COLUMNS), ("callbacks", CALLBACK_COLUMNS)):
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_work_orders_watch", "work_orders", ["watch_at"])
    op.create_index("ix_callbacks_attempt", "callbacks", ["state", "priority", "next_attempt_at"])
    for table, columns, indexes, unique in TABLES:
        constraints: list[Any] = [sa.PrimaryKeyConstraint("id", name=f"pk_{table}")]
        if unique:
            constraints.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
        for name in columns.split():
            if name.startswith("+"):
                column = name.strip("+?")
                other = "inspections.id" if column == "inspection_id" else ORDERS
                constraints.append(sa.ForeignKeyConstraint([column], [other], name=f"fk_{table}_{column}"))
        made = [sa.Column("id", ID, nullable=False), *(_column(name) for name in columns.split())]
        op.create_table(table, *made, *constraints)
        for name, *over in indexes:
            op.create_index(f"ix_{table}_{name}", table, over)


def _column(written: str) -> sa.Column:
    name = written.strip("+!#@&?")
    kind: sa.types.TypeEngine = ID if name.endswith("_id") else TEXT
    for sign, other in (("!", TIME), ("#", sa.Integer()), ("@", JSON), ("&", sa.Boolean())):
        if sign in written:
            kind = other
    return sa.Column(name, kind, nullable="?" in written)


def downgrade() -> None:
    """Back to the tables of 0003; everything kept in the new ones is lost."""
    for table, *_rest in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("ix_callbacks_attempt", "callbacks")
    op.drop_index("ix_work_orders_watch", "work_orders")
    for table, columns in (("callbacks", CALLBACK_COLUMNS), ("work_orders", ORDER_COLUMNS)):
        for name, *_rest in reversed(columns):
            op.drop_column(table, name)
