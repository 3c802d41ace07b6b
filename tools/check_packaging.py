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
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import traceback
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WANTED = ["python3.%d" % minor for minor in range(6, 16)] + ["pypy3.%d" % minor for minor in range(9, 12)]
MEGABYTE = 1000 * 1000
FOREIGN = "_native.cpython-35m-x86_64-linux-gnu.so"
# What a build may not find, so that it starts as from a fresh clone.
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".tox", "target", "build", "dist", "*.egg-info", "*.so", "__pycache__", ".hypothesis", ".*_cache"
)
# Only what holds for every version of zcio: it imports, the core answers, and both tell the one version.
SMOKE = """
import sys
import zcio
from zcio import _lib
assert _lib.version() == {version!r}, _lib.version()
assert _lib.find(b"abc" * 9, b"ca", 0, 27) == 2
suffix = sys.modules["zcio._native"].__file__.rsplit("_native", 1)[1]
assert (suffix == ".abi3.so") == ({stable_abi}), suffix
assert ({source!r} in zcio.__file__) == {editable}, zcio.__file__
"""


class Failed(Exception):
    """A check that did not hold; its text says which."""


def run(command, **options):
    """Run ``command``; Failed with its output where it fails."""
    env = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    env.pop("PYTHONPATH", None)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, **options
    )
    said = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode:
        raise Failed("%s\n%s\n(exit status %d)" % (" ".join(command), said.rstrip(), process.returncode))
    return said


def expect(holds, what):
    if not holds:
        raise Failed(what)


def version():
    with open(os.path.join(ROOT, "Cargo.toml")) as manifest:
        return re.search(r'^version = "([^"]+)"', manifest.read(), re.M).group(1)


def interpreters(names):
    """``{name: path}`` of those on PATH that start; a pyenv shim for a version not chosen does not."""
    found = {}
    for name in names:
        # Some PyPy packages install only `pypy3`.
        for command in [name, "pypy3"] if name.startswith("pypy") else [name]:
            for directory in os.environ["PATH"].split(os.pathsep):
                path = os.path.join(directory, command)
                if name in found or not os.access(path, os.X_OK):
                    continue
                ask = "import sys; print('%s3.%d' % (sys.implementation.name, sys.version_info[1]))"
                try:
                    said = run([path, "-c", ask]).strip()
                except (Failed, OSError):
                    continue
                if said.replace("cpython", "python") == name:
                    found[name] = path
    return found


def copy_tree(to):
    shutil.copytree(ROOT, to, ignore=LEFT_BEHIND)
    return to


def make_sdist(scratch):
    """The sdist's path, its content checked."""
    tree = copy_tree(os.path.join(scratch, "sdist-tree"))
    open(os.path.join(tree, "zcio", "_native.abi3.so"), "w").close()
    run([sys.executable, "setup.py", "-q", "sdist"], cwd=tree)
    (path,) = glob.glob(os.path.join(tree, "dist", "*.tar.gz"))
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"Cargo.lock", "LICENSE-MIT", "rust/include/zcio.h", "rust/src/lib.rs", "tests_py/conftest.py"}
    expect(needed <= names, "the sdist lacks %s" % sorted(needed - names))
    binary = [name for name in names if name.endswith((".so", ".a", ".pyc"))]
    expect(not binary, "the sdist carries %s" % binary)
    return path


def plant_stale_files(tree):
    """What other builds leave in a tree, and must not enter a wheel."""
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


def check_wheel(path):
    """Tag, size, content and symbols of the wheel of a CPython with the stable ABI."""
    name = os.path.basename(path)
    expect(name.startswith("zcio-%s-cp36-abi3-" % version()), "the wheel is called " + name)
    size = os.path.getsize(path)
    expect(size < MEGABYTE, "the wheel has %d bytes" % size)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        native = archive.read("zcio/_native.abi3.so")
        metadata = archive.read("zcio-%s.dist-info/METADATA" % version()).decode()
    modules = glob.glob(os.path.join(ROOT, "zcio", "**", "*"), recursive=True)
    modules = {os.path.relpath(path, ROOT) for path in modules if path.endswith((".py", ".pyi", "py.typed"))}
    packed = {p for p in names if ".dist-info/" not in p}
    expected = modules | {"zcio/_native.abi3.so"}
    expect(packed == expected, "the wheel's files: %s" % sorted(packed ^ expected))
    expect(any(p.endswith("LICENSE-MIT") for p in names), "the wheel carries no licence")
    expect("\nVersion: %s\n" % version() in metadata, "the wheel's metadata tells another version")
    if native[:4] == b"\x7fELF":
        with tempfile.NamedTemporaryFile() as module:
            module.write(native)
            module.flush()
            expect("no symbols" in run(["nm", module.name]), "the native module is not stripped")
            exported = run(["nm", "-D", "--defined-only", "--format=posix", module.name]).split("\n")
        exported = [line.split()[0] for line in exported if line]
        expect(exported == ["PyInit__native"], "the native module exports %s" % exported)


def make_wheel(scratch):
    tree = copy_tree(os.path.join(scratch, "wheel-tree"))
    plant_stale_files(tree)
    run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "wheel", tree], cwd=scratch)
    (path,) = glob.glob(os.path.join(scratch, "wheel", "*.whl"))
    check_wheel(path)
    return path


def check_interpreter(name, python, scratch, sdist, wheel):
    """Every way of installing and uninstalling, in a fresh environment; yields one line for each."""
    ways = [("sdist", [sdist]), ("directory", ["."]), ("editable", ["-e", "."])]
    if wheel and not name.startswith("pypy"):
        ways.insert(0, ("wheel", [wheel]))
    where = os.path.join(scratch, name)
    env_python = os.path.join(where, "env", "bin", "python")
    run([python, "-m", "venv", os.path.join(where, "env")])
    stable_abi = run([python, "-c", "import pybind; print(pybind.STABLE_ABI)"], cwd=ROOT).strip()
    for way, what in ways:
        started = time.time()
        tree = copy_tree(os.path.join(where, way))
        run([env_python, "-m", "pip", "install"] + what, cwd=tree)
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
