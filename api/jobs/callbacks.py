"""回访任务: a callback becomes due, a callback's window ends; the citizen's conversation is told in the same transaction."""

from api.instance import Instance
from api.jobs.handler import Handler
from assistant import callback_dialogue
from assistant.conversation import Phase
from assistant.turn import append
from casework.calendar import CITY_TIME
from casework.errors import NotFound
from casework.follow_up import BEGIN, EXPIRE, begin_callback, expire_callback
from casework.job import Job


def _begin(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        begun = begin_callback(work, job.payload["callback"], instance.clock)
        if begun is None:
            return
        order, callback = begun
        if order.conversation_id:
            try:
                conversation = work.conversations.get(order.conversation_id)
            except NotFound:
                conversation = None
            if conversation is not None and conversation.phase is not Phase.INTAKE:
                expires = callback.expires_at.astimezone(CITY_TIME).strftime("%m月%d日")
                reply = callback_dialogue.begin(conversation, callback.id, order.number, expires)
                if reply is not None:
                    append(conversation, "", reply, instance.clock.now())
                work.conversations.save(conversation)
        work.commit()


def _expire(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        order = expire_callback(work, job.payload["callback"], instance.clock)
        if order is not None and order.conversation_id:
            try:
                conversation = work.conversations.get(order.conversation_id)
            except NotFound:
                conversation = None
            if conversation is not None and callback_dialogue.asks_about(conversation, job.payload["callback"]):
                following = callback_dialogue.drop(conversation, job.payload["callback"])
                if following is not None:
                    append(conversation, "", following, instance.clock.now())
                work.conversations.save(conversation)
        work.commit()


HANDLERS: dict[str, Handler] = {BEGIN: _begin, EXPIRE: _expire}
