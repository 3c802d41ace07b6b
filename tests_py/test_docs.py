"""Every Python snippet of the documentation and the README runs and prints what stands there, in a directory with an
access.log of 1000 lines and an archive.zip."""

import os
import zipfile

import pytest

pytest_examples = pytest.importorskip("pytest_examples")

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = [os.path.join(ROOT, "README.md"), os.path.join(ROOT, "docs")]


@pytest.fixture
def samples(tmp_path, monkeypatch):
    with open(str(tmp_path / "access.log"), "w") as log:
        for n in range(1000):
            status = 500 if n % 25 == 0 else 404 if n % 25 == 1 else 200
            line = '10.0.0.%d - [21/Nov/2026:%02d:%02d] "GET /%d" %d %dms\n'
            log.write(line % (n % 251, n * 7 % 24, n % 60, n, status, 1000 + n if n % 10 == 0 else n))
    with zipfile.ZipFile(str(tmp_path / "archive.zip"), "w") as archive:
        archive.writestr("hello.txt", b"hello\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("snippet", list(pytest_examples.find_examples(*PAGES)), ids=str)
def test_snippet(snippet, eval_example, samples):
    eval_example.set_config(line_length=120, upgrade=False)
    if eval_example.update_examples:
        eval_example.run_print_update(snippet)
    else:
        eval_example.run_print_check(snippet)
