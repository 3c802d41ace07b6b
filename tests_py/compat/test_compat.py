"""``python -m zcio compat``: its output and exit status, with zcio as it is and with a mistake put into it."""

import json
import subprocess
import sys

import pytest

from zcio.compat import mismatch, mmap_parties, reproducer, stdlib_suite
from zcio.compat.mismatch import Mismatch
from zcio.compat.mmap_machine import MmapMachine
from zcio.compat.mmap_strategies import Content, Opening

MISTAKE = """
import sys, zcio.mmap
original = zcio.mmap.mmap.seek
def seek(self, *args):
    original(self, *args)
zcio.mmap.mmap.seek = seek
"""
WITHOUT_HYPOTHESIS = "import sys; sys.modules['hypothesis'] = None\n"
MAIN = "\nfrom zcio.cli import main\nsys.exit(main(sys.argv[1:]))"


def compat(*arguments, **options):
    command = [sys.executable, "-c", options.pop("before", "import sys") + MAIN, "compat"] + list(arguments)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    out, err = process.communicate(timeout=250)
    return process.returncode, out.decode(), err.decode()


def test_all_is_well(tmp_path):
    path = tmp_path / "report.json"
    status, out, error = compat("mmap", "--examples", "20", "--seed", "1", "--json", str(path), cwd=str(tmp_path))
    assert status == 0, out + error
    assert out.splitlines()[0].endswith(", seed 1")
    assert "undocumented differences: none" in out and "class-name [everywhere; " in out
    assert "mmap: 20 of 20 examples" in error
    report = json.loads(path.read_text())
    assert report["ok"] and report["seed"] == 1 and [thing["name"] for thing in report["things"]] == ["mmap"]
    thing = report["things"][0]
    assert thing["examples"] >= 20 and thing["steps"] > 100 and thing["operations"]["mmap"] > 20
    assert thing["exceptions"]["ValueError"] and thing["differences"] == [] and thing["suites"] == []
    assert all(entry["what"] and entry["why"] for entry in thing["documented"] + thing["changed"])
    assert bool(thing["changed"]) == (sys.implementation.name == "cpython")
    assert [str(entry.name) for entry in tmp_path.iterdir()] == ["report.json"], "litter"


def test_a_mistake_is_shown_with_a_program(tmp_path):
    arguments = ("mmap", "--examples", "30", "--json", "-", "--seed", "3")
    status, out, error = compat(*arguments, before=MISTAKE, cwd=str(tmp_path))
    assert status == 1, out + error
    assert "THERE ARE UNDOCUMENTED DIFFERENCES" in error and "DIFFERENCE 1" in error
    differences = json.loads(out)["things"][0]["differences"]
    assert any("zcio: seek(" in difference["text"] for difference in differences), differences
    for difference in differences:
        program = difference["reproducer"]
        assert "state.teardown()" in program and program.startswith("from zcio.compat.")
        # The program fails with the mistake, and only with it.
        assert subprocess.call([sys.executable, "-c", MISTAKE + program], stderr=subprocess.DEVNULL) == 1
        subprocess.check_call([sys.executable, "-c", program])


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy's own class is not compared")
def test_the_interpreters_own_is_compared(monkeypatch):
    class Odd(mmap_parties.StdlibMmap):
        def read_byte(self):
            return 0

    monkeypatch.setattr(mmap_parties, "StdlibMmap", Odd)
    state = MmapMachine()
    state.first(opening=Opening((-1, 10), {}, content=Content(b"a", [])))
    state.fill(content=Content(b"a", []))
    with pytest.raises(Mismatch) as caught:
        state.read_some(at=None, name="read_byte")
    assert str(caught.value).startswith("stdlib: read_byte()")
    state.drop()


def test_a_suite(tmp_path):
    if not stdlib_suite.available("mmap"):
        pytest.skip("this interpreter comes without its test package")
    arguments = ("mmap", "--examples", "5", "--suite", "--json", "-")
    report = json.loads(compat(*arguments, cwd=str(tmp_path))[1])
    (suite,) = report["things"][0]["suites"]
    assert suite["module"] == "test.test_mmap" and suite["passed"] >= 25 and suite["deviations"] == []


def test_without_hypothesis():
    status, out, error = compat("mmap", before=WITHOUT_HYPOTHESIS)
    assert (status, out, error) == (2, "", "zcio compat: needs Hypothesis: pip install zcio[compat]\n")


@pytest.mark.parametrize("arguments", [("nothing",), ("--examples", "0"), ("--examples", "x"), ("--seed", "x")])
def test_usage_errors(arguments):
    status, out, error = compat(*arguments)
    assert (status, out) == (2, "") and "usage: " in error


def test_help_needs_no_hypothesis():
    status, _, error = compat("--help", before=WITHOUT_HYPOTHESIS)
    assert (status, error) == (0, "")


def test_steps_are_found_in_what_hypothesis_says():
    said = ["Falsifying example:\n  state = M()\n  state.first(\n      x=1,\n  )\n  state.teardown()\n", "state = M()"]
    assert reproducer.step_blocks(said) == ["state = M()\nstate.first(\n    x=1,\n)\nstate.teardown()"]


def test_a_program_that_ends_well_shows_nothing():
    opening = "Opening((-1, 10), {}, content=Content(b'a', []))"
    steps = "state = MmapMachine()\nstate.first(opening=%s)\nstate.teardown()" % opening
    program, error = reproducer.reproducer(MmapMachine, steps)
    assert error is None
    assert program.splitlines()[:2] == [
        "from zcio.compat.mmap_machine import MmapMachine",
        "from zcio.compat.mmap_strategies import Content, Opening",
    ]
    assert isinstance(reproducer.reproducer(MmapMachine, "state = <no program>")[1], SyntaxError)


def test_what_is_tolerated_is_noted_as_a_comment_of_the_program(monkeypatch):
    noted = []
    monkeypatch.setattr(mismatch.hypothesis, "currently_in_test_context", lambda: True)
    monkeypatch.setattr(mismatch.hypothesis, "note", noted.append)
    mismatch.tolerate("class-name")
    steps = "state = 1\n%s\nstate.teardown()" % noted[0]
    assert "class-name" in noted[0] and reproducer.step_blocks([steps]) == [steps]
    assert isinstance(reproducer.reproducer(MmapMachine, steps)[1], AttributeError)
