"""Write the API reference in Markdown, a page for each public module and for each large class: `python
tools/api_reference.py DIRECTORY`. The navigation in mkdocs.yml names every page.

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
import textwrap

MODULES = ["mmap", "search", "re", "cursor", "bytesio", "pipe", "aio", "splice", "shutil", "syscalls", "shadow"]

OTHER_NAMES = "## Other names\n"

# The classes and functions with a page of their own, by module: pages are to be shorter than 6,000 pixels on a phone.
OWN_PAGES = {
    "mmap": ["mmap", "GuardedMmap"],
    "cursor": ["Cursor"],
    "pipe": ["Pipe"],
    "aio": ["StreamReader", "StreamWriter", "StreamReaderProtocol", "PipeProtocol", "LimitOverrunError"]
    + ["create_subprocess_exec", "sendfile"],
    "re": ["Pattern", "Match"],
    "search": ["Finder"],
    "splice": ["Splicer", "copy"],
}
# The members that are on further pages of a class, by the title of the page.
FURTHER_PAGES = {
    "mmap": {"searching": "count find find_all line_views lines rfind".split()},
    "Cursor": {
        "reading": "find peek read read1 read_buffer read_view readinto readinto1 readline readlines readuntil "
        "remaining".split()
    },
    "Pipe": {
        "reading": "read read_zerocopy readexact readexact_zerocopy readinto readline readuntil readuntil_zerocopy "
        "records split".split(),
        "looking ahead": "find findbyte peakexact peakexact_zerocopy peek peek_zerocopy peekexact peekexact_zerocopy "
        "skip skipexact".split(),
    },
}

# Sections of Google style docstrings: each entry becomes one line of a list, after these words.
SECTIONS = {"Args": "", "Attributes": "Attribute ", "Raises": "Raises "}
# Sections whose text becomes one line of the list.
RESULTS = {"Returns": "Returns: ", "Yields": "Yields: "}


def main(directory):
    os.makedirs(directory, exist_ok=True)
    for name in MODULES:
        if importlib.util.find_spec("zcio." + name) is None:
            continue
        module = importlib.import_module("zcio." + name)
        pages, stubs = {name: module_page(module)}, Stubs(module)
        for own in OWN_PAGES.get(name, ()):
            pages.update(own_pages(module, own))
        for page_name, lines in pages.items():
            with open(os.path.join(directory, page_name + ".md"), "w", encoding="utf-8") as page:
                page.write("\n".join(stubs.explained(lines)) + "\n")


def module_page(module):
    stubs = Stubs(module)
    short = module.__name__.rpartition(".")[2]
    yield "# %s: reference\n" % module.__name__
    yield "[Guide to `%s`](../%s.md)\n" % (module.__name__, short)
    yield from text_of(module)
    constants = []
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        if name in OWN_PAGES.get(short, ()):
            yield "## %s%s\n" % ("class " * inspect.isclass(value), name)
            yield inspect.cleandoc(value.__doc__).partition("\n\n")[0].replace("``", "`") + "\n"
            yield "[All of `%s`](%s.%s.md)\n" % (name, short, name)
        elif inspect.isclass(value) and from_zcio(value):
            yield from class_section(name, value, stubs)
        elif callable(value) and from_zcio(value):
            yield "## %s\n" % name
            yield signature(name, stubs.functions.get(name), value)
            yield from text_of(value)
        else:
            constants.append(name)
    if constants:
        yield OTHER_NAMES
        yield "Constants, and what the module takes over from the standard library as it is:\n"
        yield ", ".join("`%s`" % name for name in constants) + "\n"


def own_pages(module, name):
    """``{page name: its lines}`` for a class or function of OWN_PAGES."""
    short = module.__name__.rpartition(".")[2]
    value, stubs = getattr(module, name), Stubs(module)
    page = "%s.%s" % (short, name)
    title = "# %s%s.%s\n" % ("class " * inspect.isclass(value), module.__name__, name)
    first = [title, "[Guide to `%s`](../%s.md), [reference of the module](%s.md)\n" % (module.__name__, short, short)]
    if not inspect.isclass(value):
        return {page: first + [signature(name, stubs.functions.get(name), value)] + list(text_of(value))}
    pages = {page: first}
    further = FURTHER_PAGES.get(name, {})
    for word, members in further.items():
        other = "%s-%s" % (page, word.replace(" ", "-"))
        first.append("[%s](%s.md) has a page of its own.\n" % (word.capitalize(), other))
        pages[other] = [title.replace("\n", ": %s\n" % word), "[The rest of `%s`](%s.md)\n" % (name, page)]
        pages[other] += class_section(name, value, stubs, members.__contains__, members_only=True)
    elsewhere = set().union(*further.values())
    first += list(class_section(name, value, stubs, lambda member: member not in elsewhere))[1:]
    return pages


def class_section(name, cls, stubs, wanted=lambda member: True, members_only=False):
    public = [base.__name__ for base in cls.__mro__[1:] if from_zcio(base) and base.__name__ in stubs.classes]
    foreign = [qualified_name(base) for base in cls.__mro__[1:-1] if not from_zcio(base)]
    members = {}
    for base in [name] + public:
        for member, stub in stub_members(stubs.classes.get(base)).items():
            members.setdefault(member, stub)
    if not members_only:
        yield "## class %s\n" % name
        constructor = members.get("__new__") or members.get("__init__")
        if constructor or name in stubs.classes and not issubclass(cls, BaseException):
            yield signature(name, constructor, cls)
        if public or foreign:
            yield "Base: `%s`\n" % (public + foreign)[0]
        yield from text_of(cls)
    inherited, as_base = [], []
    told = re.findall(r"^    (\w+) \(", inspect.cleandoc(cls.__doc__ or "").partition("\nAttributes:\n")[2], re.M)
    for member in sorted(attribute for attribute in set(dir(cls)).union(members) if attribute[0] != "_"):
        value = inspect.getattr_static(cls, member, None)
        value = getattr(value, "__func__", value)
        if member not in members and not from_zcio(value):
            inherited.append(member)
            continue
        if member in told or not wanted(member):  # those told are in the list of attributes above
            continue
        if public and value is getattr_of_base(cls, public[0], member):
            as_base.append(member)
            continue
        other = getattr(value, "__name__", member)
        if other != member and from_zcio(value) and inspect.getattr_static(cls, other, None) is value:
            yield "### %s.%s\n" % (name, member)
            yield "The same as `%s`.\n" % other
            continue
        yield "### %s.%s\n" % (name, member)
        if isinstance(members.get(member), list) or callable(value):
            yield signature(member, members.get(member), value, isinstance(value, property))
        else:
            annotation = members.get(member)
            # A property without a stub may begin its docstring with the type.
            kind = re.match(r"(\w+): ", inspect.getdoc(value) or "") if annotation is None else None
            kind = plain(annotation) if annotation is not None else kind and kind.group(1)
            yield "```python\n%s%s\n```\n" % (member, ": " + kind if kind else "")
        if value is not None and from_zcio(value):
            yield from text_of(value)
    if as_base:
        yield "As in `%s`: %s\n" % (public[0], ", ".join("`%s`" % member for member in as_base))
    if inherited and not members_only and not issubclass(cls, (BaseException, int)):
        yield "Inherited from `%s`: %s\n" % (foreign[0], ", ".join("`%s`" % member for member in inherited))


def getattr_of_base(cls, name, member):
    """What the base class called ``name`` has as ``member``, or None."""
    base = next(base for base in cls.__mro__[1:] if base.__name__ == name)
    value = inspect.getattr_static(base, member, None)
    return getattr(value, "__func__", value)


def qualified_name(cls):
    """``io.BytesIO``, not ``_io.BytesIO``, and no ``builtins``."""
    module = cls.__module__.lstrip("_")
    return cls.__name__ if module == "builtins" else "%s.%s" % (module, cls.__name__)


class WithoutAliases(ast.NodeTransformer):
    """Writes a private alias of a type out wherever a stub uses it: readers of the reference do not know it."""

    def __init__(self):
        self.types = {}

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if getattr(node.annotation, "id", None) == "TypeAlias" and node.target.id[0] == "_":
            self.types[node.target.id] = node.value
        return node

    def visit_Name(self, node):
        return self.types.get(node.id, node)


class Stubs:
    """The functions and classes of a module's stub, by name."""

    def __init__(self, module):
        with open(os.path.splitext(module.__file__)[0] + ".pyi", encoding="utf-8") as file:
            tree = WithoutAliases().visit(ast.parse(file.read()))
        self.functions, self.classes, self.private = {}, {}, {}
        for node in flat(tree.body):
            name = plain(node.targets[0]) if isinstance(node, ast.Assign) else getattr(node, "name", "")
            if re.match("_[A-Z]", name):
                self.private[name] = node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node

    def explained(self, lines):
        """``lines``, and for each private type in their signatures a line that says what it is."""
        lines, told = list(lines), set()
        at = lines.index(OTHER_NAMES) if OTHER_NAMES in lines else len(lines)
        while True:
            code = "".join(re.findall("^```python$.*?^```$|^- `_.*", "\n".join(lines), re.M | re.S))
            new = sorted(name for name in self.private if name not in told and re.search(r"\b%s\b" % name, code))
            if not new:
                return lines
            if not told:
                lines.insert(at, "In the signatures:\n")
                at += 1
            told.update(new)
            lines[at:at] = ["- `%s` is %s" % (name, meaning(self.private[name])) for name in new]


