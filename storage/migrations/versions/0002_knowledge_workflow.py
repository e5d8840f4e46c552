"""Knowledge: what changed since a revision, sub-libraries, history, questions in vain, suggestions to agents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Written out rather than imported: a revision must go on meaning what it meant.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE_TRIGGERS = (
    "CREATE TRIGGER entry_history_no_update BEFORE UPDATE ON entry_history "
    "BEGIN SELECT RAISE(ABORT, 'entry_history is append-only'); END",
    "CREATE TRIGGER entry_history_no_delete BEFORE DELETE ON entry_history "
    "BEGIN SELECT RAISE(ABORT, 'entry_history is append-only'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'entry_history is append-only'; END $$",
    "CREATE TRIGGER entry_history_no_change BEFORE UPDATE OR DELETE ON entry_history "
    "FOR EACH ROW EXECUTE FUNCTION refuse_history_change()",
    "CREATE TRIGGER entry_history_no_truncate BEFORE TRUNCATE ON entry_history "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change()",
)


def _columns(kind: sa.types.TypeEngine, names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=nullable) for name in names.split()]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def upgrade() -> None:
    """Add columns and tables; the revision stays, so that an index built before goes on being current."""
    entries = "knowledge_entries"
    op.add_column(entries, sa.Column("library", TEXT, nullable=False, server_default=""))
    op.add_column(entries, sa.Column("superseded_by", TEXT, nullable=False, server_default=""))
    op.add_column(entries, sa.Column("generated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(entries, sa.Column("change_number", ID, nullable=False, server_default="0"))
    op.execute("UPDATE knowledge_entries SET change_number = (SELECT number FROM knowledge_revision)")
    op.create_index("ix_knowledge_entries_change", entries, ["change_number"])
    op.create_index("ix_knowledge_entries_library", entries, ["library", "id"])

    op.create_table(
        "knowledge_revisions",
        sa.Column("number", ID, nullable=False, autoincrement=False),
        *_columns(TEXT, "mark"),
        _key("knowledge_revisions", "number"),
    )
    op.execute("INSERT INTO knowledge_revisions (number, mark) SELECT number, mark FROM knowledge_revision")
    op.create_table(
        "knowledge_removed",
        sa.Column("change_number", ID, nullable=False, autoincrement=False),
        *_columns(TEXT, "entry_id"),
        _key("knowledge_removed", "change_number", "entry_id"),
    )
    op.create_table(
        "entry_history",
        *_columns(TEXT, "entry_id"),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        *_columns(TIME, "at"),
        *_columns(TEXT, "actor action note"),
        *_columns(JSON, "before", nullable=True),
        _key("entry_history", "entry_id", "version"),
    )
    op.add_column("imported_files", sa.Column("imported_at", TIME, nullable=True))
    op.add_column("imported_files", sa.Column("imported_by", TEXT, nullable=False, server_default=""))

    op.create_table(
        "unanswered_questions",
        *_columns(ID, "id"),
        *_columns(TEXT, "conversation_id"),
        *_columns(sa.Integer(), "turn"),
        *_columns(TEXT, "text outcome"),
        *_columns(TIME, "at"),
        *_columns(TEXT, "state entry_id"),
        _key("unanswered_questions", "id"),
        sa.UniqueConstraint("conversation_id", "turn", name="uq_unanswered_questions_conversation_id_turn"),
    )
    op.create_index("ix_unanswered_questions_state", "unanswered_questions", ["state", "at", "id"])
    op.create_table(
        "agent_suggestions",
        *_columns(ID, "id"),
        *_columns(TEXT, "subject_kind subject"),
        *_columns(TIME, "at"),
        *_columns(TEXT, "actor query"),
        *_columns(JSON, "offered"),
        *_columns(TEXT, "verdict"),
        *_columns(TIME, "decided_at", nullable=True),
        *_columns(TEXT, "entry_id final_text"),
        _key("agent_suggestions", "id"),
    )
    op.create_index("ix_agent_suggestions_subject", "agent_suggestions", ["subject_kind", "subject", "id"])
    op.create_index("ix_agent_suggestions_at", "agent_suggestions", ["at", "id"])

    for statement in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Drop what was added, with its data."""
    for table in ("agent_suggestions", "unanswered_questions", "entry_history", "knowledge_removed"):
        op.drop_table(table)
    op.drop_table("knowledge_revisions")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_history_change()")
    for column in ("imported_by", "imported_at"):
        op.drop_column("imported_files", column)
    for index in ("library", "change"):
        op.drop_index(f"ix_knowledge_entries_{index}", "knowledge_entries")
    for column in ("change_number", "generated", "superseded_by", "library"):
        op.drop_column("knowledge_entries", column)
