"""What owns native memory works in the ``__del__`` of a cycle: the garbage collector does not free it before."""

import os
import subprocess
import sys

import pytest

CHILD = os.path.join(os.path.dirname(__file__), "cycle_child.py")


@pytest.mark.parametrize("name", ["pipe", "view", "pool", "finder", "pattern", "guarded", "splicer"])
def test_using_an_object_in_the_del_of_a_cycle(name):
    child = subprocess.run([sys.executable, CHILD, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert (child.returncode, child.stdout.strip(), child.stderr) == (0, b"done", b"")
