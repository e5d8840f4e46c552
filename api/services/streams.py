"""事件流: what happens to a conversation and its orders, pushed to whoever has it open. One look at the database every two
seconds serves all streams of this process; between looks none is held.
"""

import asyncio
import json
import logging
import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from typing import Any

from anyio import to_thread
from fastapi.encoders import jsonable_encoder

from api.errors import body
from api.instance import Instance
from api.services.conversations import turn_view
from api.services.order_views import citizen_view
from api.services.own_orders import departments_of, history_of
from assistant.conversation import Conversation, Turn
from casework.errors import HotlineError, NotFound, TooManyRequests
from casework.events import WorkOrderEvent
from casework.handling.splitting import parts_of
from casework.notification.progress import shown
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

log = logging.getLogger("hotline.streams")
EVERY_SECONDS = 2.0
RETRY_MS = 5000
"""What a browser is told to wait before it connects again."""
BATCH, MOST_BATCHES = 500, 20
_CURSOR = re.compile(r"(\d{1,9})(?:\.(\d{1,18}))?")


@dataclass(slots=True, eq=False)
class Listener:
    """One open stream: up to which turn and event it has been told."""

    conversation_id: str
    address: str
    turn: int
    sequence: int
    version: int
    waiting: asyncio.Queue[dict[str, Any] | None] = field(default_factory=asyncio.Queue)
    """Messages to send; None ends the stream."""

    def tell(self, event: str, data: object) -> None:
        text = json.dumps(jsonable_encoder(data), ensure_ascii=False)
        self.waiting.put_nowait({"event": event, "id": f"{self.turn}.{self.sequence}", "data": text})

    def tell_news(self, conversation: Conversation | None, steps: Sequence["_Step"]) -> None:
        """The new turns and steps as they happened; each keep their own order even where a clock was set back."""
        turns = [turn for turn in conversation.turns if turn.number > self.turn] if conversation else []
        later = [step for step in steps if step.sequence > self.sequence]
        news: Iterator[_Step | Turn] = merge(later, turns, key=lambda one: one.at)
        for one in news:
            if isinstance(one, _Step):
                self.sequence = one.sequence
                self.tell("order", one.view)
            else:
                self.turn = one.number
                self.tell("turn", turn_view(one))
        if conversation is not None:
            self.version = conversation.version


