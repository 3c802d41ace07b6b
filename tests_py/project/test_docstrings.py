"""Every public name has a docstring in Google style: a summary of one line, then Args and Returns as far as they apply.

If the summary names the method or function whose twin it describes ("as ``mmap.find``", "as read() does"), the rest
may be left to that one.
"""

import ast
import importlib
import inspect
import os
import re
import sys

import pytest

MODULES = ["zcio." + name for name in "aio bytesio cursor mmap pipe re search shadow shutil splice syscalls".split()]
TWIN = re.compile(r"\b(?:as|see|what|same as|those of) (?:CPython 3\.\d+'s )?(?:``[\w.]+``|\w+\(\))", re.I)

if sys.version_info < (3, 9):
    pytestmark = pytest.mark.skip(reason="the stubs are read, which are written in newer Python")


def ours(value):
    return str(getattr(value, "__module__", None)).startswith("zcio")


def function_of(value):
    """The function of zcio behind the attribute of a class, or None."""
    value = getattr(value, "__func__", value)
    return value if inspect.isfunction(value) and ours(value) else None


class Stub:
    """What the stub of a module says of the results of its functions, by "name" and "Class.name"."""

    def __init__(self, module):
        with open(os.path.splitext(module.__file__)[0] + ".pyi", encoding="utf-8") as file:
            self.results = {}
            self._add("", ast.parse(file.read()).body)

    def _add(self, prefix, body):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.results[prefix + node.name] = "None" if node.returns is None else ast.unparse(node.returns)  # novm
            elif isinstance(node, ast.ClassDef):
                self._add(node.name + ".", node.body)
            elif isinstance(node, ast.If):
                self._add(prefix, node.body)


def documented():
    """For each public name: its name, what has the docstring, the function whose parameters that documents or None, and
    the type that the function returns or None."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        results = Stub(module).results if sys.version_info >= (3, 9) else {}
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value) or not ours(value):
                continue
            where = "%s.%s" % (module_name, name)
            if not inspect.isclass(value):
                yield where, value, function_of(value), results.get(name)
                continue
            init = [
                vars(cls)[method]
                for cls in value.__mro__
                if ours(cls)
                for method in ("__new__", "__init__")
                if method in vars(cls) and not issubclass(value, BaseException)
            ]
            yield where, value, function_of(init[0]) if init else None, None
            for member in sorted(dir(value)):
                attribute = inspect.getattr_static(value, member)
                if member[0] == "_":
                    continue
                if function_of(attribute):
                    function = function_of(attribute)
                    yield "%s.%s" % (where, member), function, function, results.get("%s.%s" % (name, member))
                elif isinstance(attribute, property) and ours(attribute.fget):
                    yield "%s.%s" % (where, member), attribute, None, None


@pytest.mark.parametrize("name", MODULES)
def test_dir_shows_the_public_names_only(name):
    module = importlib.import_module(name)
    assert [one for one in dir(module) if one[:2] != "__"] == sorted(module.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_errors_name_the_public_class(name):
    """The TypeError for a wrong number of arguments shows the qualified name."""
    module = importlib.import_module(name)
    for cls in filter(inspect.isclass, (getattr(module, name) for name in module.__all__)):
        classes = {base.__name__ for base in cls.__mro__ if base is cls or "._" not in base.__module__}
        for member in dir(cls):
            function = None if member[0] == "_" else function_of(inspect.getattr_static(cls, member))
            assert function is None or function.__qualname__.rpartition(".")[0] in classes, function


CASES = {case[0]: case[1:] for case in documented()}


@pytest.mark.parametrize("name", sorted(CASES))
def test_docstring(name):
    value, function, result = CASES[name]
    text = inspect.getdoc(value) if not inspect.isclass(value) else inspect.cleandoc(value.__doc__ or "")
    assert text, "no docstring"
    if name.startswith("zcio.re.") and text == inspect.getdoc(getattr(re, name[len("zcio.re.") :], None)):
        pytest.skip("the standard library's own words")
    summary = text.split("\n\n")[0]
    assert "\n" not in summary and summary.endswith((".", ":")), "the summary is to be a sentence of one line"
    sections = dict(re.findall(r"^(\w+):\n((?:(?:    .*)?(?:\n|\Z))+)", text, re.M))
    twin = TWIN.search(summary)
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"} if function else set()
    if parameters == {"args", "kwargs"}:  # the C constructor of CPython 3.15, which tells no signature
        function, parameters = None, set()
    named = re.findall(r"^    (\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: \(.*?\))?: ", sections.get("Args", ""), re.M)
    named = {one.strip("* ") for group in named for one in group.split(",")}
    assert not named - parameters or not function, "no such parameters"
    if "Args" in sections or not twin:
        assert not parameters - named, "these are not under Args"
    if result not in (None, "None", "Self", "NoReturn") and not twin:
        assert {"Returns", "Yields"} & set(sections), "nothing under Returns, and the result is a " + result
