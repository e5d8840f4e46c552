"""A million orders: indexes for every list, what supports and counts orders kept by triggers, the search in their texts."""

from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Written out rather than imported: a revision must go on meaning what it meant.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 2000

HELD = "({row}state = 'pending_dispatch' AND ({row}duplicate_of IS NOT NULL OR {row}merged_into IS NOT NULL))"
DECISION = {
    "sqlite": "coalesce(json_extract({row}dispatching, '$.decision'), '')",
    "postgresql": "coalesce({row}dispatching ->> 'decision', '')",
}
SUPPORTED = {
    "sqlite": "INSERT OR IGNORE INTO order_support (department, created_at, work_order_id) "
    "SELECT value, {row}created_at, {row}id FROM {rows}json_each({row}supporting_departments)",
    "postgresql": "INSERT INTO order_support (department, created_at, work_order_id) SELECT value, {row}created_at, {row}id "
    "FROM {rows}jsonb_array_elements_text({row}supporting_departments) AS value ON CONFLICT DO NOTHING",
}
COUNTED = ("lead_department", "state", "dispatching", "duplicate_of", "merged_into")
"""Columns that decide where an order is counted."""


def _key(dialect: str, row: str) -> str:
    return f"{row}lead_department, {row}state, {DECISION[dialect].format(row=row)}, {HELD.format(row=row)}"


def _sqlite_count(row: str, step: str) -> str:
    return (
        "INSERT INTO order_tally (lead_department, state, decision, held, count) "
        f"VALUES ({_key('sqlite', row)}, {step}) "
        "ON CONFLICT (lead_department, state, decision, held) DO UPDATE SET count = count + excluded.count;"
    )


def _sqlite_triggers() -> list[str]:
    support = SUPPORTED["sqlite"].format(row="new.", rows="") + ";"
    forget = "DELETE FROM order_support WHERE work_order_id = old.id;"
    plus, minus = _sqlite_count("new.", "1"), _sqlite_count("old.", "-1")
    changed = " OR ".join(f"new.{name} IS NOT old.{name}" for name in COUNTED)
    return [
        f"CREATE TRIGGER work_orders_added AFTER INSERT ON work_orders BEGIN {support} {plus} END",
        f"CREATE TRIGGER work_orders_removed AFTER DELETE ON work_orders BEGIN {forget} {minus} END",
        f"CREATE TRIGGER work_orders_moved AFTER UPDATE OF {', '.join(COUNTED)} ON work_orders "
        f"WHEN {changed} BEGIN {minus} {plus} END",
        "CREATE TRIGGER work_orders_supported AFTER UPDATE OF supporting_departments, created_at ON work_orders "
        "WHEN new.supporting_departments IS NOT old.supporting_departments OR new.created_at IS NOT old.created_at "
        f"BEGIN {forget} {support} END",
    ]


