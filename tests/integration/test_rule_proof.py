"""试算凭证: it holds for the very rules that were tried, on the version they were tried against, for an hour."""

from datetime import UTC, datetime, timedelta

import pytest

from api.services.rule_proof import NOT_TRIED, TrialProofs
from casework.errors import InvalidInput
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ROWS = [{"id": "r1", "when": {"any_terms": ["停水"]}, "then": {"department": "water"}, "note": "供水"}]


def refused(proofs: TrialProofs, proof: str, rows: list = ROWS, version: int = 3) -> str:
    with pytest.raises(InvalidInput) as caught:
        proofs.check(proof, rows, version)
    assert caught.value.code == NOT_TRIED and caught.value.message.startswith("规则没有保存")
    return caught.value.message


@pytest.mark.parametrize("minutes", [-4, 0, 59, 60])
def test_it_holds_for_an_hour(minutes: int) -> None:
    proof = TrialProofs("key", FakeClock(NOW)).issue(ROWS, 3)
    TrialProofs("key", FakeClock(NOW + timedelta(minutes=minutes))).check(proof, ROWS, 3)


@pytest.mark.parametrize("minutes", [-6, 61, 60 * 24 * 365])
def test_then_no_more(minutes: int) -> None:
    proof = TrialProofs("key", FakeClock(NOW)).issue(ROWS, 3)
    assert "超过一小时" in refused(TrialProofs("key", FakeClock(NOW + timedelta(minutes=minutes))), proof)


def test_it_holds_for_the_same_rules_however_their_fields_are_ordered() -> None:
    proofs = TrialProofs("key", FakeClock(NOW))
    proofs.check(proofs.issue(ROWS, 3), [dict(reversed(ROWS[0].items()))], 3)
    proofs.check(proofs.issue([], 0), [], 0)


@pytest.mark.parametrize(
    "rows", [[], [*ROWS, *ROWS], [ROWS[0] | {"note": "供水 "}], [ROWS[0] | {"to": "2026-12-31"}], [None], ["\ud800"]]
)
def test_it_holds_for_no_other_rules(rows: list) -> None:
    proofs = TrialProofs("key", FakeClock(NOW))
    assert "又有改动" in refused(proofs, proofs.issue(ROWS, 3), rows)


def test_the_order_of_the_rules_counts() -> None:
    proofs, other = TrialProofs("key", FakeClock(NOW)), {"id": "r2"}
    assert "又有改动" in refused(proofs, proofs.issue([*ROWS, other], 3), [other, *ROWS])


def test_it_holds_against_no_other_version() -> None:
    proofs = TrialProofs("key", FakeClock(NOW))
    assert "换了版本" in refused(proofs, proofs.issue(ROWS, 3), version=4)


@pytest.mark.parametrize("forged", ["x", "é", "\x00", "a.b.c", "W10.x"])
def test_what_the_server_did_not_sign_proves_nothing(forged: str) -> None:
    proofs = TrialProofs("key", FakeClock(NOW))
    assert "无效" in refused(proofs, forged)
    assert "还没有试算" in refused(proofs, "")
    assert "无效" in refused(proofs, TrialProofs("other key", FakeClock(NOW)).issue(ROWS, 3))
