"""通知任务: tells one subscription of one step, outside any transaction; tried again with growing pauses for about a day.

A worker that is killed between the receiver's answer and the note of it sends once more: each delivery carries an id by which a
receiver can drop it.
"""

from datetime import datetime, timedelta

from api.instance import Instance
from api.jobs.handler import Handler, TryAgain
from casework.errors import NotFound
from casework.job import Job
from casework.notification.notification import DeliveryFailed, Notification
from casework.notification.outbox import NOTIFY
from casework.notification.subscription import Subscription
from casework.organisation.department_change import DepartmentHistory

GIVE_UP_AFTER = timedelta(days=1)
"""Since the step happened; a worker that was away for long still tries MIN_ATTEMPTS times."""
MIN_ATTEMPTS = 5
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)


def next_attempt(happened: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to try again: after as long as it has taken already, so that pauses double; None when it is enough."""
    taken = now - happened
    if taken >= GIVE_UP_AFTER and attempts >= MIN_ATTEMPTS:
        return None
    return now + min(max(taken, SHORTEST_PAUSE), LONGEST_PAUSE)


def _notify(instance: Instance, job: Job) -> None:
    now, happened = instance.clock.now(), datetime.fromisoformat(job.payload["at"])
    found = _read(instance, job)
    if found is None:
        return
    subscription, notification = found
    resting = instance.notifiers.resting(subscription.id, now)
    if resting is not None:
        raise TryAgain(resting[1], resting[0])
    try:
        instance.notifiers.send(subscription, notification, now)
    except DeliveryFailed as error:
        again = None if error.final else next_attempt(happened, job.attempts, now)
        raise TryAgain(error.message, again) from None


def _read(instance: Instance, job: Job) -> tuple[Subscription, Notification] | None:
    """Whom to tell what; None when it is wanted no more."""
    told = job.payload
    with instance.unit() as work:
        try:
            subscription = work.subscriptions.get(told["subscription"])
        except NotFound:
            return None
        if not subscription.active:
            return None
        order = work.work_orders.get(told["order"])
        departments = {one.code: one.name for one in work.departments.all(active_only=False)}
        history = DepartmentHistory(work.department_changes.all())
    code, at = told["department"] or order.lead_department, datetime.fromisoformat(told["at"])
    name = history.name_then(code, at, departments.get(code, code)) if code else ""
    notification = Notification(
        id=f"{told['sequence']}-{subscription.id}",
        event=told["event"],
        step=told["step"],
        note=told["note"],
        number=order.number,
        at=at,
        department=name,
        link=query_link(instance),
    )
    return subscription, notification


def query_link(instance: Instance) -> str:
    """Where a citizen looks an order up; the code is not in it, for the database does not know it."""
    url = instance.settings.public_url.rstrip("/")
    return f"{url}/#query" if url else ""


HANDLERS: dict[str, Handler] = {NOTIFY: _notify}
