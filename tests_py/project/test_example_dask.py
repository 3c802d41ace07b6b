"""The Dask example, with a real cluster of processes."""

import os
import subprocess
import sys

import pytest
from places import EXAMPLES

pytest.importorskip("distributed")

EXAMPLE = os.path.join(EXAMPLES, "shards_dask.py")


def test_workers_count_as_one_process_does(tmp_path):
    text = b"".join(b"%d needle in line %d\n" % (number, number) for number in range(50000))
    path = tmp_path / "lines"
    path.write_bytes(text)
    out = subprocess.check_output([sys.executable, EXAMPLE, str(path), "needle", "2"], timeout=120)
    assert out.decode().strip() == "50000 in 8 parts"
