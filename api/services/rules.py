"""派单规则服务: the rules in force, their history, the checks and the trial before saving."""

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from api.instance import Instance, today
from api.services.order_views import EXCERPT
from api.services.rule_proof import TrialProofs
from api.services.rule_views import history_view, trial_view
from casework.appeal import AppealType, Urgency
from casework.errors import Conflict, InvalidInput
from casework.masking import mask_text
from casework.organisation.department import Department
from casework.ports import WorkOrderFilter
from casework.transitions import State
from casework.work_order import WorkOrder
from routing.artifact import ArtifactError
from routing.decision import DispatchDecision
from routing.model import UNNAMED
from routing.rule_checks import RuleProblem, check_rules, errors_of
from routing.rule_trial import MOST, Trial, TrialOrder, try_rules
from routing.rule_versions import CONFLICT, RuleVersion
from routing.rules import Rules, read_rows
from storage.unit_of_work import UnitOfWork
from storage.work_orders import SETTLED

logger = logging.getLogger(__name__)
LAST = 500
"""Orders of a trial where nothing else is asked."""
NEVER_DISPATCHED = (State.REJECTED, State.EMERGENCY_TRANSFERRED, State.ANSWERED)
LOOKED_AT = tuple(state for state in State if state not in NEVER_DISPATCHED)
_PAGE = 500
_HISTORY = 50


