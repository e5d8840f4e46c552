"""补充材料服务: citizens urge, supplement and attach under the query code, staff in the console; files are read and sent."""

from collections.abc import Callable

from api.instance import Instance
from api.services.order_parts import shown_name
from api.services.own_orders import own_order, own_part, own_view
from casework.errors import Conflict, IllegalTransition, NotFound
from casework.events import CITIZEN, Actor
from casework.handling.addition import attach, check_room, supplement
from casework.handling.attachment import Attachment
from casework.handling.file_type import clean_name, recognise
from casework.handling.sight import check_sight, sight_of
from casework.handling.supervision import urge
from casework.transitions import STATE_NAMES
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

TRIES = 3
"""A citizen adds and does not decide: whoever acted on the order at the same moment is no reason to refuse it."""


class AdditionService:
    """补充材料服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def urge_own(self, query_code: str, phone_last4: str, number: str = "") -> dict:
        """催办 by the citizen, once a day. Raises: NotFound, Conflict (urged today), IllegalTransition."""

        def add(work: UnitOfWork, order: WorkOrder) -> None:
            urge(work, order, CITIZEN, self._instance.clock)
            work.work_orders.save(order)

        return self._own(query_code, phone_last4, number, add)

    def supplement_own(self, query_code: str, phone_last4: str, text: str, number: str = "") -> dict:
        """补充诉求 by the citizen. Raises: NotFound, InvalidInput, IllegalTransition."""
        rules, clock = self._instance.rules, self._instance.clock
        return self._own(
            query_code, phone_last4, number, lambda work, order: supplement(work, order, text, CITIZEN, rules, clock)
        )

    def may_attach_own(self, query_code: str, phone_last4: str, number: str = "") -> int:
        """Before the file is read: its largest size in bytes. Raises: NotFound, InvalidInput, IllegalTransition."""
        with self._instance.unit() as work:
            order = own_part(work, own_order(work, query_code, phone_last4), number)
            try:
                check_room(work, order, CITIZEN, self._instance.rules)
            except IllegalTransition:
                raise _over(order) from None
        return self._instance.rules.limits.attachment_bytes

    def attach_own(self, query_code: str, phone_last4: str, name: str, content: bytes, number: str = "") -> dict:
        """添加附件 by the citizen. Raises: NotFound, InvalidInput, IllegalTransition."""
        attachment = self._stored(name, content, CITIZEN)
        rules = self._instance.rules

        def add(work: UnitOfWork, order: WorkOrder) -> None:
            attachment.work_order_id = order.id
            attach(work, order, attachment, CITIZEN, rules)

        return self._own(query_code, phone_last4, number, add)

    def supplement(self, order_id: int, text: str, by: Actor) -> None:
        """补充诉求 by the office, for the citizen. Raises: NotFound, InvalidInput, IllegalTransition, Forbidden."""

        def add(work: UnitOfWork) -> None:
            supplement(work, work.work_orders.get(order_id), text, by, self._instance.rules, self._instance.clock)

        self._again(add)

    def may_attach(self, order_id: int, by: Actor) -> int:
        """Before the file is read: its largest size in bytes. Raises: NotFound, InvalidInput, IllegalTransition, Forbidden."""
        with self._instance.unit() as work:
            check_room(work, work.work_orders.get(order_id), by, self._instance.rules)
        return self._instance.rules.limits.attachment_bytes

    def attach(self, order_id: int, name: str, content: bytes, by: Actor) -> None:
        """添加附件 by staff. Raises: NotFound, InvalidInput, IllegalTransition, Forbidden."""
        attachment = self._stored(name, content, by)
        attachment.work_order_id = order_id

        def add(work: UnitOfWork) -> None:
            attach(work, work.work_orders.get(order_id), attachment, by, self._instance.rules)

        self._again(add)

    def content(self, order_id: int, attachment_id: int, by: Actor) -> tuple[str, str, bytes]:
        """Name, media type and content. Raises: NotFound, Forbidden, Unavailable."""
        with self._instance.unit() as work:
            order = work.work_orders.get(order_id)
            check_sight(order, by, sight_of(work, by))
            attachment = work.attachments.get(attachment_id)
        if attachment.work_order_id != order.id:
            raise NotFound("没有找到这个附件。")
        content = self._instance.attachment_files.get(attachment.sha256)
        return shown_name(order, attachment, by), attachment.media_type, content

    def _stored(self, name: str, content: bytes, by: Actor) -> Attachment:
        """The row for a content that is recognised and written; no unit of work is held meanwhile."""
        name = clean_name(name)
        media_type = recognise(name, content)
        sha256 = self._instance.attachment_files.put(content)
        now = self._instance.clock.now()
        return Attachment(0, now, by.id, by.role, name, media_type, len(content), sha256)

    def _own(
        self, query_code: str, phone_last4: str, number: str, add: Callable[[UnitOfWork, WorkOrder], object]
    ) -> dict:
        """Add to the citizen's own order and give the new view of it."""

        def once(work: UnitOfWork) -> None:
            order = own_part(work, own_order(work, query_code, phone_last4), number)
            try:
                add(work, order)
            except IllegalTransition:
                raise _over(order) from None

        self._again(once)
        with self._instance.unit() as work:
            main = own_order(work, query_code, phone_last4)
            return own_view(work, main, self._instance.rules, self._instance.clock.now())

    def _again(self, add: Callable[[UnitOfWork], None]) -> None:
        """In a unit of work of its own, tried again when somebody else wrote the order at the same moment."""
        for left in reversed(range(TRIES)):
            with self._instance.unit() as work:
                try:
                    add(work)
                    work.commit()
                    return
                except Conflict as error:
                    if left == 0 or error.code != Conflict.code:
                        raise


def _over(order: WorkOrder) -> IllegalTransition:
    """For a citizen: what staff could do instead is not theirs to choose."""
    return IllegalTransition(
        f"这张工单现在是“{STATE_NAMES[order.state]}”，不能催办、补充或上传附件。如有新的情况，请重新提交诉求，或拨打12345。"
    )