@dataclass(frozen=True, slots=True)
class _Step:
    conversation_id: str
    sequence: int
    at: datetime
    view: dict


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look found."""

    conversations: dict[str, Conversation]
    steps: list[_Step]
    sequence: int


class Streams:
    """事件流 of one process."""

    def __init__(self, instance: Instance, every_seconds: float = EVERY_SECONDS) -> None:
        self._instance, self._every = instance, every_seconds
        self._listeners: set[Listener] = set()
        self._per_address: Counter[str] = Counter()
        self._watching: asyncio.Task[None] | None = None

    async def open(self, conversation_id: str, address: str, cursor: str = "") -> Listener:
        """A stream that goes on behind `cursor` (an event's id, or a turn's number), or begins now.

        Raises: NotFound, TooManyRequests (too many open).
        """
        settings = self._instance.settings
        if len(self._listeners) >= settings.streams_total or (
            self._per_address[address] >= settings.streams_per_address
        ):
            raise TooManyRequests("打开的页面太多，暂时不能自动更新进展，请关闭不用的页面。")
        return await to_thread.run_sync(self._begin, conversation_id, address, cursor)

    async def events(self, listener: Listener) -> AsyncIterator[dict[str, Any]]:
        """What `EventSourceResponse` sends; ends when the conversation cannot be watched any more."""
        self._listeners.add(listener)
        self._per_address[listener.address] += 1
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            cursor = f"{listener.turn}.{listener.sequence}"
            yield {"event": "ready", "id": cursor, "data": "{}", "retry": RETRY_MS}
            while (message := await listener.waiting.get()) is not None:
                yield message
        finally:
            self._listeners.discard(listener)
            self._per_address[listener.address] -= 1
            if not self._per_address[listener.address]:
                del self._per_address[listener.address]

    async def _watch(self) -> None:
        """Look again and again while anybody listens."""
        try:
            while self._listeners:
                await asyncio.sleep(self._every)
                watched = list(self._listeners)
                if watched:
                    await self._look_for(watched)
        finally:
            self._watching = None

    async def _look_for(self, watched: Sequence[Listener]) -> None:
        versions = {(one.conversation_id, one.version) for one in watched}
        try:
            found = await to_thread.run_sync(self._look, versions, min(one.sequence for one in watched))
        except Exception as error:
            told = _failure(error)
            for one in watched:
                one.tell("error", told)
                one.waiting.put_nowait(None)
            return
        for one in watched:
            mine = [step for step in found.steps if step.conversation_id == one.conversation_id]
            one.tell_news(found.conversations.get(one.conversation_id), mine)
            one.sequence = max(one.sequence, found.sequence)

    def _look(self, versions: set[tuple[str, int]], since: int) -> _Found:
        """In a thread: the conversations that changed and the steps of their orders after `since`."""
        ids = {conversation_id for conversation_id, _ in versions}
        with self._instance.unit() as work:
            now = work.conversations.versions(sorted(ids))
            changed = {name for name, version in versions if now.get(name, version) != version}
            conversations = {name: work.conversations.get(name) for name in sorted(changed)}
            events: list[WorkOrderEvent] = []
            for _ in range(MOST_BATCHES):
                more = work.events.since(events[-1].sequence if events else since, BATCH)
                events += more
                if len(more) < BATCH:
                    break
            steps = self._steps(work, [event for event in events if shown(event)], ids)
        return _Found(conversations, steps, events[-1].sequence if events else since)

    def _steps(self, work: UnitOfWork, events: Sequence[WorkOrderEvent], conversations: set[str]) -> list[_Step]:
        """Those of orders that belong to the conversations, as their citizens read them."""
        orders: dict[int, WorkOrder | None] = {}
        mine: list[tuple[WorkOrder, WorkOrderEvent]] = []
        for event in events:
            if event.work_order_id not in orders:
                orders[event.work_order_id] = _order(work, event.work_order_id)
            order = orders[event.work_order_id]
            if order is not None and order.conversation_id in conversations:
                mine.append((order, event))
        if not mine:
            return []
        departments, history, now = departments_of(work), history_of(work), self._instance.clock.now()
        steps = []
        for order, event in mine:
            view = citizen_view(order, [event], [], departments, now, history)
            told = {name: view[name] for name in ("number", "state", "state_name", "due_at")}
            steps.append(
                _Step(order.conversation_id or "", event.sequence, event.at, told | {"step": view["steps"][0]})
            )
        return steps

    def _begin(self, conversation_id: str, address: str, cursor: str) -> Listener:
        """In a thread: a stream with what has happened behind the cursor."""
        match = _CURSOR.fullmatch(cursor)
        with self._instance.unit() as work:
            last = work.events.last()
            conversation = work.conversations.get(conversation_id)
            turn = conversation.turns[-1].number if conversation.turns else 0
            listener = Listener(conversation_id, address, turn, last, conversation.version)
            if match is None:
                return listener
            listener.turn, listener.sequence = min(int(match[1]), turn), min(int(match[2] or last), last)
            missed = self._missed(work, conversation, listener.sequence) if listener.sequence < last else []
            listener.tell_news(conversation, missed)
            listener.sequence = last
        return listener

    def _missed(self, work: UnitOfWork, conversation: Conversation, since: int) -> list[_Step]:
        filed = [work.work_orders.by_number(number) for number in conversation.state.get("orders", [])]
        every = [part for order in filed for part in (order, *parts_of(work, order))]
        events = [event for order in every for event in work.events.of(order.id)]
        later = sorted((one for one in events if one.sequence > since and shown(one)), key=lambda one: one.sequence)
        return self._steps(work, later, {conversation.id})


def _order(work: UnitOfWork, order_id: int) -> WorkOrder | None:
    try:
        return work.work_orders.get(order_id)
    except NotFound:
        return None


def _failure(error: Exception) -> dict:
    """The one shape of an error, for the middle of a stream."""
    if isinstance(error, HotlineError):
        return body(error.code, error.message)
    number = uuid.uuid4().hex[:8]
    log.error("error %s while watching conversations", number, exc_info=error)
    return body("internal", f"进展暂时不能自动更新（编号{number}），请稍后刷新页面。")
