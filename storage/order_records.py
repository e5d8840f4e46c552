"""Repositories of what is kept with an order: 补充内容、附件、提醒、通知订阅."""

from collections.abc import Sequence

from casework.attachment import Attachment
from casework.notice import Notice
from casework.subscription import Subscription
from casework.supplement import Supplement
from casework.transitions import Role
from storage.records import Records
from storage.service_tables import attachments, notices, subscriptions, supplements


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
        conditions = [self.table.c.done_at.is_(None), self.table.c.role == role.value]
        if departments:
            conditions.append(self.table.c.department.in_(departments))
        return self._where(*conditions, order=(self.table.c.id.desc(),), limit=limit)

    def of(self, work_order_id: int) -> Sequence[Notice]:
        return self._where(self.table.c.work_order_id == work_order_id)


class SqlSubscriptions(Records[Subscription]):
    """订阅 repository."""

    table, kind, name = subscriptions, Subscription, "个订阅"
    encrypted = frozenset(("address", "secret"))

    def add(self, subscription: Subscription) -> None:
        self._insert(subscription)

    def save(self, subscription: Subscription) -> None:
        self._save(subscription)

    def get(self, subscription_id: int) -> Subscription:
        return self._get(subscription_id)

    def general(self) -> Sequence[Subscription]:
        return self._where(self.table.c.work_order_id.is_(None))

    def of(self, work_order_id: int) -> Sequence[Subscription]:
        return self._where(self.table.c.work_order_id == work_order_id)
