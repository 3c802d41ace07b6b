"""Finds out what zcio.mmap can do on an interpreter that the standard library's mmap cannot.

``python tools/mmap_gains.py probe > FILE`` evaluates expressions with both, on the interpreter that runs it (with zcio
installed), each in its own process, because some crash. ``python tools/mmap_gains.py table FILE ...`` writes
docs/mmap-gains.md from the results of several interpreters.
"""

import json
import os
import platform
import signal
import subprocess
import sys

DOCUMENT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "mmap-gains.md")

PREAMBLE = """
import importlib, os, sys, tempfile
module = importlib.import_module(sys.argv[1])
mmap, PRIVATE = module.mmap, module.MAP_PRIVATE
class Asked:
    def __init__(self, action, value):
        self.action, self.value = action, value
    def __index__(self):
        self.action()
        return self.value
class Exporter:
    def __buffer__(self, flags):
        return memoryview(b"b")
def file(size=8192):
    file = tempfile.TemporaryFile()
    file.write(b"ab" * (size // 2))
    file.flush()
    return file
def told(function, *args, **kwargs):
    try:
        return repr(function(*args, **kwargs))
    except BaseException as error:
        return type(error).__name__
def closes_on_exec():
    before = set(os.listdir("/proc/self/fd"))
    kept = mmap(f.fileno(), 0)
    new = [int(name) for name in os.listdir("/proc/self/fd") if name not in before]
    return not any(os.get_inheritable(fd) for fd in new if os.path.exists("/proc/self/fd/%d" % fd))
m = mmap(-1, 8192)
f = file()
"""

# (what, the expression whose text is the answer)
QUESTIONS = [
    ("seek() returns the position", "told(m.seek, 5)"),
    ("seekable(), which zipfile asks", "told(lambda: m.seekable())"),
    ("madvise()", "told(lambda: m.madvise(0))"),
    ("madvise(option, 0, None)", "told(lambda: m.madvise(0, 0, None))"),
    ("a map that keeps no descriptor: trackfd=False", "told(lambda: len(mmap(f.fileno(), 0, trackfd=False)))"),
    ("set_name()", "told(lambda: m.set_name('x'))"),
    ("flush(flags=MS_ASYNC)", "told(lambda: m.flush(flags=1))"),
    ("flush() returns None", "told(m.flush)"),
    ("flush(4096): from there on", "told(m.flush, 4096)"),
    ("size() of anonymous memory", "told(m.size)"),
    ("find(b'', beyond the end) is -1", "told(m.find, b'', 8193)"),
    ("find(sub, None, end): None is the default", "told(m.find, b'\\0', None, 8192)"),
    ("find(sub, None, 10) ends there", "told(lambda: [m.seek(0), m.__setitem__(50, 1), m.find(b'\\1', None, 9)][2])"),
    ("find() takes a buffer by __buffer__ alone", "told(m.find, Exporter())"),
    ("read(None)", "told(lambda: len(m.read(None)))"),
    ("repr() shows access, length, position, offset", "repr('length=' in repr(m))"),
    ("m[i:j] = b: IndexError for a wrong size", "told(m.__setitem__, slice(0, 4), b'x')"),
    ("write_byte(256) is an OverflowError", "told(m.write_byte, 256)"),
    ("__exit__() checks its arguments", "told(m.__exit__)"),
    ("__buffer__()", "told(lambda: len(m.__buffer__(0)))"),
    ("len() of a closed map is a ValueError", "told(lambda: [m.close(), len(m)])"),
    ("its descriptor is close-on-exec", "told(closes_on_exec)"),
    ("a shared anonymous map refuses to grow (else SIGBUS)", "told(lambda: [m.resize(16384), m[16383]])"),
    ("resize(-1) is a ValueError", "told(m.resize, -1)"),
    ("move() with huge numbers", "told(m.move, sys.maxsize, 0, sys.maxsize)"),
    ("find(): an __index__ that closes the map", "told(m.find, b'x', Asked(m.close, 0))"),
    ("resize(): an __index__ that closes the map", "told(m.resize, Asked(m.close, 4096))"),
    ("seek(): an __index__ that closes the map", "told(m.seek, Asked(m.close, 5))"),
    ("move(): an __index__ that closes the map", "told(m.move, Asked(m.close, 0), 1, 1)"),
    ("MAP_POPULATE, MAP_NORESERVE, MAP_STACK", "told(lambda: bool(module.MAP_POPULATE + module.MAP_NORESERVE + "
     "module.MAP_STACK))"),
    ("MS_ASYNC, MS_SYNC, MS_INVALIDATE", "told(lambda: bool(module.MS_ASYNC + module.MS_SYNC + module.MS_INVALIDATE))"),
    ("MADV_SEQUENTIAL, MADV_HUGEPAGE, ...", "told(lambda: bool(module.MADV_SEQUENTIAL + module.MADV_HUGEPAGE))"),
    ("MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MAP_HUGETLB, ...", "told(lambda: bool(module.MADV_COLD + "
     "module.MADV_PAGEOUT + module.MADV_POPULATE_READ + module.MAP_HUGETLB))"),
    ("count(), find_all(), lines(), line_views()", "told(lambda: bool(m.count and m.find_all and m.lines))"),
    ("open_path()", "told(lambda: bool(module.open_path))"),
]


