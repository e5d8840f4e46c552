"""Routing: links between orders, sentiment, district units, rules and department changes with their history, progress of jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Written out rather than imported: a revision must go on meaning what it meant.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LINKS = ("split_from", "repeat_of", "duplicate_of", "merged_into")


def upgrade() -> None:
    """Orders filed before have no key of their requester: they are never found to be a repeat by phone."""
    op.add_column("work_orders", sa.Column("sentiment", TEXT, nullable=False, server_default=""))
    op.add_column("work_orders", sa.Column("requester_key", TEXT, nullable=False, server_default=""))
    op.create_index("ix_work_orders_requester", "work_orders", ["requester_key", "created_at"])
    for name in LINKS:
        op.add_column("work_orders", sa.Column(name, ID, nullable=True))
        op.create_index(f"ix_work_orders_{name}", "work_orders", [name])
    op.add_column("departments", sa.Column("parent", TEXT, nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("progress", JSON, nullable=True))
    op.create_table(
        "rule_versions",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_rule_versions"),
    )
    op.create_table(
        "department_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sources", JSON, nullable=False),
        sa.Column("targets", JSON, nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_department_changes"),
    )


def downgrade() -> None:
    """Back to the tables of 0002; links, rules and department changes are lost."""
    op.drop_table("department_changes")
    op.drop_table("rule_versions")
    op.drop_column("jobs", "progress")
    op.drop_column("departments", "parent")
    for name in LINKS:
        op.drop_index(f"ix_work_orders_{name}", "work_orders")
        op.drop_column("work_orders", name)
    op.drop_index("ix_work_orders_requester", "work_orders")
    op.drop_column("work_orders", "requester_key")
    op.drop_column("work_orders", "sentiment")
