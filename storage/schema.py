"""表结构: the one MetaData, and the few ways in which columns are written."""

from sqlalchemy import Boolean, Column, Integer, MetaData

from storage.columns import Id, JsonValue, PlainText, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def text(name: str, **options: bool | str) -> Column:
    return Column(name, PlainText, nullable=False, **options)  # type: ignore[arg-type]


def count(name: str, **options: str) -> Column:
    return Column(name, Integer, nullable=False, **options)  # type: ignore[arg-type]


def flag(name: str, **options: object) -> Column:
    return Column(name, Boolean, nullable=False, **options)  # type: ignore[arg-type]


def json(name: str, **options: str) -> Column:
    return Column(name, JsonValue, nullable=False, **options)  # type: ignore[arg-type]


def time(name: str) -> Column:
    return Column(name, UtcTime, nullable=False)


def moment(name: str) -> Column:
    """A time that may not have come."""
    return Column(name, UtcTime)


def key() -> Column:
    return Column("id", Id, primary_key=True)


def link(name: str, *constraints: object, nullable: bool = False) -> Column:
    """The id of a row of another table."""
    return Column(name, Id, *constraints, nullable=nullable)  # type: ignore[arg-type]
