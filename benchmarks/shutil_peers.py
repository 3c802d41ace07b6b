"""zcio.shutil beside the standard library's shutil, ``cp -a`` and rsync: trees of small and of large files, and files.

    python benchmarks/shutil_peers.py [--files N] [DIRECTORY ...]

Runs in each DIRECTORY (default: /dev/shm and the one for temporary files); what is not installed is left out. Times
are the best of several rounds, rivals in turn, the target removed and everything written out before each; the first
copy of each rival is compared with the source. Ratios count; times are those of this machine on this day.
"""

import argparse
import filecmp
import functools
import os
import random
import shutil
import subprocess
import tempfile
import time

import zcio.shutil
import zcio.splice

ROUNDS = 5
SIZES = [0, 1, 4096, 65536, 1 << 20, 100 << 20]
# What copies a path to a path: the standard library's function and ours.
FUNCTIONS = {
    "copyfile": (shutil.copyfile, zcio.shutil.copyfile),
    "copy2": (shutil.copy2, zcio.shutil.copy2),
    "splice.copy": (shutil.copyfile, zcio.splice.copy),
    "splice.copy, atomic=False": (shutil.copyfile, functools.partial(zcio.splice.copy, atomic=False)),
}


def race(rivals, prepare, check, repeat=1):
    """The best time of each rival, in seconds."""
    best = {}
    for number in range(ROUNDS):
        for name, run in random.sample(sorted(rivals.items()), len(rivals)):
            prepare()
            begun = time.perf_counter()
            for _ in range(repeat):
                run()
            took = (time.perf_counter() - begun) / repeat
            best[name] = min(took, best.get(name, took))
            if number == 0 and not check():
                raise SystemExit("%s: not a copy" % name)
    return best


def show(title, best):
    """A row for each, the fastest first."""
    theirs = best["shutil"]
    for name, took in sorted(best.items(), key=lambda one: one[1]):
        print("| %s | %s | %.0f us | %.2f |" % (title, name, took * 1e6, took / theirs), flush=True)


def equal(one, other):
    """Whether both trees hold the same names, contents, modes and modification times."""
    for directory, names, files in os.walk(one):
        copied = os.path.join(other, os.path.relpath(directory, one))
        if sorted(os.listdir(copied)) != sorted(names + files):
            return False
        for name in files:
            about = [os.stat(os.path.join(place, name)) for place in (directory, copied)]
            if len({(each.st_size, each.st_mode, each.st_mtime_ns) for each in about}) > 1:
                return False
            if not filecmp.cmp(os.path.join(directory, name), os.path.join(copied, name), shallow=False):
                return False
    return True


def tree(folder, title, files, per_directory, size):
    src, dst = os.path.join(folder, "src"), os.path.join(folder, "dst")
    for number in range(files):
        directory = os.path.join(src, str(number // per_directory))
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, str(number)), "wb") as file:
            file.write(os.urandom(size or random.choice([10, 500, 2000, 4096])))

    def prepare():
        shutil.rmtree(dst, ignore_errors=True)
        os.sync()

    rivals = {
        "shutil": lambda: shutil.copytree(src, dst),
        "zcio": lambda: zcio.shutil.copytree(src, dst),
        "zcio, 2 workers": lambda: zcio.shutil.copytree(src, dst, workers=2),
        "cp -a": lambda: subprocess.check_call(["cp", "-a", src, dst]),
    }
    if shutil.which("rsync"):
        rivals["rsync -a"] = lambda: subprocess.check_call(["rsync", "-a", src + "/", dst])
    show(title, race(rivals, prepare, lambda: equal(src, dst)))
    shutil.rmtree(src)
    shutil.rmtree(dst)


def file(folder, size):
    src, dst = os.path.join(folder, "src"), os.path.join(folder, "dst")
    with open(src, "wb") as written:
        written.write(os.urandom(size))

    def prepare():
        if os.path.exists(dst):
            os.unlink(dst)
        os.sync()

    repeat = max(1, min(500, (10 << 20) // (size + 20000)))
    for name, (theirs, ours) in FUNCTIONS.items():
        rivals = {"shutil": functools.partial(theirs, src, dst), "zcio": functools.partial(ours, src, dst)}
        best = race(rivals, prepare, lambda: filecmp.cmp(src, dst, shallow=False), repeat)
        show("%s, %d bytes" % (name, size), best)
    os.unlink(src)
    os.unlink(dst)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=20000, help="small files in the first tree (default: 20000)")
    parser.add_argument("directories", metavar="DIRECTORY", nargs="*")
    options = parser.parse_args()
    usual = [path for path in ("/dev/shm", tempfile.gettempdir()) if os.path.isdir(path)]
    for directory in options.directories or usual:
        print("\n%s\n\n| what | by | best of %d | times shutil's |\n|---|---|---|---|" % (directory, ROUNDS))
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            for size in SIZES:
                file(folder, size)
            tree(folder, "%d small files" % options.files, options.files, 200, 0)
            tree(folder, "4 files of 64 MiB", 4, 4, 64 << 20)


if __name__ == "__main__":
    main()
