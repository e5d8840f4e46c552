"""表: knowledge, conversations and what agents made of suggestions."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, UniqueConstraint

from storage.columns import Id, JsonValue, PlainText, UtcTime
from storage.schema import count, flag, json, metadata, text, time

knowledge_entries = Table(
    "knowledge_entries",
    metadata,
    text("id", primary_key=True),
    text("kind"),
    text("title"),
    text("answer"),
    text("locator"),
    json("similar_questions"),
    text("item_class"),
    text("item"),
    text("facet"),
    json("sources"),
    text("jurisdiction"),
    Column("effective_from", Date),
    Column("effective_to", Date),
    flag("local_figures"),
    text("review_state"),
    text("origin"),
    text("library"),
    text("superseded_by"),
    flag("generated"),
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
    text("mark"),
)

knowledge_revisions = Table(
    "knowledge_revisions",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    text("mark"),
)

knowledge_removed = Table(
    "knowledge_removed",
    metadata,
    Column("change_number", Id, primary_key=True, autoincrement=False),
    text("entry_id", primary_key=True),
)

entry_history = Table(
    "entry_history",
    metadata,
    # No foreign key: the record outlives what it speaks of.
    text("entry_id", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    time("at"),
    text("actor"),
    text("action"),
    text("note"),
    Column("before", JsonValue),
)

imported_files = Table(
    "imported_files",
    metadata,
    text("path", primary_key=True),
    text("sha256"),
    count("entry_count"),
    Column("imported_at", UtcTime),
    text("imported_by"),
)

conversations = Table(
    "conversations",
    metadata,
    text("id", primary_key=True),
    time("created_at"),
    text("channel"),
    text("phase"),
    # A Fernet token: the draft of an appeal holds a name and a phone.
    text("state"),
    count("version"),
    Index("ix_conversations_created", "created_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation_id", PlainText, ForeignKey("conversations.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    time("at"),
    text("outcome"),
    # Fernet tokens: citizens say names and phones, replies repeat them.
    text("text"),
    text("reply"),
    Column("helpful", Boolean),
)

unanswered_questions = Table(
    "unanswered_questions",
    metadata,
    Column("id", Id, primary_key=True),
    text("conversation_id"),
    count("turn"),
    # A Fernet token, like the turn's text.
    text("text"),
    text("outcome"),
    time("at"),
    text("state"),
    text("entry_id"),
    UniqueConstraint("conversation_id", "turn"),
    Index("ix_unanswered_questions_state", "state", "at", "id"),
)

agent_suggestions = Table(
    "agent_suggestions",
    metadata,
    Column("id", Id, primary_key=True),
    # order | conversation, and its number or id.
    text("subject_kind"),
    text("subject"),
    time("at"),
    text("actor"),
    # Fernet tokens: what was searched is the citizen's text, what was sent may repeat it.
    text("query"),
    json("offered"),
    # shown | accepted | edited | rejected
    text("verdict"),
    Column("decided_at", UtcTime),
    text("entry_id"),
    text("final_text"),
    Index("ix_agent_suggestions_subject", "subject_kind", "subject", "id"),
    Index("ix_agent_suggestions_at", "at", "id"),
)
