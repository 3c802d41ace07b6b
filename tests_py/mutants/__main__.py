"""The table of mutants: a column of steps for each seed; the exit status is how many were missed."""

import sys
import tempfile

from hypothesis import configuration

from mutants import MUTANTS, noticed
from zcio.compat.subjects import SUBJECTS


def main(arguments):
    subjects = [word for word in arguments if word in SUBJECTS] or list(SUBJECTS)
    seeds = [int(word) for word in arguments if word not in SUBJECTS] or [1]
    print("| subject | mutant | noticed by | " + " | ".join("seed %d" % seed for seed in seeds) + " |")
    print("|---|---|---|" + "---|" * len(seeds))
    missed = 0
    for mutant in MUTANTS:
        if mutant.here and mutant.subject in subjects:
            watches = [noticed(mutant, seed) for seed in seeds]
            missed += sum(watch.operation is None for watch in watches)
            by = sorted({watch.operation for watch in watches} - {None})
            steps = [watch.steps if watch.operation else "MISSED in %d" % watch.steps for watch in watches]
            print("| %s | %s | %s | " % (mutant.subject, mutant.name, ", ".join(by)), end="")
            print(" | ".join(map(str, steps)) + " |", flush=True)
    return missed


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        configuration.set_hypothesis_home_dir(scratch)
        sys.exit(main(sys.argv[1:]))
