"""未答问题 repository: what citizens asked is encrypted at rest, like the turns it was said in."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, select

from casework.errors import Conflict, NotFound
from knowledge.unanswered import UnansweredQuestion, VainOutcome, VainState
from storage.columns import storable
from storage.knowledge_tables import unanswered_questions as table
from storage.secrets import InstanceSecrets
from storage.statements import exists_id, insert

MISSING = "没有找到其中的未答问题，请刷新后重试。"
SETTLED = "其中有问题刚刚已被其他人处理，请刷新后重试。"


class SqlUnansweredQuestions:
    """未答问题 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection, self._secrets = connection, secrets

    def put(self, question: UnansweredQuestion) -> None:
        fresh = {
            "text": self._secrets.encrypt(storable(question.text)),
            "outcome": question.outcome.value,
            "at": question.at,
            "state": question.state.value,
            "entry_id": question.entry_id,
        }
        key = {"conversation_id": question.conversation_id, "turn": question.turn}
        statement = insert(self._connection, table).values(**key, **fresh)
        question.id = self._connection.execute(
            statement.on_conflict_do_update(index_elements=list(key), set_=fresh).returning(table.c.id)
        ).scalar_one()

    def of_turn(self, conversation_id: str, turn: int) -> UnansweredQuestion | None:
        wanted = select(table).where(table.c.conversation_id == conversation_id, table.c.turn == turn)
        row = self._connection.execute(wanted).first()
        return None if row is None else self._question(row)

    def in_state(self, state: VainState, limit: int) -> Sequence[UnansweredQuestion]:
        newest = select(table).where(table.c.state == state.value).order_by(table.c.at.desc(), table.c.id.desc())
        return [self._question(row) for row in self._connection.execute(newest.limit(limit))]

    def count(self, state: VainState) -> int:
        wanted = select(func.count()).select_from(table).where(table.c.state == state.value)
        return self._connection.execute(wanted).scalar_one()

    def of_ids(self, ids: Sequence[int]) -> Sequence[UnansweredQuestion]:
        known = sorted({number for number in ids if exists_id(number)})
        rows = self._connection.execute(select(table).where(table.c.id.in_(known)).order_by(table.c.id)).all()
        if len(rows) != len(set(ids)):
            raise NotFound(MISSING)
        return [self._question(row) for row in rows]

    def settle(self, ids: Sequence[int], state: VainState, entry_id: str = "") -> None:
        wanted = {number for number in ids if exists_id(number)}
        open_ones = table.c.id.in_(wanted), table.c.state == VainState.OPEN.value
        written = self._connection.execute(
            table.update().where(*open_ones).values(state=state.value, entry_id=entry_id)
        )
        if written.rowcount != len(set(ids)):
            raise Conflict(SETTLED)

    def _question(self, row: Row) -> UnansweredQuestion:
        return UnansweredQuestion(
            conversation_id=row.conversation_id,
            turn=row.turn,
            text=self._secrets.decrypt(row.text),
            outcome=VainOutcome(row.outcome),
            at=row.at,
            state=VainState(row.state),
            entry_id=row.entry_id,
            id=row.id,
        )
