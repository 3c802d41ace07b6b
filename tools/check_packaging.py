"""Builds and installs zcio in every way pip can, on every interpreter found; `tox -e packaging` runs it.

For each interpreter a fresh environment with the interpreter's own pip, build isolation on: from an sdist, from a
directory, editable, and (CPython) from the one abi3 wheel. The directories are left dirty on purpose.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import sys
import sysconfig
import tempfile
import time
import traceback

from artefacts import (
    ROOT,
    SMOKE,
    WANTED,
    Failed,
    check_sdist,
    check_wheel,
    copy_tree,
    expect,
    interpreters,
    run,
    version,
)

FOREIGN = "_native.cpython-35m-x86_64-linux-gnu.so"


def make_sdist(scratch):
    """The sdist's path, its content checked."""
    tree = copy_tree(os.path.join(scratch, "sdist-tree"))
    open(os.path.join(tree, "zcio", "_native.abi3.so"), "w").close()
    run([sys.executable, "setup.py", "-q", "sdist"], cwd=tree)
    (path,) = glob.glob(os.path.join(tree, "dist", "*.tar.gz"))
    check_sdist(path)
    return path


def plant_stale_files(tree):
    """Make the files that earlier builds may leave in a tree, and that must not get into a wheel."""
    for name in ("_native.abi3.so", FOREIGN):
        with open(os.path.join(tree, "zcio", name), "w") as stale:
            stale.write("stale")
    # Both names that setuptools gives build/lib: the old one and the one with the cache tag.
    for tag in ("%d.%d" % sys.version_info[:2], sys.implementation.cache_tag):
        lib = os.path.join(tree, "build", "lib.%s-%s" % (sysconfig.get_platform(), tag), "zcio")
        os.makedirs(lib)
        for name in ("stale.py", FOREIGN):
            with open(os.path.join(lib, name), "w") as stale:
                stale.write("stale")


def make_wheel(scratch):
    tree = copy_tree(os.path.join(scratch, "wheel-tree"))
    plant_stale_files(tree)
    run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "wheel", tree], cwd=scratch)
    (path,) = glob.glob(os.path.join(scratch, "wheel", "*.whl"))
    check_wheel(path, source=tree)
    return path


def check_interpreter(name, python, scratch, sdist, wheel):
    """Every way of installing and uninstalling, in a fresh environment; yields one line for each."""
    ways = [("sdist", [sdist]), ("directory", ["."]), ("editable", ["-e", "."])]
    if wheel and not name.startswith("pypy"):
        ways.insert(0, ("wheel", [wheel]))
    where = os.path.join(scratch, name)
    env_python = os.path.join(where, "env", "bin", "python")
    run([python, "-m", "venv", os.path.join(where, "env")])
    stable_abi = run([python, "-c", "import pybind; print(pybind.STABLE_ABI is not None)"], cwd=ROOT).strip()
    # The crates that zcio needs are compiled once for all ways, zcio itself for each.
    env = dict(os.environ, CARGO_TARGET_DIR=os.path.join(where, "target"))
    for way, what in ways:
        started = time.time()
        tree = copy_tree(os.path.join(where, way))
        run([env_python, "-m", "pip", "install"] + what, cwd=tree, env=env)
        facts = {"version": version(), "stable_abi": stable_abi, "source": tree, "editable": way == "editable"}
        # From another directory, so that an import finds what was installed.
        run([env_python, "-c", SMOKE.format(**facts)], cwd=where)
        listed = run([env_python, "-m", "pip", "list"], cwd=where)
        expect(re.search(r"^zcio\s+\(?%s\b" % re.escape(version()), listed, re.M), "pip list says: " + listed)
        run([env_python, "-m", "pip", "uninstall", "-y", "zcio"], cwd=where)
        shutil.rmtree(tree)
        yield "%-11s %-10s %4.0f s" % (name, way, time.time() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="python3.6, pypy3.9, ...: must be there (default: all found)")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    found = interpreters(options.names or WANTED)
    missing = [name for name in options.names if name not in found]
    if missing:
        parser.error("not found on PATH: " + ", ".join(missing))

    failures = []

    def one(name):
        try:
            for line in check_interpreter(name, found[name], scratch, sdist, wheel):
                print(line, flush=True)
        except Exception as error:
            failures.append(name)
            why = error if isinstance(error, Failed) else traceback.format_exc()
            print("%s FAILED: %s" % (name, why), flush=True)

    scratch = tempfile.mkdtemp(prefix="zcio-packaging-")
    try:
        sdist = make_sdist(scratch)
        print("sdist: %d bytes" % os.path.getsize(sdist), flush=True)
        wheel = make_wheel(scratch) if sys.implementation.name == "cpython" else None
        if wheel:
            print("wheel: %s, %d bytes" % (os.path.basename(wheel), os.path.getsize(wheel)), flush=True)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(one, found))
    except Failed as error:
        sys.exit("FAILED: %s" % error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if failures:
        sys.exit("FAILED on " + ", ".join(failures))
    print("packaging: all well on " + ", ".join(found))


if __name__ == "__main__":
    main()
