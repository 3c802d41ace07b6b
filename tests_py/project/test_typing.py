"""The program that the type checkers read (tox environments typing-*) does at run time what its annotations say."""

import os
import subprocess
import sys

from places import ROOT

PROGRAM = os.path.join(ROOT, "tests_py", "typing", "program.py")


def test_the_typed_program_runs():
    assert subprocess.check_output([sys.executable, "-W", "error", PROGRAM]).startswith(b"zcio ")
