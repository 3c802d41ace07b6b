"""Compares zcio.re with re, google-re2, pyahocorasick and hyperscan, if they are installed, over a generated log.

    python benchmarks/re_peers.py [MEGABYTES]

The peers take turns, and the least of several times counts. The first table has GB/s over the whole log: `re` and re2
make Match objects, and so does zcio under "finditer"; "spans" makes tuples, "count" neither. A row in which zcio's
finditer or spans are slower than `re` ends in LOSS. The other tables have, for smaller texts, the time of `re` divided
by that of zcio; one `search` of 100 bytes in nanoseconds; and searches for many words at once.
"""

import collections
import math
import random
import re
import sys
import time

import zcio.re

try:
    import re2
except ImportError:
    re2 = None

try:
    import ahocorasick
except ImportError:
    ahocorasick = None

try:
    import hyperscan
except ImportError:
    hyperscan = None

PATTERNS = [
    ("literal, absent", rb"needle in no line"),
    ("literal and digits, rare", rb"rare[0-9]+"),
    ("ignore case, absent", rb"(?i)no such word"),
    ("three words", rb"ERROR|FATAL|PANIC"),
    ("IPv4, every line", rb"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b"),
    ("ISO time, absent", rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"),
    ("status", rb"\b50[0-9]\b"),
    ("e-mail, absent", rb"[\w.+-]+@[\w-]+\.[\w.-]+"),
    ("line start", rb"(?m)^10\..*GET"),
    ("five groups", rb"(\S+) (\S+) (\S+) \[(.*?)\] (\d+)"),
    ("digits, dense", rb"\d+"),
    ("whole lines, dense", rb".+"),
    ("across lines", rb"(?s)FATAL.{0,200}?rare"),
]
SIZES = [("100 B", 100), ("4 KiB", 4096), ("64 KiB", 65536), ("1 MiB", 1 << 20)]


def log(size):
    """A log of about ``size`` bytes."""
    rnd = random.Random(1)
    block = []
    for number in range(20000):
        word = (
            "rare%d" % number if number % 5000 == 4999 else rnd.choice(["/index.html", "/img/a.png", "/api/v1/items"])
        )
        place = ".".join(str(rnd.randrange(1, 255)) for _ in range(4))
        kind = "ERROR" if number % 500 == 0 else "GET"
        block.append("%s - - [10/Oct/2000:13:55:36] %d %s %s\n" % (place, rnd.choice([200, 304, 404, 503]), kind, word))
    block = "".join(block).encode()
    return (block * (size // len(block) + 1))[:size]


def exhaust(iterator):
    """Go through an iterator as fast as Python can. Returns how many items it had."""
    counter = collections.deque(enumerate(iterator, 1), 1)
    return counter[0][0] if counter else 0


def best(rivals, rounds, least=0.0):
    """The least seconds of each function, and the set of what they returned. Each round lasts at least ``least``."""
    times, results = [1e9] * len(rivals), set()
    for _ in range(rounds):
        for at, rival in enumerate(rivals):
            calls, begun = 0, time.perf_counter()
            while True:
                results.add(rival())
                calls += 1
                took = time.perf_counter() - begun
                if took >= least:
                    break
            times[at] = min(times[at], took / calls)
    return times, results


def mean(ratios):
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def compare_large(text):
    """The whole log, pattern by pattern."""
    print("%-26s %9s %8s %8s %8s %8s %8s" % ("GB/s", "matches", "re", "finditer", "spans", "count", "re2"))
    ratios = collections.defaultdict(list)
    for name, pattern in PATTERNS:
        ours, theirs = zcio.re.compile(pattern), re.compile(pattern)
        rivals = [
            lambda: exhaust(theirs.finditer(text)),
            lambda: exhaust(ours.finditer(text)),
            lambda: exhaust(ours.spans(text)),
            lambda: ours.count(text),
        ]
        if re2 is not None:
            rivals.append(lambda: exhaust(re2.compile(pattern).finditer(text)))
        times, counts = best(rivals, 1 if len(text) > 1 << 28 else 3)
        rates = "".join("%9.3f" % (len(text) / one / 1e9) for one in times)
        loss = " LOSS" if times[1] > times[0] * 1.05 or times[2] > times[0] * 1.05 else ""
        print("%-26s %9d%s%s%s" % (name, counts.pop(), rates, loss, " DIFFERENT COUNTS" if counts else ""), flush=True)
        for way, one in zip(("finditer", "spans", "count"), times[1:4]):
            ratios[way + " over re"].append(times[0] / one)
            if re2 is not None:
                ratios[way + " over re2"].append(times[4] / one)
    for name, found in ratios.items():
        print("geometric mean, %s: %.1f, the least %.2f" % (name, mean(found), min(found)))


def compare_small(text):
    """Beginnings of the log: how many times as fast as ``re``."""
    print("\n%-26s%s" % ("times re, finditer/spans", "".join("%14s" % name for name, _ in SIZES)))
    for name, pattern in PATTERNS:
        ours, theirs = zcio.re.compile(pattern), re.compile(pattern)
        row = []
        for _, size in SIZES:
            part = text[:size]
            rivals = [lambda: exhaust(theirs.finditer(part)), lambda: exhaust(ours.finditer(part))]
            rivals.append(lambda: exhaust(ours.spans(part)))
            times, _ = best(rivals, 5, 0.005)
            row.append("%7.2f %6.2f" % (times[0] / times[1], times[0] / times[2]))
        print("%-26s%s" % (name, "".join(row)), flush=True)
    small = text[:100]
    ours, theirs = zcio.re.compile(b"absent"), re.compile(b"absent")
    times, _ = best([lambda: theirs.search(small), lambda: ours.search(small)], 50, 0.001)
    print("one search of 100 bytes: re %.0f ns, zcio %.0f ns" % (times[0] * 1e9, times[1] * 1e9))


def compare_words(text):
    """Many words at once: GB/s to count them."""
    print("\n%-26s %9s %8s %8s %12s %9s" % ("words, GB/s", "matches", "re", "count", "pyahocorasick", "hyperscan"))
    rnd = random.Random(2)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number in (3, 50, 500):
        words = ["ERROR", "rare4999", "PANIC"] + ["".join(rnd.choice(letters) for _ in range(8)) for _ in range(number)]
        words = words[:number]
        pattern = "|".join(words).encode()
        ours, theirs = zcio.re.compile(pattern), re.compile(pattern)
        rivals = [lambda: exhaust(theirs.finditer(text)), lambda: ours.count(text)]
        if ahocorasick is not None:
            automaton = ahocorasick.Automaton()
            for word in words:
                automaton.add_word(word, word)
            automaton.make_automaton()
            as_text = text.decode("latin-1")
            rivals.append(lambda: exhaust(automaton.iter(as_text)))
        if hyperscan is not None:
            database = hyperscan.Database()
            database.compile(expressions=[word.encode() for word in words], ids=list(range(number)))

            def scan():
                found = []
                database.scan(text, match_event_handler=lambda *event: found.append(event) and None)
                return len(found)

            rivals.append(scan)
        times, counts = best(rivals, 3)
        rates = "".join("%10.3f" % (len(text) / one / 1e9) for one in times)
        print("%-26d %9d%s%s" % (number, counts.pop(), rates, " DIFFERENT COUNTS" if counts else ""), flush=True)


def main():
    text = log(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 16000000)
    compare_large(text)
    compare_small(text[: 1 << 20])
    compare_words(text[: 32 << 20])


if __name__ == "__main__":
    main()
