"""Packaging. The metadata is in setup.cfg, the version in Cargo.toml, the native build in pybind/."""

import os
import re
import shutil
import subprocess
import sys

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

# pip's build isolation runs this file without its directory on the path.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from pybind import STABLE_ABI, cargo  # noqa: E402


def check_cffi(distribution):
    """Raise an error without cffi. setuptools would only warn of an unknown keyword, and build zcio without its
    core."""
    if not distribution.ext_modules:
        raise cargo.CannotBuild("cffi was not found in %s; without build isolation, install it first" % sys.prefix)


def record_commit(directory):
    """Write the commit of this checkout to zcio/commit.txt, for `python -m zcio info`, if git knows it."""
    if not os.path.exists(os.path.join(cargo.ROOT, ".git")):
        return  # an sdist, whose zcio/commit.txt was written when it was made
    command = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    try:
        said = subprocess.check_output(command, cwd=cargo.ROOT, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return
    with open(os.path.join(directory, "zcio", "commit.txt"), "wb") as file:
        file.write(said)


class FreshBuild(build_py):
    """Empties build/lib first: a module deleted since the last build must not get into a wheel."""

    def run(self):
        check_cffi(self.distribution)
        shutil.rmtree(self.build_lib, ignore_errors=True)
        build_py.run(self)
        if os.path.isdir(os.path.join(self.build_lib, "zcio")):  # not so for an editable install
            record_commit(self.build_lib)


class SdistWithCommit(sdist):
    """Puts zcio/commit.txt into the sdist: a zcio that is built from it has no .git to ask for the commit."""

    def make_release_tree(self, base_dir, files):
        sdist.make_release_tree(self, base_dir, files)
        record_commit(base_dir)


class BuildCoreFirst(build_ext):
    """Runs cargo before the C compiler; inside build_ext, because editable installs run nothing else."""

    def run(self):
        check_cffi(self.distribution)
        library = cargo.build()
        for extension in self.extensions:
            extension.extra_objects.append(library)
            extension.depends.append(library)
        build_ext.run(self)

    def get_ext_filename(self, fullname):
        # setuptools 84 puts the platform behind abi3, a name that only CPython 3.15 and newer look for.
        return re.sub(r"\.(abi3t?)-[^.]*", r".\1", build_ext.get_ext_filename(self, fullname))


setup(
    version=cargo.manifest_value("version"),
    cffi_modules=["pybind/build_ffi.py:ffibuilder"],
    cmdclass={"build_py": FreshBuild, "build_ext": BuildCoreFirst, "sdist": SdistWithCommit},
    options={"bdist_wheel": {"py_limited_api": STABLE_ABI}} if STABLE_ABI else {},
)
