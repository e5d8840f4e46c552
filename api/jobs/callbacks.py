"""回访任务: a callback becomes due, the citizen is reminded, its window ends; the conversation is told in the same transaction."""

from api.instance import Instance
from api.jobs.handler import Handler
from assistant import callback_dialogue
from assistant.conversation import Conversation, Phase
from assistant.turn import append
from casework.callback.callback import Callback, CallbackChannel, TryOutcome
from casework.callback.follow_up import (
    ATTEMPT,
    BEGIN,
    EXPIRE,
    attempted,
    begin_callback,
    due_attempt,
    expire_callback,
    without_conversation,
)
from casework.deadline.calendar import CITY_TIME
from casework.errors import NotFound
from casework.job import Job
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

ABOUT = 20
"""Characters of the appeal by which the citizen knows which order is meant."""


def _begin(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        begun = begin_callback(work, job.payload["callback"], instance.rules, instance.clock)
        if begun is not None and begun[1].channel == CallbackChannel.WEB:
            _ask(instance, work, *begun)
        work.commit()


def _attempt(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        due = due_attempt(work, job.payload["callback"], job.payload["number"], instance.clock)
        if due is not None:
            _ask(instance, work, *due)
            work.commit()


def _ask(instance: Instance, work: UnitOfWork, order: WorkOrder, callback: Callback) -> None:
    """Put the first question or a reminder into the conversation; one that files an appeal just now is left in peace."""
    conversation = conversation_of(work, order)
    if conversation is None:
        without_conversation(work, order, callback, instance.clock)
        return
    if conversation.phase is Phase.INTAKE:
        attempted(work, callback, TryOutcome.BUSY, instance.rules, instance.clock)
        return
    if callback_dialogue.asks_about(conversation, callback.id):
        reply, outcome = callback_dialogue.remind(conversation, callback.id), TryOutcome.REMINDED
    else:
        expires = callback.expires_at.astimezone(CITY_TIME).strftime("%m月%d日")
        about = order.text if len(order.text) <= ABOUT else order.text[:ABOUT] + "…"
        phone = bool(order.requester.phone)
        reply = callback_dialogue.begin(conversation, callback.id, order.number, expires, about, phone)
        outcome = TryOutcome.ASKED
    if reply is not None:
        append(conversation, "", reply, instance.clock.now())
    work.conversations.save(conversation)
    attempted(work, callback, outcome, instance.rules, instance.clock)


def _expire(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        order = expire_callback(work, job.payload["callback"], instance.clock)
        if order is not None:
            end_dialogue(instance, work, order, job.payload["callback"])
        work.commit()


def conversation_of(work: UnitOfWork, order: WorkOrder) -> Conversation | None:
    """The conversation in which the order was filed; None when there was none, or it is gone."""
    try:
        return work.conversations.get(order.conversation_id) if order.conversation_id else None
    except NotFound:
        return None


def end_dialogue(instance: Instance, work: UnitOfWork, order: WorkOrder, callback_id: int) -> None:
    """The callback ended elsewhere: the conversation must not go on asking about it, nor leave its question standing."""
    conversation = conversation_of(work, order)
    if conversation is None or not callback_dialogue.asks_about(conversation, callback_id):
        return
    asking = callback_dialogue.asks_now(conversation, callback_id)
    following = callback_dialogue.drop(conversation, callback_id)
    if asking and following is None:
        following = callback_dialogue.ended_elsewhere(order.number, work.callbacks.get(callback_id).state)
    if following is not None:
        append(conversation, "", following, instance.clock.now())
    work.conversations.save(conversation)


HANDLERS: dict[str, Handler] = {BEGIN: _begin, ATTEMPT: _attempt, EXPIRE: _expire}
