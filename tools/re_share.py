"""The share of real patterns that zcio.re runs natively, and why the rest is the standard library's.

    python tools/re_share.py [DIRECTORY ...]

Reads the Python sources below each directory, by default the standard library's, and collects the constant patterns
that are given to functions of ``re``, with their constant flags. A str pattern counts as its bytes if it is ASCII.
"""

import ast
import collections
import os
import re
import sys
import sysconfig
import warnings

import zcio.re

FUNCTIONS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
#: Where each function takes its flags.
FLAGS = {"compile": 1, "split": 3, "sub": 4, "subn": 4}


def constant_flags(node):
    """The value of an expression of flags such as ``re.I | re.X``; 0 if it is something else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return constant_flags(node.left) | constant_flags(node.right)
    name = getattr(node, "attr", getattr(node, "id", ""))
    value = getattr(re, name, 0) if name.isupper() else 0
    return int(value) & ~int(re.UNICODE | re.DEBUG)


def constant_text(node):
    """The pattern as bytes; None if it is not constant, or no ASCII."""
    try:
        text = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    if isinstance(text, str):
        return text.encode("ascii") if all(ord(letter) < 128 for letter in text) else None
    return text if isinstance(text, bytes) else None


def patterns_of(path):
    """The (pattern, flags) in one source file."""
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read())
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        function = node.func if isinstance(node, ast.Call) else None
        if not (isinstance(function, ast.Attribute) and function.attr in FUNCTIONS and node.args):
            continue
        if getattr(function.value, "id", "") not in ("re", "_re"):
            continue
        text = constant_text(node.args[0])
        if text is None:
            continue
        place = FLAGS.get(function.attr, 2)
        given = [word.value for word in node.keywords if word.arg == "flags"] + node.args[place : place + 1]
        yield text, constant_flags(given[0]) if given else 0


def collected(top):
    """All different patterns below a directory."""
    found = set()
    for directory, names, files in os.walk(top):
        names[:] = [name for name in names if name not in ("site-packages", "test", "tests", "idle_test")]
        for file in files:
            if file.endswith(".py"):
                found.update(patterns_of(os.path.join(directory, file)))
    return found


def main():
    warnings.simplefilter("ignore")
    for top in sys.argv[1:] or [sysconfig.get_path("stdlib")]:
        kinds = collections.Counter()
        for pattern, flags in sorted(collected(top)):
            try:
                kinds[zcio.re.explain(pattern, flags)] += 1
            except (re.error, ValueError):
                kinds["no valid pattern of bytes"] += 1
        kinds.pop("no valid pattern of bytes", None)
        total = sum(kinds.values())
        native = sum(number for kind, number in kinds.items() if kind.startswith("native"))
        print("%s: %d of %d patterns native (%.0f %%)" % (top, native, total, 100.0 * native / max(total, 1)))
        for kind, number in kinds.most_common():
            print("  %5d  %s" % (number, kind))


if __name__ == "__main__":
    main()
