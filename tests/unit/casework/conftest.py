import pytest

from tests.unit.casework.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
