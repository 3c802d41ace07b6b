"""Every Python snippet of README.md and docs/ runs as it stands, in an empty directory of its own, and prints what its
``#>`` lines say. A comment ``<!-- needs Python 3.8 -->`` or ``<!-- needs gevent -->`` above a snippet says where it can
run.
"""

import glob
import os
import re
import sys
import types

import pytest
from places import ROOT

PAGES = [os.path.join(ROOT, "README.md")] + sorted(glob.glob(os.path.join(ROOT, "docs", "*.md")))
SNIPPET = re.compile(r"(?:^<!-- needs ([\w. ]+) -->\n)?^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Snippet:
    def __init__(self, path, text, match):
        self.path, self.needs, self.source = path, match.group(1) or "Python 3.6", match.group(2)
        self.line = text.count("\n", 0, match.start(2))  # lines above the first one of the snippet
        self.name = "%s:%d" % (os.path.relpath(path, ROOT), self.line + 1)

    @property
    def expected(self):
        return re.findall(r"^ *#> ?(.*)$", self.source, re.MULTILINE)

    def run(self):
        """Return the lines printed, in the order of the print calls on the page: threads may run in another."""
        printed = []

        def record(*values):
            caller = sys._getframe(1)
            printed.append((caller.f_lineno, len(printed), " ".join(map(str, values))))

        module = types.ModuleType("__main__")
        module.print = record
        before = sys.modules["__main__"]
        sys.modules["__main__"] = module
        try:
            exec(compile("\n" * self.line + self.source, self.path, "exec"), module.__dict__)
        finally:
            sys.modules["__main__"] = before
        return [line for _, _, text in sorted(printed) for line in text.split("\n")]


def snippets():
    for path in PAGES:
        with open(path, encoding="utf-8") as page:
            text = page.read()
        for match in SNIPPET.finditer(text):
            yield Snippet(path, text, match)


@pytest.mark.parametrize("snippet", list(snippets()), ids=lambda snippet: snippet.name)
def test_snippet(snippet, tmp_path, monkeypatch):
    if snippet.needs.startswith("Python "):
        if sys.version_info < tuple(map(int, snippet.needs[len("Python ") :].split("."))):
            pytest.skip("needs " + snippet.needs)
    else:
        pytest.importorskip(snippet.needs)
    monkeypatch.chdir(tmp_path)
    assert snippet.run() == snippet.expected


@pytest.mark.parametrize("path", PAGES, ids=lambda path: os.path.relpath(path, ROOT))
def test_every_code_block_is_of_a_known_kind(path):
    """A block with another name would not be tested."""
    with open(path, encoding="utf-8") as page:
        kinds = set(re.findall(r"^ *```(.*)$", page.read(), re.MULTILINE))
    assert kinds <= {"", "python", "sh", "console", "text", "dockerfile"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: os.path.relpath(path, ROOT))
def test_code_fits_the_page(path):
    """Longer lines are cut off at the edge of the site's column."""
    with open(path, encoding="utf-8") as page:
        blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read(), re.DOTALL | re.MULTILINE)
    code = "".join(block for kind, block in blocks if kind != "text")
    assert [line for line in code.split("\n") if len(line) > 86] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/internals.md", "benchmarks/README.md"])
def test_files_that_contributors_are_sent_to_exist(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as page:
        text = page.read()
    paths = re.findall(r"[ `]((?:zcio|rust|docs|benchmarks|tools|tests_py|examples|pybind)/[\w./-]+)", text)
    assert paths
    for path in paths:
        assert path == "docs/api" or os.path.exists(os.path.join(ROOT, path.rstrip("."))), path


def test_the_command_for_contributors_installs_what_pytest_is_configured_for():
    with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as page:
        command = re.search(r"pip install -e \. (.*)", page.read()).group(1).split()
    with open(os.path.join(ROOT, "tox.ini"), encoding="utf-8") as configuration:
        # Those without a condition: the first lines of [testenv].
        needed = re.search(r"^\[testenv\]$.*?^deps =\n((?:    [\w-]+\n)+)", configuration.read(), re.M | re.S).group(1)
    assert set(needed.split()) <= set(command)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: os.path.relpath(path, ROOT))
def test_links_lead_somewhere(path):
    with open(path, encoding="utf-8") as page:
        text = page.read()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        if "://" in name or name.startswith("api/"):
            continue
        there = os.path.join(os.path.dirname(path), name) if name else path
        assert os.path.exists(there), target
        if anchor and there.endswith(".md"):
            with open(there, encoding="utf-8") as page:
                headings = re.findall(r"^#+ (.*)$", page.read(), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings]
            assert anchor in anchors, target
