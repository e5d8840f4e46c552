"""表: what is kept beside an order: supplements, attachments, notices, subscriptions, findings, topics, reports."""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from storage.columns import Id
from storage.schema import count, flag, json, key, link, metadata, moment, text, time

supplements = Table(
    "supplements",
    metadata,
    key(),
    link("work_order_id", ForeignKey("work_orders.id")),
    time("at"),
    text("actor"),
    text("role"),
    # A Fernet token: citizens say names and phones.
    text("text"),
    Index("ix_supplements_work_order", "work_order_id", "id"),
)

attachments = Table(
    "attachments",
    metadata,
    key(),
    link("work_order_id", ForeignKey("work_orders.id")),
    time("at"),
    text("actor"),
    text("role"),
    # A Fernet token: file names tell names too.
    text("name"),
    text("media_type"),
    count("size"),
    # The content is a file of this name under the data folder's attachments/.
    text("sha256"),
    Index("ix_attachments_work_order", "work_order_id", "id"),
    Index("ix_attachments_sha256", "sha256"),
)

notices = Table(
    "notices",
    metadata,
    key(),
    text("key", unique=True),
    time("at"),
    text("kind"),
    # Who must act: a role, and the department where the role is the department's.
    text("role"),
    text("department"),
    link("work_order_id", nullable=True),
    text("text"),
    moment("done_at"),
    text("done_by"),
    count("version"),
    Index("ix_notices_open", "done_at", "role", "department", "id"),
    Index("ix_notices_work_order", "work_order_id"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    key(),
    # email | webhook | sms
    text("kind"),
    # Fernet tokens: an address tells who it is, a secret signs.
    text("address"),
    text("secret"),
    json("events"),
    # Of one order (a citizen's), of one department, or of all.
    link("work_order_id", ForeignKey("work_orders.id"), nullable=True),
    text("department"),
    flag("active"),
    time("created_at"),
    text("created_by"),
    count("version"),
    Index("ix_subscriptions_work_order", "work_order_id"),
)

inspections = Table(
    "inspections",
    metadata,
    key(),
    link("work_order_id", ForeignKey("work_orders.id")),
    # 0 for the first closing, 1 after the first rework, …: an order is inspected once a closing.
    count("round"),
    time("at"),
    count("score"),
    text("department"),
    text("rules_version"),
    UniqueConstraint("work_order_id", "round"),
    Index("ix_inspections_at", "at", "department"),
)

findings = Table(
    "findings",
    metadata,
    key(),
    link("inspection_id", ForeignKey("inspections.id")),
    link("work_order_id", ForeignKey("work_orders.id")),
    text("rule"),
    text("severity"),
    # Of a reply, hence maybe with names and phones: a Fernet token.
    text("passage"),
    text("explanation"),
    text("department"),
    time("at"),
    # open | upheld | rejected
    text("verdict"),
    text("decided_by"),
    moment("decided_at"),
    text("note"),
    # 申诉, a Fernet token.
    text("objection"),
    text("objected_by"),
    moment("objected_at"),
    count("version"),
    UniqueConstraint("inspection_id", "rule"),
    Index("ix_findings_work_order", "work_order_id", "id"),
    Index("ix_findings_rule", "rule", "verdict", "at"),
    Index("ix_findings_at", "at", "id"),
    Index("ix_findings_department", "department", "at", "id"),
)

special_inspections = Table(
    "special_inspections",
    metadata,
    key(),
    text("name"),
    time("at"),
    text("actor"),
    json("query"),
    count("size"),
    count("seed"),
    json("work_order_ids"),
    # Id of an order → what a person found in it.
    json("verdicts"),
    flag("closed"),
    count("version"),
)

hot_topics = Table(
    "hot_topics",
    metadata,
    key(),
    # Tells a topic found again from a new one.
    text("key", unique=True),
    text("title"),
    json("terms"),
    time("found_at"),
    time("window_from"),
    time("window_to"),
    Column("main_order_id", Id),
    count("count"),
    json("figures"),
    json("members"),
    moment("alerted_at"),
    count("version"),
    Index("ix_hot_topics_window", "window_to", "count"),
)

# 导出记录: who took which data away; only added to.
exports = Table(
    "exports",
    metadata,
    key(),
    time("at"),
    text("actor"),
    text("role"),
    # orders | league | topics | findings
    text("kind"),
    text("form"),
    json("query"),
    count("rows"),
    Index("ix_exports_at", "at"),
)

periodic_reports = Table(
    "periodic_reports",
    metadata,
    key(),
    # day | week | month
    text("kind"),
    time("period_from"),
    time("period_to"),
    time("made_at"),
    json("content"),
    UniqueConstraint("kind", "period_from"),
)