class RuleService:
    """派单规则服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    @property
    def _proofs(self) -> TrialProofs:
        return TrialProofs(self._instance.secrets.session_key, self._instance.clock)

    def current(self) -> dict:
        """Rules of docs/api.md."""
        with self._instance.unit() as work:
            saved = work.rule_versions.newest()
        rows, unreadable = (saved.rules, None) if saved else self._of_file()
        problems = [unreadable] if unreadable else self.check(rows)
        return {
            "version": saved.number if saved else 0,
            "at": saved.at if saved else None,
            "by": saved.actor if saved else "",
            "note": saved.note if saved else "",
            "source": "database" if saved else "file" if self._instance.rules_file.is_file() else "none",
            "rules": rows,
            "problems": [problem.as_dict() for problem in problems],
            "choices": {
                "types": list(AppealType),
                "urgencies": list(Urgency),
                "districts": self._instance.city.districts,
                "categories": _with_levels(self._categories()),
            },
        }

    def history(self) -> Sequence[dict]:
        """Versions with what each changed, newest first."""
        with self._instance.unit() as work:
            versions = work.rule_versions.list(_HISTORY + 1)
        before = [*versions[1:], None] if len(versions) <= _HISTORY else versions[1:]
        return [history_view(version, former) for version, former in zip(versions, before, strict=False)]

    def check(self, rows: Sequence[object]) -> list[RuleProblem]:
        """What is wrong with rules as parsed JSON."""
        with self._instance.unit() as work:
            departments = work.departments.all(active_only=False)
        return check_rules(rows, departments, self._instance.city.districts, self._categories(), today())

    def trial(self, rows: Sequence[object], last: int = LAST) -> tuple[Trial, str]:
        """What the rules would have changed on the newest `last` orders (1–2000), and the proof that saving asks for.

        Raises: InvalidInput.
        """
        if not 1 <= last <= MOST:
            raise InvalidInput(f"试算的工单数应为1至{MOST}。")
        with self._instance.unit() as work:
            saved = work.rule_versions.newest()
            orders = [_tried(order) for order in islice(_newest(work), last)]
        # A file that nobody can read sends everything to a person, as one broken row does.
        rows_now, unreadable = (saved.rules, None) if saved else self._of_file()
        under = self._instance.router().under()
        day = today()

        def decide(rules: Rules, orders: Sequence[TrialOrder]) -> Sequence[DispatchDecision]:
            told = [(order.text, order.type, order.district, order.place) for order in orders]
            return under(rules).decide_all(told, day)

        trial = try_rules([None] if unreadable else rows_now, rows, orders, decide)
        return trial, self._proofs.issue(rows, saved.number if saved else 0)

    def try_checked(self, rows: Sequence[object], last: int) -> dict:
        """{"problems", "trial", "proof"}; rules with an error are not tried (None)."""
        problems = self.check(rows)
        told: dict = {"problems": [problem.as_dict() for problem in problems], "trial": None, "proof": None}
        if errors_of(problems):
            return told
        trial, proof = self.trial(rows, last)
        return told | {"trial": trial_view(trial, self._departments()), "proof": proof}

    def save(self, rows: Sequence[object], note: str, version: int, by: str, proof: str) -> dict:
        """Put the rules in force, in the place of `version` (0: of none or the file). `proof` is that of their trial.

        Raises: InvalidInput (an error, no note, not tried), Conflict (somebody else saved meanwhile).
        """
        self._store(rows, note, version, by, lambda: self._proofs.check(proof, rows, version))
        return self.current()

    def restore(self, version: int, note: str, by: str) -> dict:
        """Save a former version's rules anew, untried: they were in force, and going back must be quick. Raises: NotFound; see
        `save`."""
        with self._instance.unit() as work:
            former = work.rule_versions.get(version)
            newest = work.rule_versions.newest_number()
        self._store(former.rules, f"恢复第{version}版：{note.strip()}" if note.strip() else "", newest, by)
        return self.current()

    def _store(
        self,
        rows: Sequence[object],
        note: str,
        version: int,
        by: str,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        note = note.strip()
        if not note:
            raise InvalidInput("请填写修改说明，以后查得到为什么这样改。")
        self._refuse_errors(rows)
        with self._instance.unit() as work:
            if work.rule_versions.newest_number() != version:
                raise Conflict(CONFLICT)
            check()
            work.rule_versions.add(RuleVersion(version + 1, self._instance.clock.now(), by, note, _dicts(rows)))
            work.commit()

    def _refuse_errors(self, rows: Sequence[object]) -> None:
        errors = errors_of(self.check(rows))
        if errors:
            more = f"（共{len(errors)}处错误）" if len(errors) > 1 else ""
            place = f"第{errors[0].row}条：" if errors[0].row else ""
            raise InvalidInput(f"规则没有保存。{place}{errors[0].message}{more}")

    def _of_file(self) -> tuple[list, RuleProblem | None]:
        try:
            return read_rows(self._instance.rules_file), None
        except (OSError, ValueError) as error:
            return [], RuleProblem(0, "", "", f"规则文件 rules.json 无法读取：{error}。在此保存后以这里的规则为准。")

    def _departments(self) -> dict[str, Department]:
        with self._instance.unit() as work:
            return {department.code: department for department in work.departments.all(active_only=False)}

    def _categories(self) -> list[str]:
        """Paths that the model may predict, or that the city's taxonomy knows."""
        try:
            manifest = self._instance.router().manifest
        except ArtifactError as error:
            # The rules must stay manageable while the model is not.
            logger.error("the routing model cannot be used: %s", error.message)
            manifest = None
        predicted = [name for name in manifest.categories if not name.startswith(UNNAMED)] if manifest else []
        return sorted({*predicted, *(node.path for node in self._instance.taxonomy)})


def _newest(work: UnitOfWork) -> Iterator[WorkOrder]:
    """Orders that some department has handled or is to handle, newest first."""
    offset = 0
    while True:
        orders, _ = work.work_orders.list(WorkOrderFilter(states=LOOKED_AT), _PAGE, offset)
        # What was answered directly has gone on to its callback without any department.
        yield from (order for order in orders if order.lead_department or order.state not in SETTLED)
        offset += _PAGE
        if len(orders) < _PAGE:
            return


def _tried(order: WorkOrder) -> TrialOrder:
    names = (order.requester.name, order.requester.phone)
    return TrialOrder(
        number=order.number,
        text=order.text,
        type=order.type.value,
        district=order.district,
        place=order.elements.place,
        settled=order.lead_department if order.state in SETTLED else "",
        excerpt="" if order.confidential else mask_text(order.text, names)[:EXCERPT],
        confidential=order.confidential,
    )


def _dicts(rows: Sequence[object]) -> list[dict]:
    """Rows without an error are all objects."""
    return [row for row in rows if isinstance(row, dict)]


def _with_levels(paths: Sequence[str]) -> list[str]:
    """The paths and every level above them, in order."""
    found = set()
    for path in paths:
        names = path.split("/")
        found |= {"/".join(names[: i + 1]) for i in range(len(names))}
    return sorted(found)
