"""试算凭证: what shows that exactly these rules were tried against those in force. Signed, so that nothing need be kept."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from casework.errors import InvalidInput
from casework.ports import Clock

VALID = timedelta(hours=1)
AHEAD = timedelta(minutes=5)
"""How far the clocks of two servers may differ."""
NOT_TRIED = "not_tried"
"""Code of the refusal."""


class TrialProofs:
    """试算凭证: issued after a trial, asked for by saving."""

    def __init__(self, key: str, clock: Clock) -> None:
        self._signer, self._clock = URLSafeSerializer(key, salt="rule-trial"), clock

    def issue(self, rows: Sequence[object], version: int) -> str:
        """For rules that were just tried against `version`."""
        told = self._signer.dumps([_digest(rows), version, self._clock.now().isoformat()])
        return told if isinstance(told, str) else told.decode()

    def check(self, proof: str, rows: Sequence[object], version: int) -> None:
        """Raises: InvalidInput (code "not_tried") unless `proof` is of exactly these rules against `version`, within the hour."""
        if not proof:
            raise _refusal("这份规则还没有试算。请先试算，再保存")
        try:
            digest, against, at = self._signer.loads(proof)
            age = self._clock.now() - datetime.fromisoformat(at)
        except (BadSignature, ValueError, TypeError):
            raise _refusal("试算凭证无效。请重新试算，再保存") from None
        if digest != _digest(rows):
            raise _refusal("试算后规则又有改动。请重新试算，再保存")
        if against != version:
            raise _refusal("试算后现行规则已换了版本。请重新试算，再保存")
        if not -AHEAD <= age <= VALID:
            raise _refusal("试算已超过一小时。请重新试算，再保存")


def _refusal(why: str) -> InvalidInput:
    return InvalidInput(f"规则没有保存：{why}。", NOT_TRIED)


def _digest(rows: Sequence[object]) -> str:
    told = json.dumps(list(rows), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
