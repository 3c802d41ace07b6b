"""Writes README's support table from what ran: ``python tools/support_table.py DIRECTORY``.

DIRECTORY has the files that test runs leave with ``ZCIO_RESULTS=DIRECTORY`` (``tox``, ``tools/debian_matrix.sh``).
"""

import glob
import json
import os
import re
import sys

README = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "README.md")
BEGIN, END = "<!-- what ran: tools/support_table.py -->\n", "<!-- end of what ran -->\n"


def _order(result):
    name = result["interpreter"]
    return name.startswith("PyPy"), [int(number) for number in re.findall(r"\d+", name)], result["free_threaded"]


def _row(result):
    name = result["interpreter"] + (", free-threaded" if result["free_threaded"] else "")
    bad = result["failed"] + result["error"]
    outcome = "all pass" if result["ok"] else "%d fail" % bad
    wheel = "`cp36-abi3` wheel" if ".abi3." in result["native"] else "built from source"
    counts = (result["passed"], result["skipped"])
    return "| %s | %s | %s | %d passed, %d skipped: %s |\n" % ((name, wheel, result["system"]) + counts + (outcome,))


def main(directory):
    results = []
    for path in glob.glob(os.path.join(directory, "*.json")):
        with open(path) as file:
            results.append(json.load(file))
    if not results:
        sys.exit("no results in " + directory)
    table = "| interpreter | zcio | system | tests |\n|---|---|---|---|\n"
    table += "".join(map(_row, sorted(results, key=_order)))
    with open(README) as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit("README.md has no place for the table")
    with open(README, "w") as file:
        file.write(before + BEGIN + table + END + after)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
