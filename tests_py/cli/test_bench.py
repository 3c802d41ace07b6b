"""``python -m zcio bench``: the rows are right, and an impossible request is refused before anything is measured."""

import json
import subprocess
import sys

import pytest

import zcio.bench
from zcio.bench import timing


def bench(*arguments):
    process = subprocess.run(
        [sys.executable, "-m", "zcio", "bench"] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=250,
    )
    return process.returncode, process.stdout.decode(), process.stderr.decode()


@pytest.fixture
def hurried(monkeypatch):
    """A race that makes each call once: these tests look at the answers, not the times."""

    def race(rivals, *options):
        answers = [ask() for ask in rivals.values()]
        assert answers.count(answers[0]) == len(answers)
        return dict.fromkeys(rivals, 1e-6)

    return race


@pytest.mark.parametrize("name", zcio.bench.GROUPS)
def test_every_row_asks_the_rivals_the_same(name, hurried, monkeypatch):
    group = __import__("zcio.bench." + name, fromlist=["rows"])
    monkeypatch.setattr(group, "race", hurried)
    rows = list(group.rows(quick=True))
    assert group.TITLE and len(rows) > 3
    assert len({row.question for row in rows}) == len(rows)
    for row in rows:
        assert "zcio" in row.times and len(row.times) > 1, row
        assert row.items or row.size, row


def test_a_wrong_answer_ends_the_race():
    with pytest.raises(timing.Disagreement, match="liar answers 2 where zcio answers 1"):
        timing.race({"zcio": lambda: 1, "liar": lambda: 2})


def test_what_cannot_be_written_is_said_at_once(tmp_path):
    for arguments in (["--json", str(tmp_path / "no" / "such")], ["--plot", str(tmp_path / "x.odd")]):
        status, out, error = bench(*arguments)
        assert (status, out) == (2, "")
        assert error.startswith("zcio bench: ") and error.count("\n") == 1, error


def test_table_json_and_plot(tmp_path):
    figures, picture = tmp_path / "figures.json", tmp_path / "picture.svg"
    arguments = ["--quick", "--json", str(figures), "guarded"]
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        pass
    else:
        arguments += ["--plot", str(picture)]
    status, out, error = bench(*arguments)
    assert (status, error) == (0, "")
    rows = json.loads(figures.read_text())["groups"]["guarded"]
    for row in rows:
        assert row["question"] in out
        assert min(row["times"].values()) > 0
    assert "%d rows" % len(rows) in out
    if "--plot" in arguments:
        assert picture.read_text().count("<svg") == 1
