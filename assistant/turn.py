"""一轮对话: one text in, one reply out, and what the caller has to store or file because of it."""

from dataclasses import dataclass
from datetime import date, datetime

from assistant import callback_dialogue
from assistant.abuse import ONLY_ABUSE, is_abusive, with_boundary, without_abuse
from assistant.answers import Answerer
from assistant.apart import Apart
from assistant.clarification import CLARIFY_ENTRY, MAX_ROUNDS, NONE_OF_THESE, chosen, entry_options
from assistant.context import Leaning
from assistant.conversation import Conversation, Outcome, Phase, Turn
from assistant.cues import cues_of
from assistant.dissatisfaction import offer_person, unhelpful_twice
from assistant.finding import FILE_OPTION, HUMAN_OPTION, Finding, answer_with
from assistant.follow_up import FollowUpModel
from assistant.intake import Intake
from assistant.intents import GREETING, MAX_ASKING, THANKS, Intent, TypeClassifier, asks, intent_of
from assistant.new_demand import taken_up
from assistant.past import said_to_be_past
from assistant.repeated import insisted
from assistant.reply import Option, Reply
from assistant.safety import ABUSE, Guard, is_emergency
from assistant.several import ASKS
from casework.appeal import Appeal
from casework.errors import InvalidInput
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever
from knowledge.text import has_words
from routing.places import Places

MAX_TEXT = 1000
"""Characters of one message."""
APPEAL_SHARE, ASKING_APPEAL_SHARE = 0.55, 0.85
"""From this probability on that a text is no question, an unanswered one is taken for an appeal; the second where its
form is that of a short question."""
UNREADABLE = "没有看懂您发来的内容，请用文字描述您的问题或诉求。"
THANKING = 10
"""Characters of thanks that say nothing else (好嘞谢谢)."""
TOLD_KEPT = 3
"""Unanswered messages kept for an intake."""


@dataclass(slots=True)
class TurnResult:
    """一轮的结果: `appeal` is to be filed, `callback` to be stored, `status` to be looked up by the caller."""

    reply: Reply
    appeal: Appeal | None = None
    callback: dict | None = None
    status: bool = False
    insist: str = ""
    """Number of an order, held because it says the same as another, that the citizen wants handled by itself."""