def meaning(node):
    """What a private type of a stub is, in words."""
    if isinstance(node, ast.ClassDef):
        members = ", ".join(
            "`%s`" % plain(member).partition(" -> ")[0].replace("def ", "").rstrip(":. \n") for member in node.body
        )
        kind = "a named tuple of" if plain(node.bases[0]) == "NamedTuple" else "any object with"
        return "%s %s." % (kind, members.replace("self, ", "").replace("self", ""))
    if isinstance(node.value, ast.Call):  # a TypeVar
        types = [keyword.value for keyword in node.value.keywords if keyword.arg == "bound"] or node.value.args[1:]
        return "the type of what you give: `%s`." % " | ".join(map(plain, types))
    return "`%s`." % plain(node.value)


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
        if len(line) + len(returns) > 84:
            # A space inside of a parameter is no place to break the line.
            packed = ", ".join(part.replace(" ", "\0") for part in parts) + ","
            packed = textwrap.fill(packed, 84, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
            line = "%s%s(\n%s\n)" % (prefix, name, packed.replace("\0", " "))
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
    """A docstring as Markdown: its text, and one list of arguments, attributes, results and exceptions."""
    documentation = documentation.replace("``", "`")
    out, items, section, first = [], [], None, False
    for line in documentation.split("\n"):
        heading = re.match(r"(\w+):$", line)
        if heading and heading.group(1) in {**SECTIONS, **RESULTS}:
            section, first = heading.group(1), True
        elif section and line.startswith("    "):
            entry = re.match(r"    (\*{0,2}\w[\w., *]*?)(?: \((.*)\))?: (.*)", line)
            if section in RESULTS:
                items.append("- %s%s" % (RESULTS[section], line.strip()) if first else "  " + line.strip())
            elif entry:
                name, kind, text = entry.groups()
                kind = " (%s)" % kind if kind else ""
                items.append("- %s`%s`%s: %s" % (SECTIONS[section], name, kind, text))
            else:
                items.append("  " + line.strip())
            first = False
        else:
            if line:
                section = None
            out.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out + [""] + items)).strip()


if __name__ == "__main__":
    main(sys.argv[1])
