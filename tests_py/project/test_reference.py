"""The reference by tools/api_reference.py shows exactly ``__all__``, and the navigation of the site all its pages."""

import importlib
import os
import re
import subprocess
import sys

import pytest
from places import ROOT

MODULES = "aio bytesio cursor mmap pipe re search shadow shutil splice syscalls".split()

if sys.implementation.name == "pypy" or sys.version_info < (3, 9):
    pytestmark = pytest.mark.skip(reason="newer Python builds the documentation")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("api"))
    subprocess.check_call([sys.executable, os.path.join(ROOT, "tools", "api_reference.py"), directory])
    found = {}
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), encoding="utf-8") as page:
            found[name[: -len(".md")]] = page.read()
    return found


def headings(page, level):
    """Those outside of code."""
    return re.findall(r"^%s (.*)$" % level, re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S), re.M)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_shows_its_names_and_no_others(name, pages):
    page = pages[name]
    shown = [heading.split()[-1] for heading in headings(page, "##") if heading != "Other names"]
    page, _, others = page.partition("\n## Other names\n")
    shown += re.findall(r"`(\w+)`", others.rpartition(":\n")[2])
    assert sorted(shown) == sorted(importlib.import_module("zcio." + name).__all__)


def test_a_class_on_its_own_pages_shows_all_its_public_members(pages):
    for page_name in pages:
        module_name, _, class_name = page_name.partition(".")
        if not class_name or "-" in class_name:
            continue
        cls = getattr(importlib.import_module("zcio." + module_name), class_name)
        text = "\n".join(page for other, page in pages.items() if other.split("-")[0] == page_name)
        shown = [heading.rpartition(".")[2] for heading in headings(text, "###")]
        assert len(set(shown)) == len(shown)
        for listed in re.findall(r"^(?:As in|Inherited from) `[\w.]+`: (.*)$", text, re.M):
            shown += re.findall(r"`(\w+)`", listed)
        shown += re.findall(r"^- Attribute `(\w+)`", text, re.M)
        missing = {member for member in dir(cls) if member[0] != "_" and not hasattr(Exception, member)} - set(shown)
        assert not missing, class_name


def test_the_navigation_has_every_page(pages):
    with open(os.path.join(ROOT, "mkdocs.yml"), encoding="utf-8") as configuration:
        linked = re.findall(r": api/(\S+)\.md$", configuration.read(), re.M)
    assert sorted(linked) == sorted(pages)
