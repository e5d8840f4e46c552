"""补充材料: text and files that citizens and staff add to an order while it is being handled."""

from casework.errors import InvalidInput
from casework.events import Actor
from casework.filing import Rules
from casework.handling.attachment import Attachment
from casework.handling.sight import check_sight
from casework.handling.supplement import MAX_SUPPLEMENT, Supplement
from casework.ports import CaseworkUnit, Clock
from casework.work_order import WorkOrder


def supplement(unit: CaseworkUnit, order: WorkOrder, text: str, by: Actor, rules: Rules, clock: Clock) -> Supplement:
    """补充诉求. The event names the row alone; the text stays encrypted. Nothing is committed here.

    Raises: InvalidInput, IllegalTransition (the handling is over), Forbidden.
    """
    order.allow("supplement", by)
    check_sight(order, by)
    text = text.strip()
    if not text:
        raise InvalidInput("请填写补充内容。")
    if len(text) > MAX_SUPPLEMENT:
        raise InvalidInput(f"补充内容超过{MAX_SUPPLEMENT}字，请精简后再提交。")
    most = rules.limits.supplements
    if len(unit.supplements.of(order.id)) >= most:
        raise InvalidInput(f"这张工单已经补充{most}次，不能再补充。还有情况要说明的，请拨打12345。")
    now = clock.now()
    added = Supplement(order.id, now, by.id, by.role, text)
    unit.supplements.add(added)
    unit.events.append(order.apply("supplement", by, now, supplement=added.id))
    unit.work_orders.save(order)
    return added


def check_room(unit: CaseworkUnit, order: WorkOrder, by: Actor, rules: Rules) -> None:
    """Before a file is read: whether the order takes one more from `by`.

    Raises: InvalidInput, IllegalTransition, Forbidden.
    """
    order.allow("attach", by)
    check_sight(order, by)
    most = rules.limits.attachments
    if len(unit.attachments.of(order.id)) >= most:
        raise InvalidInput(f"一张工单最多{most}个附件，不能再上传。")


def attach(unit: CaseworkUnit, order: WorkOrder, attachment: Attachment, by: Actor, rules: Rules) -> None:
    """添加附件, whose content is stored already; the event keeps its hash, so that the audit chain vouches for the file.

    Nothing is committed here. Raises: InvalidInput, IllegalTransition, Forbidden.
    """
    check_room(unit, order, by, rules)
    unit.attachments.add(attachment)
    added = order.apply("attach", by, attachment.at, attachment=attachment.id, sha256=attachment.sha256)
    unit.events.append(added)
    unit.work_orders.save(order)
