"""Write the API reference, one Markdown page per public module: `python tools/api_reference.py DIRECTORY`.

The names are those of ``__all__``, the signatures come from the type stubs and the text from the docstrings of the zcio
that is installed. ``tox -e docs`` runs this before it builds the site.
"""

import ast
import importlib
import importlib.util
import inspect
import os
import re
import sys

MODULES = ["mmap", "search", "re", "cursor", "bytesio", "pipe", "aio", "splice", "shutil", "syscalls", "shadow"]

# Sections of Google style docstrings, whose entries become lists.
SECTIONS = {"Args": "Arguments", "Attributes": "Attributes", "Raises": "Raises"}
# Sections whose text is a paragraph.
RESULTS = {"Returns": "Returns", "Yields": "Yields"}


def main(directory):
    os.makedirs(directory, exist_ok=True)
    for name in MODULES:
        if importlib.util.find_spec("zcio." + name) is None:
            continue
        with open(os.path.join(directory, name + ".md"), "w", encoding="utf-8") as page:
            page.write("\n".join(module_page(importlib.import_module("zcio." + name))))


def module_page(module):
    stubs = Stubs(module)
    yield "# %s: reference\n" % module.__name__
    yield "[Guide to `%s`](../%s.md)\n" % (module.__name__, module.__name__.rpartition(".")[2])
    yield from text_of(module)
    constants = []
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        if name in stubs.documented and not from_zcio(value):
            continue
        if inspect.isclass(value) and from_zcio(value):
            yield from class_section(name, value, stubs)
        elif callable(value) and from_zcio(value):
            yield "## %s\n" % name
            yield signature(name, stubs.functions.get(name), value)
            yield from text_of(value)
        else:
            constants.append(name)
    if constants:
        yield "## Other names\n"
        yield "Constants, and what the module takes over from the standard library as it is:\n"
        yield ", ".join("`%s`" % name for name in constants) + "\n"


def class_section(name, cls, stubs):
    public = [base.__name__ for base in cls.__mro__[1:] if from_zcio(base) and base.__name__ in stubs.classes]
    foreign = [qualified_name(base) for base in cls.__mro__[1:-1] if not from_zcio(base)]
    members = {}
    for base in [name] + public:
        for member, stub in stub_members(stubs.classes.get(base)).items():
            members.setdefault(member, stub)
    yield "## class %s\n" % name
    yield signature(name, members.get("__new__") or members.get("__init__"), cls)
    if public or foreign:
        yield "Base: `%s`\n" % (public + foreign)[0]
    yield from text_of(cls)
    inherited = []
    for member in sorted(attribute for attribute in set(dir(cls)).union(members) if attribute[0] != "_"):
        value = inspect.getattr_static(cls, member, None)
        value = getattr(value, "__func__", value)
        if member not in members and not from_zcio(value):
            inherited.append(member)
            continue
        yield "### %s.%s\n" % (name, member)
        if isinstance(members.get(member), list) or callable(value):
            yield signature(member, members.get(member), value, isinstance(value, property))
        else:
            annotation = members.get(member)
            yield "```python\n%s%s\n```\n" % (member, "" if annotation is None else ": " + plain(annotation))
        if value is not None and from_zcio(value):
            yield from text_of(value)
    if inherited and not issubclass(cls, (BaseException, int)):
        yield "Inherited from `%s`: %s\n" % (foreign[0], ", ".join("`%s`" % member for member in inherited))


def qualified_name(cls):
    """``io.BytesIO``, not ``_io.BytesIO``, and no ``builtins``."""
    module = cls.__module__.lstrip("_")
    return cls.__name__ if module == "builtins" else "%s.%s" % (module, cls.__name__)


class Stubs:
    """The functions and classes of a module's stub, by name."""

    def __init__(self, module):
        with open(os.path.splitext(module.__file__)[0] + ".pyi", encoding="utf-8") as file:
            tree = ast.parse(file.read())
        self.functions, self.classes, self.documented = {}, {}, set()
        for node in flat(tree.body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node


def flat(body):
    """The statements, those under ``if sys.platform`` and the like included."""
    for node in body:
        if isinstance(node, ast.If):
            yield from flat(node.body)
        else:
            yield node


def stub_members(stub):
    members = {}
    for node in flat(stub.body) if stub is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            members.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.AnnAssign):
            members[node.target.id] = node.annotation
    return members


def from_zcio(value):
    if isinstance(value, property):
        value = value.fget
    return str(getattr(value, "__module__", None)).startswith("zcio")


def plain(annotation):
    # Only the Python that builds the documentation runs this; the test of the syntax is for what users run.
    return ast.unparse(annotation)  # novm


def signature(name, nodes, value, is_property=False):
    """A block with the stub's signatures, or the runtime's if there is no stub."""
    lines = []
    for node in nodes or ():
        if is_property:
            lines.append("%s: %s" % (name, plain(node.returns)))
            continue
        arguments = node.args
        for group in (arguments.posonlyargs, arguments.args):
            if group and group[0].arg in ("self", "cls"):
                del group[0]
                break
        prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
        returns = plain(node.returns) if node.returns is not None and node.name[:2] != "__" else ""
        parts = parameters(arguments)
        line = "%s%s(%s)" % (prefix, name, ", ".join(parts))
        if len(line) + len(returns) > 92:
            line = "%s%s(\n    %s,\n)" % (prefix, name, ",\n    ".join(parts))
        lines.append(line + (" -> " + returns if returns else ""))
    if not lines:
        try:
            lines = [name + str(inspect.signature(value))]
            lines = [re.sub(r"\(self(, /)?(, )?", "(", line) for line in lines]
        except (TypeError, ValueError):
            lines = [name + "(...)"]
    return "```python\n%s\n```\n" % "\n".join(lines)


def parameters(arguments):
    text = plain(arguments)
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    if text[start:].strip():
        parts.append(text[start:].strip())
    return parts


def text_of(value):
    """The docstring as Markdown; nothing if it has none of its own."""
    documentation = inspect.getdoc(value) if not inspect.isclass(value) else inspect.cleandoc(value.__doc__ or "")
    if not documentation:
        return
    if inspect.isclass(value) and documentation.startswith(value.__name__ + "("):
        documentation = documentation.partition("\n\n")[2]
    yield markdown(documentation) + "\n"


def markdown(documentation):
    documentation = documentation.replace("``", "`")
    out, section = [], None
    for line in documentation.split("\n"):
        heading = re.match(r"(\w+):$", line)
        if heading and heading.group(1) in SECTIONS:
            section = "list"
            out.append("\n**%s**\n" % SECTIONS[heading.group(1)])
        elif heading and heading.group(1) in RESULTS:
            section = "text"
            out.append("\n**%s**\n" % RESULTS[heading.group(1)])
        elif section and line.startswith("    "):
            entry = re.match(r"    (\*{0,2}[\w., ]+): (.*)", line)
            if section == "text":
                out.append(line[4:])
            else:
                out.append("- `%s`: %s" % entry.groups() if entry else "  " + line.strip())
        else:
            if line:
                section = None
            out.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


if __name__ == "__main__":
    main(sys.argv[1])
