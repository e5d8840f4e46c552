"""示范市近况: the last three weeks of the demonstration city, so that its console has something to show. All of it is made up: people,
ratings, places; every step is taken by the real use cases, with a clock that stands in the past."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import demo
from api.instance import Instance
from api.services.splitting import dispatching_of
from casework.appeal import Appeal, AppealType, Requester
from casework.callback.follow_up import answer_callback, begin_callback, expire_callback
from casework.events import SYSTEM, Actor
from casework.filing import dispatch, file_appeal
from casework.handling.handling import Action, act
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from routing.decision import DispatchDecision
from storage.unit_of_work import UnitOfWork

DAYS = 21
ORDERS = 240
SEED = 12345
BURST = (
    "石桥街道纺织新村从昨晚开始停水，到现在一滴都没有",
    "我们石桥路这边停水一天了，也没有通知，做饭都成问题",
    "石桥街道整片停水，老人孩子没水喝，什么时候能来水",
    "家住石桥社区，自来水停了，打供水电话一直占线",
    "石桥路12号楼停水，水龙头打开只有气，请尽快抢修",
    "石桥街道今天又停水，是不是水管爆了，没人告诉我们",
    "纺织社区停水已经十几个小时，能不能安排送水车",
    "石桥街道停水，小饭馆没法营业，损失谁来管",
    "早上起来发现停水，石桥路一带邻居家都没有水",
    "石桥社区停水，通知说中午恢复，到晚上还没有来",
)
"""A spike for the hot topics, within the last day."""
COMMENTS = {
    1: ("根本没有人处理", "打了三次电话没有结果", "答复都是套话"),
    2: ("还是老样子", "说了时间没有来", "只解决了一半"),
    3: ("慢了一点", ""),
    4: ("", "处理得可以", "师傅态度不错"),
    5: ("", "很快就办好了", "谢谢"),
}
REASON_TAGS = ("未联系", "超期", "未解决", "态度", "答复不清")
AGENT, DISPATCHER = Actor("agent", Role.AGENT), Actor("dispatcher", Role.DISPATCHER)


class _Clock:
    """时钟 that stands where it was set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def go_on(self, hours: float) -> None:
        self.at += timedelta(hours=hours)


def seed_activity(instance: Instance) -> int:
    """Add the three weeks that end now; returns how many orders. Needs the departments and, to dispatch well, a model."""
    chance, now = random.Random(SEED), instance.clock.now()
    rows = list(_rows(chance))
    decisions = _decisions(instance, [row["text"] for row in rows])
    with instance.unit() as work:
        for row, decision in zip(rows, decisions, strict=True):
            at = now - row["age"]
            _Course(instance, work, chance, _Clock(at), now).run(row, decision)
        work.commit()
    return len(rows)


def _rows(chance: random.Random) -> Iterator[dict]:
    """Appeals with the answers they got, oldest first: {"type", "text", "reply", "closing_kind", "faults", "age"}."""
    written = [json.loads(line) for path in demo.replies() for line in path.read_text(encoding="utf-8").splitlines()]
    chosen = chance.sample([row for row in written if row["type"] in set(AppealType)], ORDERS)
    ages = sorted((chance.uniform(0.05, DAYS) for _ in chosen), reverse=True)
    for row, age in zip(chosen, ages, strict=True):
        faults = len(row["findings"])
        yield {name: row[name] for name in ("type", "text", "reply", "closing_kind")} | {
            "faults": faults,
            "age": timedelta(days=age),
        }
    for number, text in enumerate(BURST):
        hours = timedelta(hours=20 - 1.9 * number)
        yield {"type": "求助", "text": text, "reply": "", "closing_kind": "", "faults": 0, "age": hours}


def _decisions(instance: Instance, texts: list[str]) -> list[DispatchDecision]:
    router = instance.router()
    return [router.decide(text, "", instance.places.locate(text).district) for text in texts]


