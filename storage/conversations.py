"""会话 repository: what citizens say and are told is encrypted at rest, for they say names and phones."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row, Select, select

from assistant.conversation import Conversation, Outcome, Phase, Turn
from casework.errors import Conflict, NotFound
from storage.columns import storable, to_json
from storage.knowledge_tables import conversations as table
from storage.knowledge_tables import turns
from storage.secrets import InstanceSecrets
from storage.statements import batches, insert, save_version


class SqlConversations:
    """会话 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection, self._secrets = connection, secrets

    def add(self, conversation: Conversation) -> None:
        """Raises: Conflict when the id is taken."""
        statement = insert(self._connection, table).values(
            **self._values(conversation),
            id=conversation.id,
            created_at=conversation.created_at,
            channel=conversation.channel,
            version=conversation.version,
        )
        added = self._connection.execute(statement.on_conflict_do_nothing().returning(table.c.id)).first()
        if added is None:
            raise Conflict("会话编号重复，请重新开始会话。")
        self._add_turns(conversation.id, conversation.turns)

    def get(self, conversation_id: str) -> Conversation:
        found = self._read(select(table).where(table.c.id == conversation_id))
        if not found:
            raise NotFound("没有找到这次会话，可能已经结束，请重新开始咨询。")
        return found[0]

    def save(self, conversation: Conversation) -> None:
        conversation.version = save_version(
            self._connection, table, conversation.id, conversation.version, self._values(conversation), "次会话"
        )
        mine = turns.c.conversation_id == conversation.id
        rows = self._connection.execute(select(turns.c.number, turns.c.helpful).where(mine))
        stored = {row.number: row.helpful for row in rows}
        for turn in conversation.turns:
            if turn.number in stored and stored[turn.number] is not turn.helpful:
                self._connection.execute(
                    turns.update().where(mine, turns.c.number == turn.number).values(helpful=turn.helpful)
                )
        self._add_turns(conversation.id, [turn for turn in conversation.turns if turn.number not in stored])

    def versions(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in batches(conversation_ids):
            rows = self._connection.execute(select(table.c.id, table.c.version).where(table.c.id.in_(some)))
            found |= {row.id: row.version for row in rows}
        return found

    def recent(self, limit: int = 50) -> Sequence[Conversation]:
        return self._read(select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit))

    def _values(self, conversation: Conversation) -> dict:
        state = self._secrets.encrypt(to_json(conversation.state))
        return {"phase": conversation.phase.value, "state": state}

    def _add_turns(self, conversation_id: str, new: Sequence[Turn]) -> None:
        rows = [
            {
                "conversation_id": conversation_id,
                "number": turn.number,
                "at": turn.at,
                "outcome": turn.outcome.value,
                "text": self._secrets.encrypt(storable(turn.text)),
                "reply": self._secrets.encrypt(to_json(turn.reply)),
                "helpful": turn.helpful,
            }
            for turn in new
        ]
        if rows:
            self._connection.execute(turns.insert(), rows)

    def _read(self, wanted: Select) -> list[Conversation]:
        found = [self._conversation(row) for row in self._connection.execute(wanted)]
        said = defaultdict(list)
        rows = self._connection.execute(
            select(turns).where(turns.c.conversation_id.in_([item.id for item in found])).order_by(turns.c.number)
        )
        for row in rows:
            said[row.conversation_id].append(self._turn(row))
        return [replace(item, turns=said[item.id]) for item in found]

    def _conversation(self, row: Row) -> Conversation:
        return Conversation(
            id=row.id,
            created_at=row.created_at,
            channel=row.channel,
            phase=Phase(row.phase),
            state=json.loads(self._secrets.decrypt(row.state)),
            version=row.version,
        )

    def _turn(self, row: Row) -> Turn:
        return Turn(
            number=row.number,
            at=row.at,
            text=self._secrets.decrypt(row.text),
            outcome=Outcome(row.outcome),
            reply=json.loads(self._secrets.decrypt(row.reply)),
            helpful=row.helpful,
        )
