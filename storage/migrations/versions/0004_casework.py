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
    ("street", TEXT, ""),
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
    ("excluded", TEXT, ""),
    ("closed_at", TIME, None),
    ("department", TEXT, ""),
    ("district", TEXT, ""),
    ("order_type", TEXT, ""),
    ("order_channel", TEXT, ""),
    ("follow_up", TEXT, ""),
    ("followed_up_at", TIME, None),
)
CLOSINGS = """UPDATE callbacks SET closed_at = scheduled_at,
department = (SELECT lead_department FROM work_orders WHERE work_orders.id = callbacks.work_order_id),
district = (SELECT district FROM work_orders WHERE work_orders.id = callbacks.work_order_id),
order_type = (SELECT type FROM work_orders WHERE work_orders.id = callbacks.work_order_id),
order_channel = (SELECT channel FROM work_orders WHERE work_orders.id = callbacks.work_order_id)"""
"""Of callbacks from before, which were scheduled at about the closing."""
HISTORY = """INSERT INTO callbacks (work_order_id, round, scheduled_at, expires_at, state, attempts, reason_tags, comment, version,
excluded, closed_at, department, district, order_type, order_channel)
SELECT id, reworks, closed_at, closed_at, 'excluded', 0, {no_tags}, '', 0, 'history', closed_at, lead_department, district, type,
channel FROM work_orders WHERE closed_at IS NOT NULL AND NOT EXISTS (
SELECT 1 FROM callbacks WHERE callbacks.work_order_id = work_orders.id AND callbacks.round = work_orders.reworks)"""
"""Closings without a callback (orders brought in from elsewhere): every closing has one, made or excluded."""
ORDERS = "work_orders.id"
OPEN = "('pending_dispatch', 'dispatched', 'signed', 'returned', 'adjudicated', 'processing', 'replied', 'rework')"
"""States with a deadline that runs."""
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
        "objection objected_by objected_at?! version#",
        (
            ("work_order", "work_order_id", "id"),
            ("rule", "rule", "verdict", "at"),
            ("at", "at", "id"),
            ("department", "department", "at", "id"),
        ),
        ("inspection_id", "rule"),
    ),
    ("special_inspections", "name at! actor query@ size# seed# work_order_ids@ verdicts@ closed& version#", (), ()),
    (
        "hot_topics",
        "key title terms@ found_at! window_from! window_to! main_order_id? count# figures@ members@ alerted_at?! version#",
        (("window", "window_to", "count"),),
        ("key",),
    ),
    ("exports", "at! actor role kind form query@ rows#", (("at", "at"),), ()),
    ("periodic_reports", "kind period_from! period_to! made_at! content@", (), ("kind", "period_from")),
)
"""Name, columns, indexes, unique columns. Columns: + refers to another table, ! a time, # a number, @ JSON, & yes or no, ? may be
empty, else text; ids of other rows end in _id."""


def upgrade() -> None:
    """Open orders from before are looked at by the watch at once; their callbacks keep to the former course."""
    for table, columns in (("work_orders", ORDER_COLUMNS), ("callbacks", CALLBACK_COLUMNS)):
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_work_orders_watch", "work_orders", ["watch_at"])
    op.execute(f"UPDATE work_orders SET watch_at = created_at WHERE state IN {OPEN}")
    op.create_index("ix_callbacks_attempt", "callbacks", ["state", "priority", "next_attempt_at"])
    op.create_index("ix_callbacks_closed", "callbacks", ["closed_at", "department"])
    op.execute(CLOSINGS)
    op.execute(HISTORY.format(no_tags="'[]'::jsonb" if op.get_bind().dialect.name == "postgresql" else "'[]'"))
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
    op.drop_index("ix_callbacks_closed", "callbacks")
    op.drop_index("ix_callbacks_attempt", "callbacks")
    op.drop_index("ix_work_orders_watch", "work_orders")
    for table, columns in (("callbacks", CALLBACK_COLUMNS), ("work_orders", ORDER_COLUMNS)):
        for name, *_rest in reversed(columns):
            op.drop_column(table, name)
