"""First tables, the chain's head, and the triggers that keep events as they were written."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out rather than imported: a revision must go on meaning what it meant.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE_TRIGGERS = (
    "CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
    "CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$",
    "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_event_change()",
    "CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()",
)


def _columns(kind: sa.types.TypeEngine, names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=nullable) for name in names.split()]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "work_orders",
        *_columns(ID, "id"),
        *_columns(TEXT, "number", nullable=True),
        *_columns(TEXT, "query_code_hash type text"),
        *_columns(TIME, "created_at"),
        *_columns(JSON, "elements"),
        *_columns(TEXT, "requester_name requester_phone channel"),
        *_columns(TEXT, "conversation_id", nullable=True),
        *_columns(TEXT, "district category urgency"),
        *_columns(sa.Boolean(), "confidential"),
        *_columns(TEXT, "state lead_department"),
        *_columns(JSON, "supporting_departments"),
        *_columns(JSON, "dispatching", nullable=True),
        *_columns(TIME, "dispatched_at sign_due_at signed_at due_at", nullable=True),
        *_columns(TEXT, "reply"),
        *_columns(TIME, "replied_at", nullable=True),
        *_columns(TEXT, "closing_kind", nullable=True),
        *_columns(TIME, "closed_at", nullable=True),
        *_columns(sa.Integer(), "returns reworks"),
        *_columns(sa.Boolean(), "corrected"),
        *_columns(sa.Integer(), "version"),
        _key("work_orders", "id"),
        sa.UniqueConstraint("number", name="uq_work_orders_number"),
        sa.UniqueConstraint("query_code_hash", name="uq_work_orders_query_code_hash"),
    )
    op.create_index("ix_work_orders_created", "work_orders", ["created_at", "id"])
    op.create_index("ix_work_orders_state", "work_orders", ["state", "created_at", "id"])
    op.create_index("ix_work_orders_department", "work_orders", ["lead_department", "created_at", "id"])

    op.create_table(
        "events",
        sa.Column("sequence", ID, nullable=False, autoincrement=False),
        *_columns(ID, "work_order_id"),
        *_columns(TEXT, "name"),
        *_columns(TIME, "at"),
        *_columns(TEXT, "actor_id actor_role actor_department state_from state_to reason"),
        *_columns(TEXT, "department_from department_to"),
        *_columns(sa.JSON(), "data", nullable=True),
        *_columns(TEXT, "previous_hash hash"),
        _key("events", "sequence"),
    )
    op.create_index("ix_events_work_order", "events", ["work_order_id", "sequence"])
    op.create_index("ix_events_name", "events", ["name", "at"])
    head = op.create_table(
        "event_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        *_columns(ID, "sequence"),
        *_columns(TEXT, "hash"),
        _key("event_head", "id"),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": "0" * 64}])

    op.create_table(
        "callbacks",
        *_columns(ID, "id work_order_id"),
        *_columns(sa.Integer(), "round"),
        *_columns(TIME, "scheduled_at expires_at"),
        *_columns(TEXT, "state"),
        *_columns(sa.Integer(), "attempts"),
        *_columns(sa.Boolean(), "contacted resolved", nullable=True),
        *_columns(sa.Integer(), "rating", nullable=True),
        *_columns(JSON, "reason_tags"),
        *_columns(TEXT, "comment"),
        *_columns(TIME, "answered_at", nullable=True),
        *_columns(sa.Integer(), "version"),
        _key("callbacks", "id"),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], name="fk_callbacks_work_order_id"),
        sa.UniqueConstraint("work_order_id", "round", name="uq_callbacks_work_order_id_round"),
    )
    op.create_index("ix_callbacks_state", "callbacks", ["state", "scheduled_at"])
    op.create_index("ix_callbacks_scheduled", "callbacks", ["scheduled_at"])

    op.create_table(
        "departments",
        *_columns(TEXT, "code name short_name"),
        *_columns(JSON, "duties"),
        *_columns(TEXT, "jurisdiction working_hours contact"),
        *_columns(sa.Boolean(), "active"),
        _key("departments", "code"),
    )
    op.create_table(
        "staff",
        *_columns(ID, "id"),
        *_columns(TEXT, "username name role password_hash department"),
        *_columns(sa.Boolean(), "active"),
        _key("staff", "id"),
        sa.UniqueConstraint("username", name="uq_staff_username"),
    )
    op.create_table(
        "jobs",
        *_columns(ID, "id"),
        *_columns(TEXT, "kind key"),
        *_columns(TIME, "due_at"),
        *_columns(JSON, "payload"),
        *_columns(TEXT, "state"),
        *_columns(sa.Integer(), "attempts"),
        *_columns(TIME, "leased_until", nullable=True),
        *_columns(TEXT, "worker error"),
        _key("jobs", "id"),
        sa.UniqueConstraint("key", name="uq_jobs_key"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "due_at", "id"])

    op.create_table(
        "knowledge_entries",
        *_columns(TEXT, "id kind title answer locator"),
        *_columns(JSON, "similar_questions"),
        *_columns(TEXT, "item_class item facet"),
        *_columns(JSON, "sources"),
        *_columns(TEXT, "jurisdiction"),
        *_columns(sa.Date(), "effective_from effective_to", nullable=True),
        *_columns(sa.Boolean(), "local_figures"),
        *_columns(TEXT, "review_state origin"),
        _key("knowledge_entries", "id"),
    )
    op.create_index("ix_knowledge_entries_origin", "knowledge_entries", ["origin"])
    revision_row = op.create_table(
        "knowledge_revision",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        *_columns(ID, "number"),
        *_columns(TEXT, "mark"),
        _key("knowledge_revision", "id"),
    )
    op.bulk_insert(revision_row, [{"id": 1, "number": 0, "mark": secrets.token_hex(4)}])
    op.create_table(
        "imported_files",
        *_columns(TEXT, "path sha256"),
        *_columns(sa.Integer(), "entry_count"),
        _key("imported_files", "path"),
    )

    op.create_table(
        "conversations",
        *_columns(TEXT, "id"),
        *_columns(TIME, "created_at"),
        *_columns(TEXT, "channel phase state"),
        *_columns(sa.Integer(), "version"),
        _key("conversations", "id"),
    )
    op.create_index("ix_conversations_created", "conversations", ["created_at"])
    op.create_table(
        "turns",
        *_columns(TEXT, "conversation_id"),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        *_columns(TIME, "at"),
        *_columns(TEXT, "outcome text reply"),
        *_columns(sa.Boolean(), "helpful", nullable=True),
        _key("turns", "conversation_id", "number"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_turns_conversation_id"),
    )

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything, with all data."""
    for table in ("turns", "conversations", "imported_files", "knowledge_revision", "knowledge_entries", "jobs"):
        op.drop_table(table)
    for table in ("staff", "departments", "callbacks", "event_head", "events", "work_orders"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_event_change()")
