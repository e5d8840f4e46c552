"""订阅通知: a citizen follows the own order, an administrator lets other systems and departments follow many."""

import base64
import secrets
from collections.abc import Sequence

from casework.errors import Conflict, InvalidInput, NotFound
from casework.events import CITIZEN, Actor
from casework.notification.progress import STEP_NAMES
from casework.notification.subscription import Subscription
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import WorkOrder

MOST_PER_ORDER = 3
MOST_GENERAL = 100
OVER = (State.ARCHIVED, State.REJECTED, State.EMERGENCY_TRANSFERRED)
"""Nothing more will be told of an order in these states."""


def follow_own(unit: CaseworkUnit, order: WorkOrder, kind: str, address: str, clock: Clock) -> Subscription:
    """The citizen wants to be told of this order; the same address a second time changes nothing.

    `address` as its notifier checked it. Raises: Conflict (order over, limit reached).
    """
    mine = unit.subscriptions.of(order.id)
    known = next((one for one in mine if (one.kind, one.address.lower()) == (kind, address.lower())), None)
    if known is not None:
        return known
    if order.state in OVER:
        raise Conflict("这张工单已经结束，不会再有新的进展，无需开通通知。")
    if len(mine) >= MOST_PER_ORDER:
        raise Conflict(f"一张工单最多可以通知{MOST_PER_ORDER}个地址，请先取消一个再添加。")
    subscription = Subscription(kind, address, clock.now(), CITIZEN.id, work_order_id=order.id)
    unit.subscriptions.add(subscription)
    return subscription


def drop_own(unit: CaseworkUnit, order: WorkOrder, subscription_id: int) -> None:
    """The citizen wants it no more; the address is forgotten. Raises: NotFound when it is not this order's."""
    if all(one.id != subscription_id for one in unit.subscriptions.of(order.id)):
        raise NotFound("没有找到这个通知地址，可能已经取消。")
    unit.subscriptions.remove(subscription_id)


def follow_all(
    unit: CaseworkUnit, kind: str, address: str, events: Sequence[str], department: str, by: Actor, clock: Clock
) -> Subscription:
    """A general subscription; a webhook gets a secret of its own. Raises: InvalidInput, Conflict (too many)."""
    if len(unit.subscriptions.general()) >= MOST_GENERAL:
        raise Conflict(f"最多可以有{MOST_GENERAL}个通知，请先删除不用的。")
    subscription = Subscription(kind, address, clock.now(), by.id, checked_events(events), department=department)
    _check_department(unit, department)
    if kind == "webhook":
        subscription.secret = new_secret()
    unit.subscriptions.add(subscription)
    return subscription


def change_general(
    unit: CaseworkUnit, subscription_id: int, version: int, events: Sequence[str], department: str, active: bool
) -> Subscription:
    """What it tells, of whose orders, and whether at all. Raises: NotFound, Conflict, InvalidInput."""
    subscription = general(unit, subscription_id)
    _check_department(unit, department)
    subscription.events, subscription.department = checked_events(events), department
    subscription.active, subscription.version = active, version
    unit.subscriptions.save(subscription)
    return subscription


def renew_secret(unit: CaseworkUnit, subscription_id: int) -> Subscription:
    """Another secret for a webhook, the former one is worth nothing any more. Raises: NotFound, InvalidInput."""
    subscription = general(unit, subscription_id)
    if subscription.kind != "webhook":
        raise InvalidInput("只有网络回调（Webhook）有签名密钥。")
    subscription.secret = new_secret()
    unit.subscriptions.save(subscription)
    return subscription


def general(unit: CaseworkUnit, subscription_id: int) -> Subscription:
    """A general subscription; a citizen's own is not there for administrators. Raises: NotFound."""
    subscription = unit.subscriptions.get(subscription_id)
    if subscription.work_order_id is not None:
        raise NotFound("没有找到这个订阅。")
    return subscription


def checked_events(events: Sequence[str]) -> list[str]:
    """Each once, in the order of the table. Raises: InvalidInput, naming those that there are not."""
    unknown = [name for name in events if name not in STEP_NAMES]
    if unknown:
        raise InvalidInput(f"没有这种办理步骤：{'、'.join(unknown)[:200]}。可以选择：{'、'.join(STEP_NAMES)}。")
    return [name for name in STEP_NAMES if name in events]


def new_secret() -> str:
    """For HMAC-SHA256, in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _check_department(unit: CaseworkUnit, code: str) -> None:
    if code:
        try:
            unit.departments.get(code)
        except NotFound:
            raise InvalidInput(f"没有代码为“{code}”的承办单位，请重新选择。") from None