# PostgreSQL counts when the transaction commits, under a lock of its own, which nobody who holds it waits with for anything else.
POSTGRESQL = (
    f"""CREATE FUNCTION tally_work_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock({0x12346});
    IF TG_OP <> 'INSERT' THEN
        UPDATE order_tally SET count = count - 1
        WHERE (lead_department, state, decision, held) = ({_key("postgresql", "OLD.")});
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO order_tally AS tally (lead_department, state, decision, held, count) VALUES ({_key("postgresql", "NEW.")}, 1)
        ON CONFLICT (lead_department, state, decision, held) DO UPDATE SET count = tally.count + 1;
    END IF;
    RETURN NULL;
END $$""",
    f"""CREATE FUNCTION note_support() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM order_support WHERE work_order_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        {SUPPORTED["postgresql"].format(row="NEW.", rows="")};
    END IF;
    RETURN NULL;
END $$""",
    "CREATE CONSTRAINT TRIGGER work_orders_added AFTER INSERT OR DELETE ON work_orders "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tally_work_order()",
    f"CREATE CONSTRAINT TRIGGER work_orders_moved AFTER UPDATE OF {', '.join(COUNTED)} ON work_orders "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ("
    + " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in COUNTED)
    + ") EXECUTE FUNCTION tally_work_order()",
    "CREATE TRIGGER work_orders_supporting AFTER INSERT OR DELETE ON work_orders "
    "FOR EACH ROW EXECUTE FUNCTION note_support()",
    "CREATE TRIGGER work_orders_supported AFTER UPDATE OF supporting_departments, created_at ON work_orders FOR EACH ROW "
    "WHEN (OLD.supporting_departments IS DISTINCT FROM NEW.supporting_departments OR OLD.created_at <> NEW.created_at) "
    "EXECUTE FUNCTION note_support()",
    # The dear COST keeps the planner from working it out for row after row where the index may be asked.
    """CREATE FUNCTION order_grams(content text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
    SELECT array_to_tsvector(chars || array(SELECT one || two FROM unnest(chars, chars[2:]) AS pair(one, two) WHERE two IS NOT NULL))
    FROM (SELECT string_to_array(lower(content COLLATE "C"), NULL)) AS cut(chars)
$$""",
    # Without a list of pending entries, which every search would have to read through.
    "CREATE INDEX ix_work_orders_grams ON work_orders USING gin (order_grams(text)) WITH (fastupdate = off)",
)
SEARCH = (
    "CREATE VIRTUAL TABLE work_order_search USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')"
)


def upgrade() -> None:
    """Index and count what is there."""
    dialect = op.get_bind().dialect.name
    op.create_table(
        "order_support",
        sa.Column("department", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("work_order_id", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("department", "created_at", "work_order_id", name="pk_order_support"),
    )
    op.create_table(
        "order_tally",
        sa.Column("lead_department", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("count", ID, nullable=False),
        sa.PrimaryKeyConstraint("lead_department", "state", "decision", "held", name="pk_order_tally"),
    )
    op.execute(SUPPORTED[dialect].format(row="work_orders.", rows="work_orders, "))
    op.execute(
        f"INSERT INTO order_tally (lead_department, state, decision, held, count) "
        f"SELECT {_key(dialect, '')}, count(*) FROM work_orders GROUP BY 1, 2, 3, 4"
    )
    op.create_index("ix_order_support_work_order", "order_support", ["work_order_id", "department"])
    op.drop_index("ix_work_orders_department", "work_orders")
    op.create_index("ix_work_orders_department", "work_orders", ["lead_department", "created_at", "id", "state"])
    for name, columns, where in (
        ("open_due", ["due_at", "lead_department"], "closed_at IS NULL"),
        ("late", ["lead_department"], "closed_at > due_at"),
    ):
        given = sa.text(where)
        op.create_index(f"ix_work_orders_{name}", "work_orders", columns, sqlite_where=given, postgresql_where=given)
    op.create_index("ix_jobs_kind", "jobs", ["kind", "id"])
    op.create_index("ix_events_work_order_name", "events", ["work_order_id", "name"])
    if dialect == "postgresql":
        for statement in POSTGRESQL:
            op.execute(statement)
        return
    for statement in _sqlite_triggers():
        op.execute(statement)
    op.execute(SEARCH)
    _index_texts(op.get_bind())


def _grams(content: str) -> str:
    points = [f"{ord(char):x}" for char in content.translate({code: code + 32 for code in range(65, 91)})]
    return " ".join(dict.fromkeys([*points, *(f"{one}z{two}" for one, two in pairwise(points))]))


def _index_texts(connection: sa.Connection) -> None:
    last = 0
    while rows := connection.execute(
        sa.text("SELECT id, text FROM work_orders WHERE id > :last ORDER BY id LIMIT :some"),
        {"last": last, "some": BATCH},
    ).all():
        connection.execute(
            sa.text("INSERT INTO work_order_search (rowid, grams) VALUES (:id, :grams)"),
            [{"id": row.id, "grams": _grams(row.text)} for row in rows],
        )
        last = rows[-1].id


def downgrade() -> None:
    """Back to the indexes of 0004."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_work_orders_grams", "work_orders")
        for name in ("added", "moved", "supporting", "supported"):
            op.execute(f"DROP TRIGGER work_orders_{name} ON work_orders")
        for name in ("tally_work_order()", "note_support()", "order_grams(text)"):
            op.execute(f"DROP FUNCTION {name}")
    else:
        for name in ("added", "removed", "moved", "supported"):
            op.execute(f"DROP TRIGGER work_orders_{name}")
        op.execute("DROP TABLE work_order_search")
    op.drop_index("ix_events_work_order_name", "events")
    op.drop_index("ix_jobs_kind", "jobs")
    for name in ("open_due", "late"):
        op.drop_index(f"ix_work_orders_{name}", "work_orders")
    op.drop_index("ix_work_orders_department", "work_orders")
    op.create_index("ix_work_orders_department", "work_orders", ["lead_department", "created_at", "id"])
    op.drop_table("order_tally")
    op.drop_table("order_support")