class Assistant:
    """会话助手: stateless; all it knows of a conversation is in the conversation."""

    def __init__(
        self,
        retriever: Retriever,
        guard: Guard,
        types: TypeClassifier,
        places: Places,
        follow_ups: FollowUpModel | None = None,
    ) -> None:
        """`follow_ups`: the shipped one when None. Raises: Unavailable when that does not fit this program."""
        self._answerer = Answerer(retriever, follow_ups or FollowUpModel.load())
        self._apart = Apart(self._answerer)
        self._guard = guard
        self._types = types
        self._intake = Intake(places, types)
        self._hotline = places.city.hotline

    @staticmethod
    def greet(conversation: Conversation, now: datetime) -> None:
        """Put the greeting into a new conversation."""
        append(conversation, "", Reply(Outcome.SMALLTALK, GREETING), now)

    def turn(
        self, conversation: Conversation, index: KnowledgeIndex, text: str, option: str | None, today: date
    ) -> TurnResult:
        """Decide one turn and advance the conversation's phase and state (not its list of turns).

        Raises: InvalidInput when the text is over MAX_TEXT characters.
        """
        if len(text) > MAX_TEXT:
            raise InvalidInput(f"一次最多{MAX_TEXT}字，您写了{len(text)}字。请分几次发送，已写的内容不会丢失。")
        wordless = option is None and not has_words(text)
        if wordless and conversation.phase in (Phase.OPEN, Phase.CLARIFYING):
            return TurnResult(_unreadable(conversation))
        door = None if option or wordless else self._guard.door(text)
        if door and is_emergency(door):
            return TurnResult(Reply(Outcome.EMERGENCY, door.message, 1.0))
        if conversation.phase is Phase.CALLBACK:
            reply, answers = callback_dialogue.step(conversation, text, option)
            return TurnResult(reply, callback=answers)
        if conversation.phase is Phase.INTAKE:
            reply, appeal = self._intake.step(conversation, text, option)
            return TurnResult(reply, appeal=appeal)
        insulted = option is None and is_abusive(text)
        rest = without_abuse(text) if insulted else text
        if insulted and not rest:
            return TurnResult(Reply(Outcome.REFUSED, ONLY_ABUSE, 1.0))
        again = unhelpful_twice(conversation)
        if door and not (insulted and door is ABUSE):
            answered = self._in_context(conversation, index, text, today, door is ABUSE)
            result = TurnResult(answered or Reply(Outcome.REFUSED, door.message, 1.0))
            insulted = door is ABUSE
        else:
            result = self._open(conversation, index, rest, option, today)
        if insulted and result.reply.outcome is Outcome.SMALLTALK:
            return TurnResult(Reply(Outcome.REFUSED, ONLY_ABUSE, 1.0))  # what is left of it is no matter either
        if insulted:
            with_boundary(result.reply)
        if again:
            offer_person(result.reply)
        return result

    def _in_context(
        self, conversation: Conversation, index: KnowledgeIndex, text: str, today: date, whatever: bool
    ) -> Reply | None:
        """The answer to a short question after an answer that only sounds like a matter for another door
        (那去仲裁收不收费); to any question with `whatever`. None where there is no answer."""
        leaning = Leaning.from_state(conversation.state)
        short = leaning is not None and bool(leaning.item) and len(text) <= MAX_ASKING and bool(ASKS.search(text))
        if not (short or whatever):
            return None
        finding = self._answerer.find(index, text, leaning, today, may_clarify=short)
        if finding.reply.outcome is Outcome.ABSTAINED:
            return None
        conversation.phase = Phase.OPEN
        return self._settle(conversation, text, finding)

    def _open(
        self, conversation: Conversation, index: KnowledgeIndex, text: str, option: str | None, today: date
    ) -> TurnResult:
        state = conversation.state
        if number := insisted(conversation, text, option):
            return TurnResult(Reply(Outcome.FILED, ""), insist=number)
        demand, declined = taken_up(conversation, text, option)
        if declined is not None:
            return TurnResult(declined)
        if demand:
            return TurnResult(self._intake.begin(conversation, demand, []))
        intent, words = intent_of(text)
        if option == HUMAN_OPTION.id or intent is Intent.HUMAN:
            return TurnResult(self._human())
        if option == FILE_OPTION.id or intent is Intent.INTAKE:
            told = self._told(state)
            if option == FILE_OPTION.id and not told and "question" in state:
                told = [state["question"]]
            return TurnResult(self._intake.begin(conversation, "" if option else text, told))
        if intent is Intent.STATUS:
            return TurnResult(Reply(Outcome.STATUS, ""), status=True)
        if intent is Intent.SMALLTALK:
            return TurnResult(Reply(Outcome.SMALLTALK, words, 1.0))
        if conversation.phase is Phase.CLARIFYING:
            result = self._clarified(conversation, index, text, option, today)
            if result is not None:
                return result
        return self._question(conversation, index, text, today)

    def _question(self, conversation: Conversation, index: KnowledgeIndex, text: str, today: date) -> TurnResult:
        state = conversation.state
        conversation.phase = Phase.OPEN
        leaning = Leaning.from_state(state)
        finding = self._apart.find(index, text, leaning, today) or self._answerer.find(index, text, leaning, today)
        if finding.reply.outcome is not Outcome.ANSWERED:
            if len(text) <= THANKING and "谢" in text:
                return TurnResult(Reply(Outcome.SMALLTALK, THANKS, 1.0))
            alone = leaning is None or not leaning.entry_id
            if alone and finding.reply.outcome is Outcome.ABSTAINED and self._guard.small_talk(text):
                return TurnResult(Reply(Outcome.SMALLTALK, GREETING, 1.0))
            cues = cues_of(text)
            corrects = cues.corrects and leaning is not None
            if not corrects and self._is_appeal(cues.meant if cues.opens else text):
                lead = "您说的情况我来帮您登记，由承办单位处理。\n"
                return TurnResult(self._intake.begin(conversation, text, self._told(state), lead))
        return TurnResult(self._settle(conversation, text, finding))

    def _is_appeal(self, text: str) -> bool:
        """Whether a text that has no answer is something to file rather than a question."""
        share = self._types.appeal_share(text)
        return share >= (ASKING_APPEAL_SHARE if asks(text) else APPEAL_SHARE)

    def _told(self, state: dict) -> list[str]:
        """What was said before without an answer and belongs to an appeal; earlier questions do not."""
        return [text for text in state.pop("told", []) if self._is_appeal(text)]

    def _clarified(
        self, conversation: Conversation, index: KnowledgeIndex, text: str, option: str | None, today: date
    ) -> TurnResult | None:
        """The choice that the citizen made, or None when the text is a new question."""
        state = conversation.state
        pending = state["clarify"]
        picked = chosen(text, option, [Option(**row) for row in pending["options"]])
        if picked is None:
            return None
        conversation.phase = Phase.OPEN
        question = pending["question"]
        if picked.id == NONE_OF_THESE.id:
            reply = Reply(
                Outcome.ABSTAINED,
                "好的。请换个说法再问一次，或者登记诉求，由工作人员为您办理。",
                options=[FILE_OPTION, HUMAN_OPTION],
            )
            return TurnResult(self._settle(conversation, question, Finding(reply, [])))
        kind, _, value = picked.id.partition(":")
        entry = index.get(value) if kind == "entry" else None
        if entry is not None:
            finding = said_to_be_past(Finding(answer_with(index, entry, 1.0, today), [], [entry]), index, today)
        else:
            finding = self._answerer.find(index, question, None, today, item=value)
        return TurnResult(self._settle(conversation, question, finding))

    def _settle(self, conversation: Conversation, question: str, finding: Finding) -> Reply:
        """Remember what the next turn may lean on."""
        state, reply, hits = conversation.state, finding.reply, finding.hits
        state["question"] = question
        if reply.outcome is Outcome.ANSWERED:
            leaning = Leaning.from_state(state)
            for entry in finding.answered:
                leaning = Leaning.after(entry, question, leaning)
            if leaning is not None:
                state.update(leaning.as_state())
            state.pop("told", None)
            state.pop("clarify", None)
            return reply
        if not state.get("entry"):
            state["asked"] = question  # all that the next message can lean on
        state["told"] = [*state.get("told", []), question][-TOLD_KEPT:]
        if reply.outcome is Outcome.CLARIFY:
            rounds = state.get("clarify", {}).get("rounds", 0) + 1
            if rounds > MAX_ROUNDS:
                state.pop("clarify")
                return self._human()
            if rounds > 1 and reply.text != CLARIFY_ENTRY and hits:
                reply.text, reply.options = CLARIFY_ENTRY, entry_options(hits)
            state["clarify"] = {
                "question": question,
                "rounds": rounds,
                "options": [{"id": item.id, "label": item.label} for item in reply.options],
            }
            conversation.phase = Phase.CLARIFYING
        return reply

    def filed(self, conversation: Conversation, number: str, query_code: str, department: str, due: str) -> Reply:
        """The reply once the order is stored: what to keep, and what happens next."""
        self._intake.drop(conversation)
        conversation.state["orders"] = [*conversation.state.get("orders", []), number]
        conversation.state.pop("told", None)
        where = f"已派给{department}办理" if department else "正在等待派单员确认承办单位"
        text = (
            f"您的诉求已登记，{where}，预计{due}前办结。\n请保存工单号和查询码：在“查询进度”里输入查询码和"
            "所留电话的后四位（没有留电话的不用填），就能看到每一步的办理情况。办结后我们会在这里回访您。"
        )
        order = {"number": number, "query_code": query_code, "state_name": "已派单" if department else "待派单"}
        return Reply(Outcome.FILED, text, 1.0, order=order)

    def status(self, orders: list[tuple[str, str]]) -> Reply:
        """The state of orders filed in this conversation: (number, state name)."""
        lines = [f"工单{number}：{state}" for number, state in orders]
        text = "\n".join([*lines, "在“查询进度”里输入查询码和所留电话的后四位，可以看到每一步的办理情况。"])
        return Reply(Outcome.STATUS, text, 1.0)

    def _human(self) -> Reply:
        text = f"人工坐席请拨打{self._hotline}。您也可以在这里登记诉求，工作人员会跟进办理，不需要您选择部门。"
        return Reply(Outcome.SMALLTALK, text, 1.0, options=[FILE_OPTION])


def _unreadable(conversation: Conversation) -> Reply:
    """What a clarification offers stays offered: the buttons stand under the last turn only."""
    pending = conversation.state.get("clarify") if conversation.phase is Phase.CLARIFYING else None
    options = [Option(**row) for row in pending["options"]] if pending else []
    return Reply(Outcome.INVALID, UNREADABLE, options=options, expects="option" if options else "text")


def append(conversation: Conversation, text: str, reply: Reply, now: datetime) -> Turn:
    """Add a turn with this reply to the conversation."""
    turn = Turn(len(conversation.turns) + 1, now, text, reply.outcome, reply.as_dict())
    conversation.turns.append(turn)
    return turn