def _answer(module, expression):
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PREAMBLE + "print(%s)" % expression, module],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = process.communicate(timeout=60)
    if process.returncode < 0:
        return signal.Signals(-process.returncode).name
    if process.returncode:
        raise SystemExit("%s: %s\n%s" % (module, expression, err.decode()))
    return out.decode().strip()


def _probe():
    version = ".".join(map(str, getattr(sys, "pypy_version_info", sys.version_info)[:3]))
    name = platform.python_implementation() + " " + platform.python_version()
    if platform.python_implementation() == "PyPy":
        name = "PyPy %s (%s)" % (".".join(platform.python_version_tuple()[:2]), version)
    answers = [[what, _answer("mmap", code), _answer("zcio.mmap", code)] for what, code in QUESTIONS]
    json.dump({"interpreter": name, "version": sys.version_info[:3], "answers": answers}, sys.stdout, indent=1)


def _order(data):
    return (data["interpreter"].startswith("PyPy"), data["version"])


def _table(paths):
    columns = []
    for path in paths:
        with open(path) as file:
            columns.append(json.load(file))
    columns.sort(key=_order)
    lines = [
        "# What zcio.mmap gives that your interpreter's mmap does not",
        "",
        "Made by `tools/mmap_gains.py`, which asks both modules on each interpreter. A cell is the answer of that",
        "interpreter's own `mmap`; a blank one is the same as zcio's, which the second column has: the same on all.",
        "",
        "| | zcio.mmap | " + " | ".join(data["interpreter"].replace("CPython ", "") for data in columns) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for row, (what, _) in enumerate(QUESTIONS):
        answers = [data["answers"][row] for data in columns]
        ours = sorted({answer[2] for answer in answers})
        if all(answer[1] == answer[2] for answer in answers):
            continue
        cells = ["" if answer[1] == answer[2] else answer[1].replace("AttributeError", "none") for answer in answers]
        what = what.replace("__", r"\_\_")  # else Markdown makes it bold
        lines.append("| %s | %s | %s |" % (what, " or ".join(ours), " | ".join(cells)))
    lines += [
        "",
        "`none`: there is no such method or name. `SIGSEGV`, `SIGBUS`: the process ends. Where zcio's cell has two",
        "answers, the difference is one of `python -m zcio compat mmap`'s documented ones.",
        "",
        "Beside what is asked here: `find` and `rfind` run at memory speed, with the GIL released and Ctrl-C answered.",
    ]
    with open(DOCUMENT, "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["probe"]:
        _probe()
    elif sys.argv[1:2] == ["table"] and sys.argv[2:]:
        _table(sys.argv[2:])
    else:
        sys.exit(__doc__)
