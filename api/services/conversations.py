"""会话服务: begins conversations, takes turns, files what was confirmed, stores what a callback said."""

import secrets
from dataclasses import replace

from api.instance import Instance, today
from api.services.links import filed_again, insist_on, relate
from api.services.splitting import dispatching_of
from assistant.callback_dialogue import THANKS, THANKS_UNRESOLVED
from assistant.conversation import Conversation, Outcome, Turn
from assistant.reply import Reply
from assistant.turn import TurnResult, append
from assistant.vain import answered_by, declines, question_of, vain_question
from casework.appeal import Appeal, Urgency
from casework.callback.follow_up import answer_callback, hand_over, refuse_callback
from casework.deadline.calendar import CITY_TIME
from casework.errors import Conflict
from casework.events import CITIZEN, Actor
from casework.filing import file_appeal
from casework.handling.direct_answer import answer_appeal
from casework.handling.linking import attach
from casework.handling.splitting import parts_of
from casework.transitions import STATE_NAMES, State
from casework.work_order import WorkOrder
from knowledge.gaps import forget, keep
from knowledge.text import readable
from knowledge.unanswered import UnansweredQuestion, VainOutcome
from routing.decision import DispatchDecision
from storage.unit_of_work import UnitOfWork


class ConversationService:
    """会话服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def begin(self, channel: str) -> Conversation:
        """A new conversation with its greeting."""
        now = self._instance.clock.now()
        conversation = Conversation(secrets.token_urlsafe(18), now, channel)
        self._instance.assistant.greet(conversation, now)
        with self._instance.unit() as work:
            work.conversations.add(conversation)
            work.commit()
        return conversation

    def get(self, conversation_id: str) -> Conversation:
        """Raises: NotFound."""
        with self._instance.unit() as work:
            return work.conversations.get(conversation_id)

    def turn(self, conversation_id: str, text: str, option: str | None) -> Turn:
        """One turn; all that it changes is stored together, or nothing is.

        Raises: NotFound, InvalidInput, Conflict (another window of the same conversation was quicker), Unavailable.
        """
        instance = self._instance
        text = readable(text)
        conversation = self.get(conversation_id)
        declined = declines(conversation, text, option)
        result = instance.assistant.turn(conversation, instance.shelf.current(), text, option, today())
        if result.appeal is not None:
            result.appeal.conversation_id, result.appeal.channel = conversation.id, conversation.channel
        decision = self._decide(result)
        with instance.unit() as work:
            reply = result.reply
            if result.appeal is not None and decision is not None:
                order = self._file(work, result.appeal, decision, CITIZEN)
                name = work.departments.get(order.lead_department).name if order.lead_department else ""
                due = order.due_at.astimezone(CITY_TIME).strftime("%m月%d日") if order.due_at else ""
                reply = instance.assistant.filed(conversation, order.number, order.query_code, name, due)
                reply = filed_again(work, conversation, order, reply)
            if result.insist:
                reply = insist_on(work, instance, conversation, result.insist)
            if result.callback is not None:
                reply = self._answer_callback(work, result)
            if result.status:
                numbers = conversation.state.get("orders", [])
                filed = [work.work_orders.by_number(number) for number in numbers]
                orders = [part for order in filed for part in (order, *parts_of(work, order))]
                reply = instance.assistant.status([(o.number, STATE_NAMES[o.state]) for o in orders])
            turn = append(conversation, text, reply, instance.clock.now())
            work.conversations.save(conversation)
            vain = vain_question(conversation, turn, declined)
            if vain is not None:
                keep(work, UnansweredQuestion(conversation.id, turn.number, *vain, turn.at))
            work.commit()
        return turn

    def helpful(self, conversation_id: str, number: int, helpful: bool) -> None:
        """Mark a turn 有帮助 or 没帮助. Raises: NotFound."""
        with self._instance.unit() as work:
            conversation = work.conversations.get(conversation_id)
            for turn in conversation.turns:
                if turn.number == number:
                    turn.helpful = helpful
                    self._keep_or_forget(work, conversation, turn)
            work.conversations.save(conversation)
            work.commit()

    def _keep_or_forget(self, work: UnitOfWork, conversation: Conversation, turn: Turn) -> None:
        """An answer that did not help is a gap, until the citizen thinks otherwise."""
        entry_id = answered_by(turn)
        if turn.helpful:
            forget(work, conversation.id, turn.number)
        elif entry_id:
            asked = question_of(conversation, turn.number)
            now = self._instance.clock.now()
            keep(
                work,
                UnansweredQuestion(conversation.id, turn.number, asked, VainOutcome.UNHELPFUL, now, entry_id=entry_id),
            )

    def ask(self, text: str) -> Reply:
        """One question outside any conversation (CLI, batch): what a first turn would say; nothing is stored."""
        conversation = Conversation("", self._instance.clock.now(), "cli")
        result = self._instance.assistant.turn(conversation, self._instance.shelf.current(), text, None, today())
        if result.status:
            return self._instance.assistant.status([])
        return result.reply

    def file(self, appeal: Appeal, by: Actor, service: str = "") -> WorkOrder:
        """File for a caller (an agent does), or for another system. The order with its query code.

        `service` is the category (a path) that the other system named: kept as evidence, it decides nothing.
        """
        decision = self._route(appeal)
        if service:
            decision.evidence["service"] = service
        with self._instance.unit() as work:
            order = self._file(work, appeal, decision, by)
            work.commit()
        return order

    def answer(self, appeal: Appeal, reply: str, by: Actor) -> WorkOrder:
        """File for a caller what the agent answers at once (直接答复). Raises: InvalidInput, Forbidden."""
        decision = self._route(appeal)
        dispatching = replace(dispatching_of(decision), decision="review")
        rules, clock = self._instance.rules, self._instance.clock
        with self._instance.unit() as work:
            order = answer_appeal(work, appeal, reply, dispatching, decision.category, rules, clock, by)
            work.commit()
        return order

    def _answer_callback(self, work: UnitOfWork, result: TurnResult) -> Reply:
        """Store what the callback came to; when it was over before, say so instead of the thanks."""
        told = result.callback or {}
        rules, clock = self._instance.rules, self._instance.clock
        try:
            if told.get("refused"):
                refuse_callback(work, told["id"], clock)
            elif told.get("handover"):
                hand_over(work, told["id"], rules, clock, told["contacted"], told["resolved"])
            else:
                answers = told["contacted"], told["resolved"], told["rating"], told["comment"]
                order, callback = answer_callback(work, told["id"], *answers, rules, clock, told["reason_tags"])
                if order.state is State.REWORK and not callback.bad:
                    result.reply.text = result.reply.text.replace(THANKS, THANKS_UNRESOLVED, 1)
        except Conflict as error:
            return Reply(Outcome.CALLBACK, error.message)
        return result.reply

    def _decide(self, result: TurnResult) -> DispatchDecision | None:
        return self._route(result.appeal) if result.appeal is not None else None

    def _route(self, appeal: Appeal) -> DispatchDecision:
        router, place = self._instance.router(), appeal.elements.place
        decision = router.decide(appeal.text, appeal.type.value, appeal.district, place=place)
        traits = {name: found["label"] for name, found in decision.evidence["traits"].items()}
        appeal.sentiment = traits.get("sentiment", "")
        located = self._instance.places.locate(appeal.text, place)
        if located.district and located.district == appeal.district:
            appeal.street = located.street
        # The model may raise the urgency, never change what a person said (紧急、特急、疑难).
        if traits.get("urgency") == Urgency.URGENT and appeal.urgency is Urgency.NORMAL:
            appeal.urgency = Urgency.URGENT
        return relate(self._instance, appeal, decision)

    def _file(self, work: UnitOfWork, appeal: Appeal, decision: DispatchDecision, by: Actor) -> WorkOrder:
        dispatching = dispatching_of(decision)
        rules, clock = self._instance.rules, self._instance.clock
        order = file_appeal(work, appeal, dispatching, decision.category, rules, clock, by)
        attach(work, order, decision.evidence.get("related", []), clock)
        return order


def conversation_view(conversation: Conversation) -> dict:
    """The conversation of docs/api.md."""
    return {
        "id": conversation.id,
        "phase": conversation.phase.value,
        "turns": [turn_view(turn) for turn in conversation.turns],
    }


def turn_view(turn: Turn) -> dict:
    """Turn of docs/api.md."""
    return {"number": turn.number, "at": turn.at, "text": turn.text, "reply": turn.reply, "helpful": turn.helpful}
