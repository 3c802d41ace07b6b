"""The zcio under test is of one version, has one native module, and nothing else is installed with it."""

import os
import re
import subprocess
import sys
import sysconfig

import pytest
from places import ROOT

import zcio
from zcio import _core

PACKAGE = os.path.dirname(os.path.abspath(zcio.__file__))
NATIVE = sys.modules["zcio._native"].__file__


def cargo_version():
    with open(os.path.join(ROOT, "Cargo.toml")) as manifest:
        return re.search(r'^version = "([^"]+)"', manifest.read(), re.M).group(1)


def test_core_tells_the_version_of_cargo_toml():
    assert _core.version() == cargo_version()


def test_metadata_tells_the_version_of_cargo_toml():
    if sys.version_info >= (3, 8):
        from importlib.metadata import PackageNotFoundError, version  # novm
    else:
        pkg_resources = pytest.importorskip("pkg_resources")
        PackageNotFoundError = pkg_resources.DistributionNotFound

        def version(name):
            return pkg_resources.get_distribution(name).version

    try:
        found = version("zcio")
    except PackageNotFoundError:
        pytest.skip("not installed, but on the path")
    assert found == cargo_version()


def test_native_module_has_the_stable_abi_where_there_is_one():
    stable_abi = (
        sys.implementation.name == "cpython"
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and not hasattr(sys, "gettotalrefcount")
    )
    suffix = os.path.basename(NATIVE).replace("_native", "", 1)
    if stable_abi:
        assert suffix in (".abi3.so", ".abi3t.so")
    else:
        assert suffix == sysconfig.get_config_var("EXT_SUFFIX")


FREE_THREADED = "sysconfig.get_config_vars()['Py_GIL_DISABLED'] = 1"
DEBUG = "sys.gettotalrefcount = len"


@pytest.mark.parametrize(
    "sign, expected",
    [(FREE_THREADED + "; sys.version_info = (3, 14)", "None"), (FREE_THREADED, "cp315"), (DEBUG, "None")],
)
def test_the_stable_abi_of_free_threaded_and_debug_builds(sign, expected):
    code = "import sys, sysconfig; sys.path[:0] = [%r]; sys.version_info = (3, 15); %s; import pybind" % (ROOT, sign)
    said = subprocess.check_output([sys.executable, "-c", code + "; print(pybind.STABLE_ABI)"])
    assert said.decode().strip() == (expected if sys.implementation.name == "cpython" else "None")


def test_nothing_but_the_package_is_installed():
    if PACKAGE.startswith(ROOT + os.sep) and ".tox" not in PACKAGE:
        pytest.skip("an editable install")
    binary = [name for name in os.listdir(PACKAGE) if name.endswith((".so", ".a", ".c", ".h"))]
    assert binary == [os.path.basename(NATIVE)]
    beside = os.listdir(os.path.dirname(PACKAGE))
    assert not {"pybind", "tests_py", "benchmarks", "tools", "rust"} & set(beside)


def test_source_modules_are_installed():
    if PACKAGE == os.path.join(ROOT, "zcio"):
        pytest.skip("an editable install")

    def modules(top):
        found = set()
        for directory, _, names in os.walk(top):
            wanted = (name for name in names if name.endswith((".py", ".pyi", "py.typed")))
            found.update(os.path.relpath(os.path.join(directory, name), top) for name in wanted)
        return found

    assert modules(PACKAGE) == modules(os.path.join(ROOT, "zcio"))


def test_import_needs_nothing_that_is_only_for_building():
    code = "import sys, zcio._core; print({'cffi', 'pybind', 'setuptools', 'hypothesis'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code]).decode().strip() == "set()"


def test_every_directory_of_modules_is_a_package():
    # setuptools' find: leaves out a directory without __init__.py, and the wheel then cannot be imported.
    source = os.path.join(ROOT, "zcio")
    modules = [(where, files) for where, _, files in os.walk(source) if any(name.endswith(".py") for name in files)]
    assert [where for where, files in modules if "__init__.py" not in files] == []
