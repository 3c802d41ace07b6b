"""Compare zcio.re with re, and with google-re2 if that is installed: GB/s over a generated log.

    python benchmarks/re_peers.py [MEGABYTES]

Rivals take turns, the least time of three counts. `re` and re2 make Match objects, zcio too under "finditer"; "spans"
makes tuples. Where zcio is slower than `re`, the row ends in LOSS.
"""

import random
import re
import sys
import time

import zcio.re

try:
    import re2
except ImportError:
    re2 = None

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
    ("across lines", rb"(?s)FATAL.{0,200}?rare"),
]


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
    count = 0
    for _ in iterator:
        count += 1
    return count


def main():
    text = log(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 16000000)
    print("%-26s %8s %8s %8s %8s %8s" % ("", "matches", "re", "finditer", "spans", "re2"))
    for name, pattern in PATTERNS:
        ours, theirs = zcio.re.compile(pattern), re.compile(pattern)
        ours.count(text[: 1 << 20])
        rivals = [lambda: theirs.finditer(text), lambda: ours.finditer(text), lambda: ours.spans(text)]
        if re2 is not None:
            rivals.append(lambda: re2.compile(pattern).finditer(text))
        times, counts = [1e9] * len(rivals), set()
        for _ in range(3):
            for at, rival in enumerate(rivals):
                begun = time.perf_counter()
                counts.add(exhaust(rival()))
                times[at] = min(times[at], time.perf_counter() - begun)
        rates = ["%8.3f" % (len(text) / one / 1e9) for one in times]
        loss = " LOSS" if times[1] > times[0] or times[2] > times[0] else ""
        print("%-26s %8d %s%s" % (name, counts.pop(), " ".join(rates), loss), "" if not counts else "DIFFERENT COUNTS")


if __name__ == "__main__":
    main()
