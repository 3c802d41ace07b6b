"""zcio beside the standard library, on a large file of real text.

    python examples/beside_stdlib.py [PATTERN [FILE]]

Without FILE a file of 256 MiB is made of this interpreter's own library sources. Every answer is compared with the
standard library's; the times are the best of several runs, with the file in the page cache.
"""

import mmap as stdlib_mmap
import os
import subprocess
import sys
import sysconfig
import tempfile
import time

import zcio.mmap as zcio_mmap

SIZE = 256 << 20


def sources():
    """The text of the standard library's modules, over and over."""
    texts = []
    for folder, _, names in os.walk(sysconfig.get_paths()["stdlib"]):
        if "site-packages" in folder:
            continue
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    texts.append(file.read())
    return b"".join(texts)


def write_corpus(path, pattern):
    """Fill ``path`` with text in which ``pattern`` lies at the very end and nowhere else."""
    text = sources().replace(pattern, b"")
    with open(path, "wb") as file:
        while file.tell() < SIZE:
            file.write(text[: SIZE - file.tell()])
        file.write(b"\n" + pattern + b"\n")


def best(function, runs=3):
    """The shortest time of ``runs`` calls in seconds, and the answer."""
    times = []
    for _ in range(runs):
        before = time.perf_counter()
        answer = function()
        times.append(time.perf_counter() - before)
    return min(times), answer


def count_by_loop(mapping, pattern):
    """What a program without a count() method does."""
    total, at = 0, mapping.find(pattern, 0)
    while at >= 0:
        total += 1
        at = mapping.find(pattern, at + len(pattern))
    return total


def compare(path, pattern):
    """Print one line for every question put to both."""
    with open(path, "rb") as file:
        ours = zcio_mmap.mmap(file.fileno(), 0, access=zcio_mmap.ACCESS_READ)
        theirs = stdlib_mmap.mmap(file.fileno(), 0, access=stdlib_mmap.ACCESS_READ)
    size = len(ours)
    absent = pattern + pattern[::-1]
    questions = [
        ("find %r" % pattern.decode(), lambda m: m.find(pattern, 0)),
        ("rfind, absent", lambda m: m.rfind(absent, 0)),
        ("find 8 bytes, absent", lambda m: m.find(b"absent\xff\xfe", 0)),
    ]
    print("%-24s %12s %12s %8s" % ("%.0f MiB" % (size / 2**20), "stdlib", "zcio", "ratio"))
    for name, ask in questions:
        their_time, their_answer = best(lambda: ask(theirs))
        our_time, our_answer = best(lambda: ask(ours))
        report(name, size, their_time, their_answer, our_time, our_answer)
    their_time, their_answer = best(lambda: count_by_loop(theirs, b"import"), 1)
    our_time, our_answer = best(lambda: ours.count(b"import"))
    report("count 'import'", size, their_time, their_answer, our_time, our_answer)
    ours.close()
    theirs.close()


def report(name, size, their_time, their_answer, our_time, our_answer):
    """One line of the table, where both gave the same answer."""
    if their_answer != our_answer:
        raise SystemExit("%s: the standard library says %r, zcio %r" % (name, their_answer, our_answer))
    speeds = (size / their_time / 1e9, size / our_time / 1e9, their_time / our_time)
    print("%-24s %7.1f GB/s %7.1f GB/s %7.1fx" % ((name,) + speeds))


def main():
    """Run the comparison, then the command line on the same file."""
    pattern = os.fsencode(sys.argv[1]) if len(sys.argv) > 1 else b"needle in a haystack"
    if len(sys.argv) > 2:
        compare(sys.argv[2], pattern)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "corpus.txt")
        print("writing %d MiB of this interpreter's own sources ..." % (SIZE >> 20), flush=True)
        write_corpus(path, pattern)
        compare(path, pattern)
        print("\n$ python -m zcio search %r corpus.txt" % pattern.decode(), flush=True)
        # From another directory: in a clone without an editable install, `-m zcio` would find the bare source tree.
        command = [sys.executable, "-m", "zcio", "search", os.fsdecode(pattern), "corpus.txt"]
        subprocess.check_call(command, cwd=folder)


if __name__ == "__main__":
    main()
