"""Contract of the rule versions: added one after the other, never changed; of two who save at once one is told."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from casework.errors import Conflict, NotFound
from routing.rule_versions import RuleVersion
from tests.integration.storage.conftest import NOW, Backend

RULE = {
    "id": "供热季",
    "when": {"any_terms": ["暖气", "供热"], "district": "云湖区"},
    "then": {"department": "grgs", "supporting": ["zjj"], "review": False},
    "from": "2026-11-15",
    "to": None,
    "note": "'; --",
}
FIRST = RuleVersion(1, NOW, "admin", "供热季开始", [RULE])


def add(backend: Backend, *versions: RuleVersion) -> None:
    with backend.unit() as unit:
        for version in versions:
            unit.rule_versions.add(version)
        unit.commit()


def test_before_the_first_there_is_none(backend: Backend) -> None:
    with backend.unit() as unit:
        assert unit.rule_versions.newest_number() == 0
        assert unit.rule_versions.newest() is None
        assert unit.rule_versions.list() == []
        for number in (0, 1, -1, 2**70):
            with pytest.raises(NotFound):
                unit.rule_versions.get(number)


def test_versions_are_kept_as_they_were_written_newest_first(backend: Backend) -> None:
    second = RuleVersion(2, NOW, "admin", "全部停用")
    add(backend, FIRST, second)
    with backend.unit() as unit:
        assert unit.rule_versions.newest() == second and unit.rule_versions.newest_number() == 2
        assert unit.rule_versions.get(1) == FIRST
        assert list(unit.rule_versions.list()) == [second, FIRST]
        assert list(unit.rule_versions.list(1)) == [second]


@pytest.mark.parametrize("number", [0, 1, 3, -1])
def test_a_version_that_does_not_follow_the_newest_is_refused(backend: Backend, number: int) -> None:
    add(backend, FIRST)
    with pytest.raises(Conflict, match="刚刚被其他人修改过"), backend.unit() as unit:
        unit.rule_versions.add(replace(FIRST, number=number))
    with backend.unit() as unit:
        assert list(unit.rule_versions.list()) == [FIRST]


def test_of_many_who_save_at_once_exactly_one_wins(backend: Backend) -> None:
    add(backend, FIRST)

    def save(number: int) -> bool:
        try:
            with backend.unit() as unit:
                seen = unit.rule_versions.newest_number()
                time.sleep(0.05)  # so that all have read before the first writes
                unit.rule_versions.add(RuleVersion(seen + 1, NOW, str(number), "并发"))
                unit.commit()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(save, range(4)))
    with backend.unit() as unit:
        kept = unit.rule_versions.list()
    assert len(kept) == 1 + sum(won) and sum(won) >= 1
    assert [version.number for version in kept] == list(range(len(kept), 0, -1))