@dataclass
class _Course:
    """One order's way until now, as far as it got."""

    instance: Instance
    work: UnitOfWork
    chance: random.Random
    clock: _Clock
    end: datetime

    def run(self, row: dict, decision: DispatchDecision) -> None:
        order = self._file(row, decision)
        if not order.lead_department:
            return
        department = Actor("department", Role.DEPARTMENT, order.lead_department)
        if not self._later(0.3, 6):
            return
        order = self._act(order, department, "sign")
        if not row["reply"] or not self._later(6, 110):
            return
        order = self._act(
            order, department, "reply", reply=row["reply"], without_support=True, reason="协办意见后续补充"
        )
        if not self._later(1, 20):
            return
        order = self._act(order, AGENT, "close", closing_kind=row["closing_kind"])
        if self._later(2, 60):
            self._called_back(order, row["faults"])

    def _file(self, row: dict, decision: DispatchDecision) -> WorkOrder:
        kind = AppealType(row["type"])
        phone = f"1390000{self.chance.randrange(10_000):04d}"
        appeal = Appeal(
            kind,
            row["text"],
            requester=Requester("", phone),
            district=self.instance.places.locate(row["text"]).district,
            channel=self.chance.choice(("web", "phone", "phone")),
        )
        dispatching = dispatching_of(decision)
        rules = self.instance.rules
        order = file_appeal(self.work, appeal, dispatching, decision.category, rules, self.clock, SYSTEM)
        if order.state is State.PENDING_DISPATCH and self._later(0.1, 3) and self._chosen(dispatching):
            event = dispatch(order, self._chosen(dispatching), DISPATCHER, rules, self.clock)
            self.work.events.append(event)
            self.work.work_orders.save(order)
        return order

    @staticmethod
    def _chosen(dispatching: Dispatching) -> str:
        """What a dispatcher would take: the first candidate; nobody's appeals wait."""
        first = dispatching.candidates[0]["department"] if dispatching.candidates else ""
        return first if first.isascii() else ""

    def _act(self, order: WorkOrder, by: Actor, name: str, **what: object) -> WorkOrder:
        action = Action(name, order.version, **what)  # type: ignore[arg-type]
        return act(self.work, order.id, action, by, self.instance.rules, self.clock)

    def _called_back(self, order: WorkOrder, faults: int) -> None:
        rules = self.instance.rules
        callback = self.work.callbacks.of(order.id)[-1]
        if begin_callback(self.work, callback.id, rules, self.clock) is None:
            return
        if not self._later(0.5, 30):
            return
        if self.chance.random() < 0.1:
            self.clock.at = callback.expires_at
            if self.clock.at < self.end:
                expire_callback(self.work, callback.id, self.clock)
            return
        weights = (1, 2, 12, 40, 45) if not faults else (18, 30, 30, 17, 5)
        rating = self.chance.choices((1, 2, 3, 4, 5), weights)[0]
        tags = self.chance.sample(REASON_TAGS, 1) if rating < 3 else ()
        comment = self.chance.choice(COMMENTS[rating])
        contacted, resolved = self.chance.random() < 0.9, rating > 2 and self.chance.random() < 0.95
        answers = contacted, resolved, rating, comment
        order, _ = answer_callback(self.work, callback.id, *answers, rules, self.clock, tags, AGENT)
        if order.state is State.REWORK and self.chance.random() < 0.85:
            self._done_again(order)

    def _done_again(self, order: WorkOrder) -> None:
        """重办: the citizen is contacted, and the same department does better."""
        former = Actor("department", Role.DEPARTMENT, order.lead_department)
        if not self._later(0.5, 7):
            return
        order = self._act(order, AGENT, "contact", reason="已电话联系诉求人，核实未解决的部分，告知重新办理的安排。")
        order = self._act(order, DISPATCHER, "dispatch", department=order.lead_department)
        if not self._later(0.5, 4):
            return
        order = self._act(order, former, "sign")
        if self._later(24, 120):
            reply = "经复核，上次办理确有遗漏。本单位已安排专人到场，当面与您确认了处理结果，问题已经处理完毕。"
            order = self._act(order, former, "reply", reply=reply, without_support=True, reason="协办意见后续补充")
            self._act(order, AGENT, "close", closing_kind="已解决")

    def _later(self, least: float, most: float) -> bool:
        """Some hours later; False when that is still to come."""
        self.clock.go_on(self.chance.uniform(least, most))
        return self.clock.at < self.end
