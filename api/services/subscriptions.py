"""订阅服务: who is told of steps: a citizen of the own order, other systems and departments of many."""

import time
from collections import defaultdict
from collections.abc import Sequence

from api.instance import Instance
from api.jobs.notifications import query_link
from api.notifiers.notifiers import KIND_NAMES
from api.services.own_orders import own_order
from casework.events import Actor
from casework.job import Job
from casework.masking import mask_phone
from casework.notification.notification import PROBE, PROBE_STEP, DeliveryFailed, Notification
from casework.notification.outbox import NOTIFY
from casework.notification.progress import STEP_NAMES
from casework.notification.subscribing import (
    MOST_PER_ORDER,
    change_general,
    drop_own,
    follow_all,
    follow_own,
    general,
    renew_secret,
)
from casework.notification.subscription import Subscription
from casework.organisation.department import Department
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

LAST_DELIVERIES = 20
LOOKED_THROUGH = 1000
"""The newest deliveries of all subscriptions, among which those of one are looked for."""
PROBE_NUMBER = "20260101000000"


class SubscriptionService:
    """订阅服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    # For citizens.

    def own(self, query_code: str, phone_last4: str) -> dict:
        """What the citizen has subscribed. Raises: NotFound."""
        with self._instance.unit() as work:
            return self._own_view(work, own_order(work, query_code, phone_last4))

    def follow_own(self, query_code: str, phone_last4: str, email: str) -> dict:
        """Raises: NotFound, InvalidInput (address, no e-mail here), Conflict (limit, order over)."""
        with self._instance.unit() as work:
            order = own_order(work, query_code, phone_last4)
            address = self._instance.notifiers.check("email", email)
            follow_own(work, order, "email", address, self._instance.clock)
            work.commit()
            return self._own_view(work, order)

    def drop_own(self, query_code: str, phone_last4: str, subscription_id: int) -> dict:
        """Raises: NotFound."""
        with self._instance.unit() as work:
            order = own_order(work, query_code, phone_last4)
            drop_own(work, order, subscription_id)
            work.commit()
            return self._own_view(work, order)

    def _own_view(self, work: UnitOfWork, order: WorkOrder) -> dict:
        mine = work.subscriptions.of(order.id)
        return {
            "open": "email" in self._instance.notifiers.kinds,
            "limit": MOST_PER_ORDER,
            "items": [{"id": one.id, "kind": one.kind, "address": masked(one)} for one in mine],
        }

    # For administrators.

    def all(self) -> dict:
        """Subscriptions of docs/api.md: the general ones with their last deliveries."""
        with self._instance.unit() as work:
            found = work.subscriptions.general()
            departments = _departments(work)
            jobs = _deliveries(work)
        return {
            "kinds": [{"kind": kind, "name": KIND_NAMES[kind]} for kind in self._instance.notifiers.kinds],
            "events": [{"event": event, "name": name} for event, name in STEP_NAMES.items()],
            "items": [_view(one, departments, jobs.get(one.id, [])) for one in found],
        }

    def add(self, kind: str, address: str, events: Sequence[str], department: str, by: Actor) -> dict:
        """Its view with the secret, which is shown this once. Raises: InvalidInput, Conflict."""
        address = self._instance.notifiers.check(kind, address)
        with self._instance.unit() as work:
            added = follow_all(work, kind, address, events, department, by, self._instance.clock)
            work.commit()
            return _view(added, _departments(work), []) | {"secret": added.secret}

    def change(self, subscription_id: int, version: int, events: Sequence[str], department: str, active: bool) -> dict:
        """Raises: NotFound, Conflict, InvalidInput."""
        with self._instance.unit() as work:
            changed = change_general(work, subscription_id, version, events, department, active)
            work.commit()
            return _view(changed, _departments(work), _deliveries(work).get(changed.id, []))

    def renew_secret(self, subscription_id: int) -> dict:
        """The new secret, shown this once. Raises: NotFound, InvalidInput."""
        with self._instance.unit() as work:
            renewed = renew_secret(work, subscription_id)
            work.commit()
        return {"secret": renewed.secret, "version": renewed.version}

    def remove(self, subscription_id: int) -> None:
        """What still waits to be told is not told any more. Raises: NotFound."""
        with self._instance.unit() as work:
            work.subscriptions.remove(general(work, subscription_id).id)
            work.commit()

    def probe(self, subscription_id: int) -> dict:
        """Send a test now, and say what came of it. Raises: NotFound."""
        with self._instance.unit() as work:
            subscription = general(work, subscription_id)
        now, began = self._instance.clock.now(), time.monotonic()
        notification = Notification(
            id=f"probe-{subscription.id}-{int(now.timestamp())}",
            event=PROBE,
            step=PROBE_STEP,
            number=PROBE_NUMBER,
            at=now,
            link=query_link(self._instance),
        )
        try:
            told, sent = self._instance.notifiers.send(subscription, notification, now), True
        except DeliveryFailed as error:
            told, sent = error.message, False
        return {"sent": sent, "message": told, "milliseconds": round((time.monotonic() - began) * 1000)}


def masked(subscription: Subscription) -> str:
    """The address as its owner recognises it and nobody else can use it."""
    if subscription.kind == "sms":
        return mask_phone(subscription.address)
    name, at, domain = subscription.address.partition("@")
    return f"{name[:1]}***{at}{domain}"


def _view(subscription: Subscription, departments: dict[str, Department], jobs: Sequence[Job]) -> dict:
    code = subscription.department
    return {
        "id": subscription.id,
        "kind": subscription.kind,
        "kind_name": KIND_NAMES.get(subscription.kind, subscription.kind),
        "address": subscription.address if subscription.kind == "webhook" else masked(subscription),
        "events": subscription.events,
        "department": code,
        "department_name": departments[code].name if code in departments else code,
        "active": subscription.active,
        "created_at": subscription.created_at,
        "created_by": subscription.created_by,
        "version": subscription.version,
        "deliveries": [_delivery_view(job) for job in jobs[:LAST_DELIVERIES]],
    }


def _delivery_view(job: Job) -> dict:
    return {
        "id": job.id,
        "step": job.payload["step"],
        "order": job.payload["order"],
        "at": job.payload["at"],
        "state": job.state.value,
        "attempts": job.attempts,
        "error": job.error,
        "next_at": job.due_at if job.state.value == "waiting" and job.attempts else None,
    }


def _deliveries(work: UnitOfWork) -> dict[int, list[Job]]:
    found: dict[int, list[Job]] = defaultdict(list)
    for job in work.jobs.list(LOOKED_THROUGH, (NOTIFY,)):
        found[job.payload["subscription"]].append(job)
    return found


def _departments(work: UnitOfWork) -> dict[str, Department]:
    return {department.code: department for department in work.departments.all(active_only=False)}
