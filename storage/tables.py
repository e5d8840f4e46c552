"""表: work orders and what belongs to them. The migrations build the tables; a test keeps both alike."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, false
from sqlalchemy import text as sql

from storage import knowledge_tables, service_tables
from storage.columns import Id, JsonValue, PlainText, UtcTime, VerbatimJson
from storage.schema import count, flag, json, metadata, text, time

__all__ = ["knowledge_tables", "metadata", "service_tables"]  # one metadata knows them all


def _where(condition: str) -> dict:
    """Only rows of this condition are in the index."""
    return {"sqlite_where": sql(condition), "postgresql_where": sql(condition)}


work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Id, primary_key=True),
    # Empty only between the insert that yields the id and the update that follows it.
    Column("number", PlainText, unique=True),
    text("query_code_hash", unique=True),
    text("type"),
    text("text"),
    time("created_at"),
    json("elements"),
    # Fernet tokens, or empty where nothing was given.
    text("requester_name"),
    text("requester_phone"),
    text("channel"),
    Column("conversation_id", PlainText),
    text("district"),
    text("street", server_default=""),
    text("category"),
    text("urgency"),
    flag("confidential"),
    text("state"),
    text("lead_department"),
    json("supporting_departments"),
    Column("dispatching", JsonValue),
    Column("dispatched_at", UtcTime),
    Column("sign_due_at", UtcTime),
    Column("signed_at", UtcTime),
    Column("due_at", UtcTime),
    text("reply"),
    Column("replied_at", UtcTime),
    Column("closing_kind", PlainText),
    Column("closed_at", UtcTime),
    count("returns"),
    count("reworks"),
    flag("corrected"),
    text("sentiment", server_default=""),
    # A keyed hash of the phone: finds the same person's orders without decrypting any.
    text("requester_key", server_default=""),
    Column("split_from", Id),
    Column("repeat_of", Id),
    Column("duplicate_of", Id),
    Column("merged_into", Id),
    count("urges", server_default="0"),
    count("supervision_level", server_default="0"),
    # When the deadlines' watch must look at it next; empty once nothing is due any more.
    Column("watch_at", UtcTime),
    json("steps_done", server_default="[]"),
    Column("suspended_at", UtcTime),
    count("extension_days", server_default="0"),
    count("extensions", server_default="0"),
    json("support_work", server_default="[]"),
    Column("contact_due_at", UtcTime),
    Column("contacted_at", UtcTime),
    count("version"),
    Index("ix_work_orders_requester", "requester_key", "created_at"),
    Index("ix_work_orders_split_from", "split_from"),
    Index("ix_work_orders_repeat_of", "repeat_of"),
    Index("ix_work_orders_duplicate_of", "duplicate_of"),
    Index("ix_work_orders_merged_into", "merged_into"),
    Index("ix_work_orders_watch", "watch_at"),
    Index("ix_work_orders_created", "created_at", "id"),
    Index("ix_work_orders_state", "state", "created_at", "id"),
    # With the state, so that a department's orders in some states are told apart within the index.
    Index("ix_work_orders_department", "lead_department", "created_at", "id", "state"),
    # Late ones: open past their day, or closed after it.
    Index("ix_work_orders_open_due", "due_at", "lead_department", **_where("closed_at IS NULL")),
    Index("ix_work_orders_late", "lead_department", **_where("closed_at > due_at")),
)

# 协办: kept by triggers, so that the orders a department supports are found as quickly as those it leads.
order_support = Table(
    "order_support",
    metadata,
    text("department", primary_key=True),
    Column("created_at", UtcTime, primary_key=True),
    Column("work_order_id", Id, primary_key=True, autoincrement=False),
    Index("ix_order_support_work_order", "work_order_id", "department"),
)

# 计数: kept by triggers, so that counting all orders reads a few rows.
order_tally = Table(
    "order_tally",
    metadata,
    text("lead_department", primary_key=True),
    text("state", primary_key=True),
    # Of the dispatching; "" where there is none.
    text("decision", primary_key=True),
    # `WorkOrder.held`
    flag("held", primary_key=True),
    Column("count", Id, nullable=False),
)

events = Table(
    "events",
    metadata,
    # Given by the chain, without a gap; hence no counting up by the database.
    Column("sequence", Id, primary_key=True, autoincrement=False),
    # No foreign key: the record outlives what it speaks of.
    Column("work_order_id", Id, nullable=False),
    text("name"),
    time("at"),
    text("actor_id"),
    text("actor_role"),
    text("actor_department"),
    text("state_from"),
    text("state_to"),
    text("reason"),
    text("department_from"),
    text("department_to"),
    Column("data", VerbatimJson),
    text("previous_hash"),
    text("hash"),
    Index("ix_events_work_order", "work_order_id", "sequence"),
    # Whether an order ever had an event: without it SQLite would read all events of the name instead.
    Index("ix_events_work_order_name", "work_order_id", "name"),
    Index("ix_events_name", "name", "at"),
)

event_head = Table(
    "event_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Id, nullable=False),
    text("hash"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("work_order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    count("round"),
    time("scheduled_at"),
    time("expires_at"),
    text("state"),
    count("attempts"),
    Column("contacted", Boolean),
    Column("resolved", Boolean),
    Column("rating", Integer),
    json("reason_tags"),
    text("comment"),
    Column("answered_at", UtcTime),
    text("channel", server_default=""),
    count("priority", server_default="0"),
    Column("next_attempt_at", UtcTime),
    # [{"at", "actor", "outcome"}], oldest first.
    json("tries", server_default="[]"),
    flag("handover", server_default=false()),
    # A code of casework.callback.callback_exclusion; empty where it is made.
    text("excluded", server_default=""),
    # Of the closing: what the statistics count by, though the order goes on changing.
    Column("closed_at", UtcTime),
    text("department", server_default=""),
    text("district", server_default=""),
    text("order_type", server_default=""),
    text("order_channel", server_default=""),
    # 追评, a Fernet token.
    text("follow_up", server_default=""),
    Column("followed_up_at", UtcTime),
    count("version"),
    UniqueConstraint("work_order_id", "round"),
    Index("ix_callbacks_state", "state", "scheduled_at"),
    Index("ix_callbacks_scheduled", "scheduled_at"),
    Index("ix_callbacks_attempt", "state", "priority", "next_attempt_at"),
    Index("ix_callbacks_closed", "closed_at", "department"),
)

departments = Table(
    "departments",
    metadata,
    text("code", primary_key=True),
    text("name"),
    text("short_name"),
    json("duties"),
    text("jurisdiction"),
    text("working_hours"),
    text("contact"),
    flag("active"),
    text("parent", server_default=""),
)

department_changes = Table(
    "department_changes",
    metadata,
    Column("id", Id, primary_key=True),
    time("at"),
    text("actor"),
    # rename | merge | split
    text("kind"),
    json("sources"),
    json("targets"),
    # For a split: which target takes which category of the source's old orders.
    json("mapping"),
    text("note"),
)

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    time("at"),
    text("actor"),
    text("note"),
    json("rules"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True),
    text("username", unique=True),
    text("name"),
    text("role"),
    text("password_hash"),
    text("department"),
    flag("active"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    text("kind"),
    text("key", unique=True),
    time("due_at"),
    json("payload"),
    text("state"),
    count("attempts"),
    Column("leased_until", UtcTime),
    text("worker"),
    text("error"),
    Column("progress", JsonValue),
    Index("ix_jobs_state", "state", "due_at", "id"),
    Index("ix_jobs_kind", "kind", "id"),
)

# Every revision that this database ever had.
