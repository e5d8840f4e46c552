"""表: every table of the database. The migrations build them; a test keeps both alike."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from storage.columns import Id, JsonValue, PlainText, UtcTime, VerbatimJson

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _text(name: str, **options: bool | str) -> Column:
    return Column(name, PlainText, nullable=False, **options)  # type: ignore[arg-type]


def _count(name: str) -> Column:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column:
    return Column(name, JsonValue, nullable=False)


def _time(name: str) -> Column:
    return Column(name, UtcTime, nullable=False)


work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Id, primary_key=True),
    # Empty only between the insert that yields the id and the update that follows it.
    Column("number", PlainText, unique=True),
    _text("query_code_hash", unique=True),
    _text("type"),
    _text("text"),
    _time("created_at"),
    _json("elements"),
    # Fernet tokens, or empty where nothing was given.
    _text("requester_name"),
    _text("requester_phone"),
    _text("channel"),
    Column("conversation_id", PlainText),
    _text("district"),
    _text("category"),
    _text("urgency"),
    _flag("confidential"),
    _text("state"),
    _text("lead_department"),
    _json("supporting_departments"),
    Column("dispatching", JsonValue),
    Column("dispatched_at", UtcTime),
    Column("sign_due_at", UtcTime),
    Column("signed_at", UtcTime),
    Column("due_at", UtcTime),
    _text("reply"),
    Column("replied_at", UtcTime),
    Column("closing_kind", PlainText),
    Column("closed_at", UtcTime),
    _count("returns"),
    _count("reworks"),
    _flag("corrected"),
    _text("sentiment", server_default=""),
    # A keyed hash of the phone: finds the same person's orders without decrypting any.
    _text("requester_key", server_default=""),
    Column("split_from", Id),
    Column("repeat_of", Id),
    Column("duplicate_of", Id),
    Column("merged_into", Id),
    _count("version"),
    Index("ix_work_orders_requester", "requester_key", "created_at"),
    Index("ix_work_orders_split_from", "split_from"),
    Index("ix_work_orders_repeat_of", "repeat_of"),
    Index("ix_work_orders_duplicate_of", "duplicate_of"),
    Index("ix_work_orders_merged_into", "merged_into"),
    Index("ix_work_orders_created", "created_at", "id"),
    Index("ix_work_orders_state", "state", "created_at", "id"),
    Index("ix_work_orders_department", "lead_department", "created_at", "id"),
)

events = Table(
    "events",
    metadata,
    # Given by the chain, without a gap; hence no counting up by the database.
    Column("sequence", Id, primary_key=True, autoincrement=False),
    # No foreign key: the record outlives what it speaks of.
    Column("work_order_id", Id, nullable=False),
    _text("name"),
    _time("at"),
    _text("actor_id"),
    _text("actor_role"),
    _text("actor_department"),
    _text("state_from"),
    _text("state_to"),
    _text("reason"),
    _text("department_from"),
    _text("department_to"),
    Column("data", VerbatimJson),
    _text("previous_hash"),
    _text("hash"),
    Index("ix_events_work_order", "work_order_id", "sequence"),
    Index("ix_events_name", "name", "at"),
)

event_head = Table(
    "event_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Id, nullable=False),
    _text("hash"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("work_order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    _count("round"),
    _time("scheduled_at"),
    _time("expires_at"),
    _text("state"),
    _count("attempts"),
    Column("contacted", Boolean),
    Column("resolved", Boolean),
    Column("rating", Integer),
    _json("reason_tags"),
    _text("comment"),
    Column("answered_at", UtcTime),
    _count("version"),
    UniqueConstraint("work_order_id", "round"),
    Index("ix_callbacks_state", "state", "scheduled_at"),
    Index("ix_callbacks_scheduled", "scheduled_at"),
)

departments = Table(
    "departments",
    metadata,
    _text("code", primary_key=True),
    _text("name"),
    _text("short_name"),
    _json("duties"),
    _text("jurisdiction"),
    _text("working_hours"),
    _text("contact"),
    _flag("active"),
    _text("parent", server_default=""),
)

department_changes = Table(
    "department_changes",
    metadata,
    Column("id", Id, primary_key=True),
    _time("at"),
    _text("actor"),
    # rename | merge | split
    _text("kind"),
    _json("sources"),
    _json("targets"),
    # For a split: which target takes which category of the source's old orders.
    _json("mapping"),
    _text("note"),
)

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _time("at"),
    _text("actor"),
    _text("note"),
    _json("rules"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True),
    _text("username", unique=True),
    _text("name"),
    _text("role"),
    _text("password_hash"),
    _text("department"),
    _flag("active"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    _text("kind"),
    _text("key", unique=True),
    _time("due_at"),
    _json("payload"),
    _text("state"),
    _count("attempts"),
    Column("leased_until", UtcTime),
    _text("worker"),
    _text("error"),
    Column("progress", JsonValue),
    Index("ix_jobs_state", "state", "due_at", "id"),
)

knowledge_entries = Table(
    "knowledge_entries",
    metadata,
    _text("id", primary_key=True),
    _text("kind"),
    _text("title"),
    _text("answer"),
    _text("locator"),
    _json("similar_questions"),
    _text("item_class"),
    _text("item"),
    _text("facet"),
    _json("sources"),
    _text("jurisdiction"),
    Column("effective_from", Date),
    Column("effective_to", Date),
    _flag("local_figures"),
    _text("review_state"),
    _text("origin"),
    _text("library"),
    _text("superseded_by"),
    _flag("generated"),
    # The revision's number at which the row was last written.
    Column("change_number", Id, nullable=False),
    Index("ix_knowledge_entries_origin", "origin"),
    Index("ix_knowledge_entries_change", "change_number"),
    Index("ix_knowledge_entries_library", "library", "id"),
)

knowledge_revision = Table(
    "knowledge_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Id, nullable=False),
    _text("mark"),
)

# Every revision that this database ever had.
knowledge_revisions = Table(
    "knowledge_revisions",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    _text("mark"),
)

knowledge_removed = Table(
    "knowledge_removed",
    metadata,
    Column("change_number", Id, primary_key=True, autoincrement=False),
    _text("entry_id", primary_key=True),
)

entry_history = Table(
    "entry_history",
    metadata,
    # No foreign key: the record outlives what it speaks of.
    _text("entry_id", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _time("at"),
    _text("actor"),
    _text("action"),
    _text("note"),
    Column("before", JsonValue),
)

imported_files = Table(
    "imported_files",
    metadata,
    _text("path", primary_key=True),
    _text("sha256"),
    _count("entry_count"),
    Column("imported_at", UtcTime),
    _text("imported_by"),
)

conversations = Table(
    "conversations",
    metadata,
    _text("id", primary_key=True),
    _time("created_at"),
    _text("channel"),
    _text("phase"),
    # A Fernet token: the draft of an appeal holds a name and a phone.
    _text("state"),
    _count("version"),
    Index("ix_conversations_created", "created_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation_id", PlainText, ForeignKey("conversations.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _time("at"),
    _text("outcome"),
    # Fernet tokens: citizens say names and phones, replies repeat them.
    _text("text"),
    _text("reply"),
    Column("helpful", Boolean),
)

unanswered_questions = Table(
    "unanswered_questions",
    metadata,
    Column("id", Id, primary_key=True),
    _text("conversation_id"),
    _count("turn"),
    # A Fernet token, like the turn's text.
    _text("text"),
    _text("outcome"),
    _time("at"),
    _text("state"),
    _text("entry_id"),
    UniqueConstraint("conversation_id", "turn"),
    Index("ix_unanswered_questions_state", "state", "at", "id"),
)

agent_suggestions = Table(
    "agent_suggestions",
    metadata,
    Column("id", Id, primary_key=True),
    # order | conversation, and its number or id.
    _text("subject_kind"),
    _text("subject"),
    _time("at"),
    _text("actor"),
    # Fernet tokens: what was searched is the citizen's text, what was sent may repeat it.
    _text("query"),
    _json("offered"),
    # shown | accepted | edited | rejected
    _text("verdict"),
    Column("decided_at", UtcTime),
    _text("entry_id"),
    _text("final_text"),
    Index("ix_agent_suggestions_subject", "subject_kind", "subject", "id"),
    Index("ix_agent_suggestions_at", "at", "id"),
)
