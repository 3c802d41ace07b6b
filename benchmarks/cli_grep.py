"""``python -m zcio search`` beside ``grep``, and ``zcio grep -c`` beside ``rg -c``, on one large file of real text:
whole processes, same output.

    python benchmarks/cli_grep.py [MIB]

The second table, if ripgrep is installed, has CPU time instead of the time by the clock, one thread each. Its first row
is an empty file: the start of the interpreter and the import of zcio, which every row includes.
"""

import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time

ROUNDS = 5

#: Arguments of `grep -c`.
COUNTED = [
    ("literal", ["TarInfo"]),
    ("three words", ["-e", "TarInfo", "-e", "PANIC", "-e", "nowhere"]),
    ("three words, absent", ["no such word|PANIC NOW|in no line"]),
    ("ignore case", ["(?i)tarinfo"]),
    ("digits, literal", ["[0-9]+ bytes"]),
    ("digits, dense", ["[0-9]+"]),
]


def write_corpus(path, size):
    """The sources of the standard library, over and over."""
    texts = []
    for folder, _, names in os.walk(sysconfig.get_paths()["stdlib"]):
        if "site-packages" not in folder:
            for name in sorted(names):
                if name.endswith(".py"):
                    with open(os.path.join(folder, name), "rb") as file:
                        texts.append(file.read())
    text = b"".join(texts)
    with open(path, "wb") as file:
        for _ in range(-(-size // len(text))):
            file.write(text)
        file.truncate(size)


def run(command, out):
    """Seconds that ``command`` takes with its output going to the file ``out``."""
    with open(out, "wb") as file:
        before = time.perf_counter()
        status = subprocess.call(command, stdout=file, env=dict(os.environ, LC_ALL="C"))
        took = time.perf_counter() - before
    if status > 1:
        raise SystemExit("%r ended with status %d" % (command, status))
    return took


def cpu_time(command):
    """The CPU time of ``command`` in seconds, and its output."""
    # Without the cache of compiled modules, the interpreter would compile all of zcio in every process.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.run(command, stdout=subprocess.PIPE, env=dict(environment, LC_ALL="C"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1):
        raise SystemExit("%r ended with status %d" % (command, process.returncode))
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, process.stdout


def compare_counts(path):
    """``zcio grep -c`` beside ``rg -c``: one line per question."""
    zcio, rg = [sys.executable, "-m", "zcio", "grep", "-c"], ["rg", "--no-config", "-j1", "-c", "--include-zero"]
    print("grep -c, CPU time; the least of %d" % ROUNDS)
    for what, pattern, file in [("empty file", ["x"], os.devnull)] + [(name, p, path) for name, p in COUNTED]:
        rounds = [(cpu_time(zcio + pattern + [file]), cpu_time(rg + pattern + [file])) for _ in range(ROUNDS)]
        ours, theirs = (min(took for took, _ in column) for column in zip(*rounds))
        outputs = {int(output or 0) for pair in rounds for _, output in pair}
        if len(outputs) > 1:
            raise SystemExit("the outputs differ")
        print(
            "%-26s zcio %6.0f ms  rg %6.0f ms  (%.2f times rg)" % (what, ours * 1e3, theirs * 1e3, ours / theirs),
            flush=True,
        )


def main(size):
    """Print one line per question."""
    zcio = [sys.executable, "-m", "zcio", "search"]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "corpus")
        write_corpus(path, size)
        print("%d MiB of Python sources, in the page cache; best of %d whole processes" % (size >> 20, ROUNDS))
        for pattern in ("nowhere in these sources", "TarInfo", "import", "e"):
            questions = [("offsets", zcio + [pattern, path], ["grep", "-obUaF", "-e", pattern, path])]
            # grep -c counts lines and zcio occurrences, so the answers are not compared.
            questions.append(("count", zcio + ["-c", pattern, path], ["grep", "-cUaF", "-e", pattern, path]))
            for what, ours, theirs in questions:
                if pattern == "e" and what == "offsets" and size > 64 << 20:
                    continue  # gigabytes of output
                our_out, their_out = os.path.join(folder, "ours"), os.path.join(folder, "theirs")
                rounds = [(run(ours, our_out), run(theirs, their_out)) for _ in range(ROUNDS)]
                best = [min(took) for took in zip(*rounds)]
                if what == "offsets" and subprocess.call(["cmp", our_out, their_out]):
                    raise SystemExit("the outputs differ")
                print(
                    "%-8s %-26r zcio %6.0f ms (%5.1f GB/s)  grep %6.0f ms  (%.2fx)"
                    % (what, pattern, best[0] * 1e3, size / best[0] / 1e9, best[1] * 1e3, best[1] / best[0]),
                    flush=True,
                )
        if shutil.which("rg") is not None:
            compare_counts(path)


if __name__ == "__main__":
    main((int(sys.argv[1]) if len(sys.argv) > 1 else 1024) << 20)
