"""The file that the tests of copy() copy, as a fixture."""

import pytest
from copy_ends import DATA


@pytest.fixture
def original(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(DATA)
    return path
