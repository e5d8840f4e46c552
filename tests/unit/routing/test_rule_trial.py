from collections.abc import Sequence
from datetime import date

from routing.artifact import read_artifact
from routing.decision import DispatchDecision, Router
from routing.demands import Demand, DemandSplitter
from routing.duties import Duties
from routing.known_predictions import KnownDemands, KnownPredictions
from routing.predictor import Prediction, Predictor
from routing.rule_trial import Trial, TrialOrder, try_rules
from routing.rules import Rules
from tests.small_city import DEPARTMENTS, small_encoder
from training.routing_training import Trained

WATER, LAMP, TEACHER = "自来水从早上停到现在，一滴都没有", "路灯坏了一个月，黑灯瞎火的", "老师在群里骂学生"
OLD = {"id": "old", "when": {"any_terms": ["老师"]}, "then": {"department": "school"}, "note": "师德"}
NEW = {"id": "new", "when": {"any_terms": ["自来水"]}, "then": {"department": "street", "supporting": ["water"]}}
IDLE = {"id": "idle", "when": {"any_terms": ["外星人"]}, "then": {"department": "street"}}
ORDERS = [
    TrialOrder("1", WATER, "投诉", settled="water", excerpt="自来水"),
    TrialOrder("2", LAMP, "投诉", settled="street", excerpt="路灯"),
    TrialOrder("3", TEACHER, "举报", confidential=True),
    TrialOrder("4", "自来水厂的路灯", settled="street"),
    TrialOrder("5", "😀"),
]


class Said(Predictor):
    """The real model, counting what it is asked."""

    def __init__(self, predictor: Predictor) -> None:
        vars(self).update(vars(predictor))
        self.asked: list[str] = []

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        self.asked += texts
        return super().predict(texts)


class Searched(DemandSplitter):
    """The real splitter, noting what it is asked."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__(predictor)
        self.asked: list[str] = []

    def split_all(self, texts: Sequence[str]) -> list[list[Demand]]:
        self.asked += texts
        return super().split_all(texts)


def attempt(
    trained: Trained,
    before: list,
    after: list,
    predictor: Predictor | None = None,
    splitter: DemandSplitter | None = None,
) -> Trial:
    encoder = small_encoder()
    model = predictor or Predictor(read_artifact(trained.folder), encoder)
    duties = Duties(DEPARTMENTS, encoder)
    under = Router(model, duties, Rules.of([OLD]), DEPARTMENTS, splitter=splitter).under()

    def decide(rules: Rules, orders: Sequence[TrialOrder]) -> Sequence[DispatchDecision]:
        appeals = [(order.text, order.type, order.district) for order in orders]
        return under(rules).decide_all(appeals, date(2026, 11, 21))

    return try_rules(before, after, ORDERS, decide)


def test_the_same_rules_change_nothing(trained: Trained) -> None:
    trial = attempt(trained, [OLD], [OLD])
    assert (trial.orders, trial.changed, trial.confidential, trial.settled) == (5, 0, 1, 3)
    assert trial.right_before == trial.right_after and trial.auto_before == trial.auto_after
    assert trial.hits == trial.hits_before == {"old": 1}


def test_what_changes_and_whether_it_became_right_or_wrong(trained: Trained) -> None:
    trial = attempt(trained, [OLD], [OLD, NEW, IDLE])
    assert trial.hits == {"old": 1, "new": 2, "idle": 0}
    rows = {row.order.number: row for row in trial.rows}
    assert rows.keys() == {"1", "4"}
    assert rows["1"].verdict == "wrong" and trial.rows[0] is rows["1"]
    assert (rows["1"].before.department, rows["1"].before.rule) == ("water", "")
    assert (rows["1"].after.department, rows["1"].after.decision, rows["1"].after.rule) == ("street", "auto", "new")
    assert rows["1"].after.supporting == ("water",)
    assert rows["4"].after.department == "street" and rows["4"].verdict in ("", "right")
    assert trial.right_after - trial.right_before == trial.became_right - trial.became_wrong


def test_a_rule_that_goes_changes_its_orders_back(trained: Trained) -> None:
    trial = attempt(trained, [OLD, NEW], [OLD])
    assert {row.order.number for row in trial.rows} == {"1", "4"}
    (first,) = [row for row in trial.rows if row.order.number == "1"]
    assert first.verdict == "right" and first.before.rule == "new" and first.after.rule == ""


def test_another_rule_with_the_same_effect_is_no_change(trained: Trained) -> None:
    renamed = NEW | {"id": "other", "note": "换个名字"}
    trial = attempt(trained, [NEW], [renamed])
    assert trial.changed == 0 and trial.hits == {"other": 2} and trial.hits_before == {"new": 2}


def test_a_broken_list_sends_everything_to_a_person(trained: Trained) -> None:
    trial = attempt(trained, [None], [OLD])
    assert trial.auto_before == 0 and trial.auto_after >= 1
    assert "3" in {row.order.number for row in trial.rows}


def test_every_text_is_predicted_once(trained: Trained) -> None:
    model = Said(Predictor(read_artifact(trained.folder), small_encoder()))
    attempt(trained, [OLD], [OLD, NEW], model)
    assert sorted(model.asked) == sorted(order.text for order in ORDERS if order.number != "5")


def test_remembered_predictions_are_the_models_own(trained: Trained) -> None:
    model = Predictor(read_artifact(trained.folder), small_encoder())
    known = KnownPredictions(model)
    told = known.predict([WATER, LAMP, WATER])
    assert [one.label for one in told] == [one.label for one in model.predict([WATER, LAMP, WATER])]
    assert known.predict([LAMP])[0] is told[1] and known.predict([]) == []
    assert known.manifest is model.manifest


def test_several_demands_are_looked_for_once_and_never_where_a_rule_decides(trained: Trained) -> None:
    splitter = Searched(Predictor(read_artifact(trained.folder), small_encoder()))
    attempt(trained, [OLD], [OLD, NEW], splitter=splitter)
    assert sorted(splitter.asked) == sorted([WATER, LAMP, "自来水厂的路灯"]), (
        "a rule decides of the teacher in both lists"
    )


def test_remembered_demands_are_the_splitters_own(trained: Trained) -> None:
    splitter = Searched(Predictor(read_artifact(trained.folder), small_encoder()))
    known = KnownDemands(splitter)
    two = "自来水从早上停到现在，一滴都没有。另外老师在群里骂学生，家长看不下去。"
    told = known.split_all([two, LAMP, two])
    own = splitter.split_all([two, LAMP, two])
    assert [[part.text for part in one] for one in told] == [[part.text for part in one] for one in own]
    assert len(told[0]) == 2 and told[0] is told[2]
    before = len(splitter.asked)
    assert known.split(LAMP) is told[1] and known.split_all([]) == []
    assert len(splitter.asked) == before
