"""Packaging. The metadata is in setup.cfg, the version in Cargo.toml, the native build in pybind/."""

import os
import sys
import sysconfig

from setuptools import setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from pybind import cargo  # noqa: E402


class BuildCoreFirst(build_ext):
    """Runs cargo before the C compiler: editable installs call only build_ext."""

    def run(self):
        cargo.build()
        build_ext.run(self)


# One wheel serves every CPython from 3.6 on; PyPy has no stable ABI, free-threaded builds need their own.
STABLE_ABI = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    version=cargo.manifest_value("version"),
    cffi_modules=["pybind/build_ffi.py:ffibuilder"],
    cmdclass={"build_ext": BuildCoreFirst},
    options={"bdist_wheel": {"py_limited_api": "cp36"}} if STABLE_ABI else {},
)
