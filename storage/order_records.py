"""Repositories of what is kept with an order: 补充内容、附件、提醒、通知订阅."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select

from casework.deadline.notice import Notice
from casework.handling.attachment import Attachment
from casework.handling.supplement import Supplement
from casework.notification.subscription import Interest, Subscription
from casework.transitions import Role, State
from storage.records import Records
from storage.service_tables import attachments, notices, subscriptions, supplements
from storage.statements import exists_id
from storage.tables import work_orders


class SqlSupplements(Records[Supplement]):
    """补充内容 repository."""

    table, kind, name = supplements, Supplement, "条补充内容"
    encrypted = frozenset(("text",))
    converted = {"role": Role}  # noqa: RUF012

    def add(self, supplement: Supplement) -> None:
        self._insert(supplement)

    def of(self, work_order_id: int) -> Sequence[Supplement]:
        return self._where(self.table.c.work_order_id == work_order_id)


class SqlAttachments(Records[Attachment]):
    """附件 repository."""

    table, kind, name = attachments, Attachment, "个附件"
    encrypted = frozenset(("name",))
    converted = {"role": Role}  # noqa: RUF012

    def add(self, attachment: Attachment) -> None:
        self._insert(attachment)

    def get(self, attachment_id: int) -> Attachment:
        return self._get(attachment_id)

    def of(self, work_order_id: int) -> Sequence[Attachment]:
        return self._where(self.table.c.work_order_id == work_order_id)


class SqlNotices(Records[Notice]):
    """提醒 repository."""

    table, kind, name = notices, Notice, "条提醒"
    converted = {"role": Role}  # noqa: RUF012

    def add(self, notice: Notice) -> bool:
        return self._insert(notice, "key")

    def get(self, notice_id: int) -> Notice:
        return self._get(notice_id)

    def save(self, notice: Notice) -> None:
        self._save(notice)

    def open_for(self, role: Role, departments: Sequence[str] = (), limit: int = 100) -> Sequence[Notice]:
        return self._where(*self._open(role, departments), order=(self.table.c.id.desc(),), limit=limit)

    def count_open(self, role: Role, departments: Sequence[str] = ()) -> int:
        wanted = select(func.count()).select_from(self.table).where(*self._open(role, departments))
        return self._connection.execute(wanted).scalar_one()

    def by_key(self, key: str) -> Notice | None:
        return next(iter(self._where(self.table.c.key == key)), None)

    def outlived(self, kinds: Sequence[str], states: Sequence[State], limit: int = 200) -> Sequence[Notice]:
        orders = work_orders.c
        wanted = (
            select(self.table)
            .join(work_orders, orders.id == self.table.c.work_order_id)
            .where(self.table.c.done_at.is_(None), self.table.c.kind.in_(kinds))
            .where(orders.state.not_in([state.value for state in states]))
        )
        return self._read(wanted.order_by(self.table.c.id).limit(limit))

    def _open(self, role: Role, departments: Sequence[str]) -> list[ColumnElement[bool]]:
        mine = [self.table.c.done_at.is_(None), self.table.c.role == role.value]
        return [*mine, self.table.c.department.in_(departments)] if departments else mine

    def of(self, work_order_id: int) -> Sequence[Notice]:
        return self._where(self.table.c.work_order_id == work_order_id)


class SqlSubscriptions(Records[Subscription]):
    """订阅 repository."""

    table, kind, name = subscriptions, Subscription, "个订阅"
    encrypted = frozenset(("address", "secret"))
    _none = False
    """It was seen in this unit of work that there is no active one, so that bulk work need not ask for every event."""

    def add(self, subscription: Subscription) -> None:
        self._none = False
        self._insert(subscription)

    def save(self, subscription: Subscription) -> None:
        self._none = False
        self._save(subscription)

    def get(self, subscription_id: int) -> Subscription:
        return self._get(subscription_id)

    def remove(self, subscription_id: int) -> None:
        if exists_id(subscription_id):
            self._connection.execute(self.table.delete().where(self.table.c.id == subscription_id))

    def interested(self, work_order_id: int) -> Sequence[Interest]:
        columns, active = self.table.c, self.table.c.active.is_(True)
        if self._none or self._connection.execute(select(columns.id).where(active).limit(1)).first() is None:
            self._none = True
            return []
        whole = select(work_orders.c.split_from).where(work_orders.c.id == work_order_id).scalar_subquery()
        meant = or_(columns.work_order_id.is_(None), columns.work_order_id.in_((work_order_id, whole)))
        wanted = select(columns.id, columns.events, columns.department).where(active, meant).order_by(columns.id)
        return [Interest(row.id, tuple(row.events), row.department) for row in self._connection.execute(wanted)]

    def general(self) -> Sequence[Subscription]:
        return self._where(self.table.c.work_order_id.is_(None))

    def of(self, work_order_id: int) -> Sequence[Subscription]:
        return self._where(self.table.c.work_order_id == work_order_id)
