"""Functions that the packaging scripts share: running commands, finding interpreters, checking wheels and sdists."""

import glob
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile

__all__ = [
    "ROOT",
    "SMOKE",
    "WANTED",
    "Failed",
    "check_sdist",
    "check_wheel",
    "copy_tree",
    "expect",
    "interpreters",
    "run",
    "version",
]

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WANTED = ["python3.%d" % minor for minor in range(6, 16)] + ["pypy3.%d" % minor for minor in range(9, 12)]
# A wheel has about 1.06 MB (0.77 without regular expressions). Find out why if one exceeds this.
LARGEST_WHEEL = 1500 * 1000
# Left out of a copied tree, so that a build starts as from a fresh clone.
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".tox", "target", "build", "dist", "*.egg-info", "*.so", "__pycache__", ".hypothesis", ".*_cache"
)
# Checks that hold for every version of zcio: it imports, the core works, and both have the same version.
SMOKE = """
import sys
import zcio
from zcio import _core
from zcio._core import search as core_search
assert _core.version() == {version!r}, _core.version()
assert core_search.find(b"abc" * 9, b"ca", 0, 27) == 2
suffix = sys.modules["zcio._native"].__file__.rsplit("_native", 1)[1]
assert (suffix in (".abi3.so", ".abi3t.so")) == ({stable_abi}), suffix
assert ({source!r} in zcio.__file__) == {editable}, zcio.__file__
try:
    _core.panic_probe()
except _core.CoreError:
    pass
else:
    raise SystemExit("the core's panic was not caught")
"""


class Failed(Exception):
    """A check failed; the text says which."""


def run(command, **options):
    """Run ``command`` and return its output; raise Failed with the output if it fails. ``env`` replaces os.environ."""
    env = dict(options.pop("env", os.environ), PIP_DISABLE_PIP_VERSION_CHECK="1")
    env.pop("PYTHONPATH", None)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, **options
    )
    said = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode:
        raise Failed("%s\n%s\n(exit status %d)" % (" ".join(command), said.rstrip(), process.returncode))
    return said


def expect(holds, what):
    """Raise Failed with the text ``what`` unless ``holds``."""
    if not holds:
        raise Failed(what)


def version():
    """The version in Cargo.toml."""
    with open(os.path.join(ROOT, "Cargo.toml")) as manifest:
        return re.search(r'^version = "([^"]+)"', manifest.read(), re.M).group(1)


def interpreters(names):
    """``{name: path}`` of the interpreters on PATH that start; a pyenv shim of a version that is not selected does
    not."""
    found = {}
    for name in names:
        # Some PyPy packages install only `pypy3`.
        for command in [name, "pypy3"] if name.startswith("pypy") else [name]:
            for directory in os.environ["PATH"].split(os.pathsep):
                path = os.path.join(directory, command)
                if name in found or not os.access(path, os.X_OK):
                    continue
                ask = "import sys; print('%s3.%d' % (sys.implementation.name, sys.version_info[1]), sys.executable)"
                try:
                    said, _, itself = run([path, "-c", ask]).strip().partition(" ")
                except (Failed, OSError):
                    continue
                if said.replace("cpython", "python") == name:
                    # Not the shim, which selects a version by the current directory.
                    found[name] = itself
    return found


def copy_tree(to):
    """Copy the source tree as a fresh clone has it."""
    shutil.copytree(ROOT, to, ignore=LEFT_BEHIND)
    return to


def check_sdist(path):
    """Content of the sdist."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"Cargo.lock", "LICENSE-MIT", "LICENSES-THIRD-PARTY.txt"}
    needed |= {"rust/include/zcio.h", "rust/src/lib.rs", "tests_py/conftest.py"}
    expect(needed <= names, "the sdist lacks %s" % sorted(needed - names))
    binary = [name for name in names if name.endswith((".so", ".a", ".pyc"))]
    expect(not binary, "the sdist carries %s" % binary)


def check_wheel(path, tag="cp36-abi3-", source=ROOT):
    """Tag, size, content and symbols of a wheel that was made of the tree ``source``."""
    name = os.path.basename(path)
    expect(name.startswith("zcio-%s-%s" % (version(), tag)), "the wheel is called " + name)
    size = os.path.getsize(path)
    expect(size < LARGEST_WHEEL, "the wheel has %d bytes" % size)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        (native_name,) = (p for p in names if p.startswith("zcio/_native."))
        native = archive.read(native_name)
        metadata = archive.read("zcio-%s.dist-info/METADATA" % version()).decode()
        commit = archive.read("zcio/commit.txt").decode().strip() if "zcio/commit.txt" in names else None
    modules = glob.glob(os.path.join(source, "zcio", "**", "*"), recursive=True)
    modules = {os.path.relpath(path, source) for path in modules if path.endswith((".py", ".pyi", "py.typed"))}
    packed = {p for p in names if ".dist-info/" not in p} - {"zcio/commit.txt"}
    expected = modules | {native_name}
    expect(packed == expected, "the wheel's files: %s" % sorted(packed ^ expected))
    for licence in ("LICENSE-APACHE", "LICENSE-MIT", "LICENSES-THIRD-PARTY.txt"):
        expect(any(p.endswith("/" + licence) for p in names), "the wheel lacks " + licence)
    if os.path.exists(os.path.join(source, ".git")):
        expect(commit == run(["git", "rev-parse", "HEAD"], cwd=source).strip(), "the wheel is of commit %s" % commit)
    expect("\nVersion: %s\n" % version() in metadata, "the wheel's metadata tells another version")
    if native[:4] == b"\x7fELF":
        _check_module(native)


def _check_module(native):
    """Symbols of the native module."""
    with tempfile.NamedTemporaryFile() as module:
        module.write(native)
        module.flush()
        expect("no symbols" in run(["nm", module.name]), "the native module is not stripped")
        exported = run(["nm", "-D", "--defined-only", "--format=posix", module.name]).split("\n")
    exported = [line.split()[0] for line in exported if line]
    expect(exported in (["PyInit__native"], ["_cffi_pypyinit__native"]), "the native module exports %s" % exported)
