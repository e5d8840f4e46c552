"""A model of a former version after an upgrade: orders are taken all the same, and wait for a person."""

import json
from pathlib import Path

from casework.appeal import Appeal, AppealType
from casework.events import SYSTEM
from casework.transitions import State
from routing.artifact import FORMAT, MANIFEST
from tests.small_instance import small_instance


def test_an_appeal_is_filed_though_the_model_cannot_be_loaded(tmp_path: Path) -> None:
    from api.services.conversations import ConversationService

    instance = small_instance(tmp_path / "data")
    models = instance.settings.data_dir / "models"
    (models / "old").mkdir(parents=True)
    (models / "old" / MANIFEST).write_text(json.dumps({"format": FORMAT - 1, "id": "old"}), encoding="utf-8")
    (models / "registry.json").write_text(
        json.dumps({"current": "old", "line": ["old"], "verdicts": {}, "history": []}), encoding="utf-8"
    )
    order = ConversationService(instance).file(Appeal(AppealType.COMPLAINT, "自来水从早上停到现在"), SYSTEM)
    assert order.state is State.PENDING_DISPATCH
    assert order.dispatching is not None and order.dispatching.decision == "review"
    assert "请人工派单" in order.dispatching.evidence["reason"]
    instance.engine.dispose()
