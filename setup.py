"""Packaging. The metadata is in setup.cfg, the version in Cargo.toml, the native build in pybind/."""

import os
import shutil
import sys

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

# pip's build isolation runs this file without its directory on the path.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from pybind import STABLE_ABI, cargo  # noqa: E402


def check_cffi(distribution):
    """Without cffi, setuptools would only warn of a keyword it does not know, and pack a zcio without its core."""
    if not distribution.ext_modules:
        raise cargo.CannotBuild("cffi was not found in %s; without build isolation, install it first" % sys.prefix)


class FreshBuild(build_py):
    """Empties build/lib first: a module deleted since the last build must not get into a wheel."""

    def run(self):
        check_cffi(self.distribution)
        shutil.rmtree(self.build_lib, ignore_errors=True)
        build_py.run(self)


class BuildCoreFirst(build_ext):
    """Runs cargo before the C compiler; inside build_ext, because editable installs run nothing else."""

    def run(self):
        check_cffi(self.distribution)
        library = cargo.build()
        for extension in self.extensions:
            extension.extra_objects.append(library)
            extension.depends.append(library)
        build_ext.run(self)


setup(
    version=cargo.manifest_value("version"),
    cffi_modules=["pybind/build_ffi.py:ffibuilder"],
    cmdclass={"build_py": FreshBuild, "build_ext": BuildCoreFirst},
    options={"bdist_wheel": {"py_limited_api": "cp36"}} if STABLE_ABI else {},
)
