"""Subinterpreters, and modes of the interpreter that make warnings errors."""

import subprocess
import sys

import pytest

PYPY = sys.implementation.name == "pypy"

USE = """
import zcio.mmap as mmap, zcio.search
with mmap.mmap(-1, 100000) as m:
    m[50000:50006] = b"needle"
    assert m.find(b"needle", 0) == m.rfind(b"needle") == 50000 and zcio.search.count(m, b"needle") == 1
    view = memoryview(m)
    del view
"""
SUB = """
try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters
run = getattr(interpreters, "exec", None) or interpreters.run_string
import sys
if sys.argv[1] == "first":
    import zcio.mmap
for _ in range(3):
    sub = interpreters.create()
    try:
        told = run(sub, %r)
    except interpreters.RunFailedError as error:
        told = error
    interpreters.destroy(sub)
    print("fine" if told is None else told)
exec(%r)
"""


def output(*command):
    process = subprocess.Popen([sys.executable] + list(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err.decode(errors="replace")[-3000:]
    return out.decode(), err.decode()


@pytest.mark.skipif(PYPY or sys.version_info < (3, 8), reason="no subinterpreters from Python")
@pytest.mark.parametrize("order", ["first", "later"])
def test_subinterpreters_work_or_refuse(order):
    if order == "later" and sys.version_info[:2] == (3, 12):
        pytest.skip("3.12 crashes after any single-phase module was first refused by a subinterpreter")
    out, _ = output("-c", SUB % (USE, USE), order)
    if sys.version_info < (3, 12):
        assert out.split() == ["fine"] * 3
    else:
        # Since 3.12 they have a GIL of their own, and cffi's modules are not made for that.
        assert out.count("does not support loading in subinterpreters") >= 3


@pytest.mark.parametrize("options", [["-bb"], ["-W", "error"], ["-X", "dev", "-W", "error"], ["-OO"], ["-S", "-E"]])
def test_modes(options):
    if "-S" in options:
        import os

        import _cffi_backend

        import zcio

        places = [os.path.dirname(os.path.dirname(os.path.abspath(zcio.__file__)))]
        places.append(os.path.dirname(os.path.abspath(getattr(_cffi_backend, "__file__", None) or places[0])))
        code = "import sys; sys.path += %r\n%s" % (places, USE)
    else:
        code = USE
    if "dev" in options and (PYPY or sys.version_info < (3, 7)):
        pytest.skip("no -X dev")
    assert output(*options + ["-c", code]) == ("", "")
