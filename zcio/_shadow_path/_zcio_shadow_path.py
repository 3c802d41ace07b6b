"""The functions of this directory. They are imported from sys.path, also by interpreters that lack zcio."""

import os
import sys
from importlib.machinery import BuiltinImporter, PathFinder
from importlib.util import module_from_spec, spec_from_file_location

__all__ = ["prepare", "replace_mmap", "run_hidden"]

_HERE = os.path.dirname(os.path.abspath(__file__))


def _hidden_spec(name):
    """The spec of the module ``name`` that this directory hides, or None."""
    here = os.path.realpath(_HERE)
    return PathFinder.find_spec(name, [entry for entry in sys.path if os.path.realpath(entry) != here])


def _execute(spec):
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return sys.modules[spec.name]


def run_hidden(name):
    """Import the module ``name`` that this directory hides, if there is one."""
    spec = _hidden_spec(name)
    if spec is not None:
        _execute(spec)


def _zcio_shadow():
    """Import ``zcio.shadow``, from sys.path or else from the directory above this one."""
    try:
        import zcio.shadow
    except ImportError as error:
        if error.name != "zcio":
            raise
        package = os.path.dirname(_HERE)
        places = [package]
        _execute(
            spec_from_file_location("zcio", os.path.join(package, "__init__.py"), submodule_search_locations=places)
        )
        import zcio.shadow
    return zcio.shadow


def _install(*names):
    before = set(sys.modules)
    try:
        _zcio_shadow().install(*names)
        return True
    except ImportError as error:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "zcio":
                del sys.modules[name]
        import warnings

        warnings.warn(
            "zcio is not importable in %s (%s): the standard library is not shadowed here" % (sys.executable, error),
            RuntimeWarning,
            stacklevel=3,
        )
        return False


def replace_mmap():
    """Make sys.modules["mmap"] zcio's, or the standard library's if zcio imports it or cannot be imported."""
    asking = sys.modules.get("zcio._stdlib_mmap")
    if hasattr(asking, "mmap"):
        real = sys.modules["mmap"] = asking.mmap
    else:
        real = _execute(BuiltinImporter.find_spec("mmap") or _hidden_spec("mmap"))
        if asking is not None:
            asking.lent = True
            return
    if not _install():
        sys.modules["mmap"] = real


class _Finder:
    """A finder that finds mmap.py of this directory before the built-in module."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "mmap":
            return spec_from_file_location(name, os.path.join(_HERE, "mmap.py"))
        return None


class _AfterAsyncio:
    """A finder that installs zcio's streams once the program has imported asyncio, which many programs do not."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "asyncio":
            return None
        sys.meta_path.remove(_AfterAsyncio)
        spec = PathFinder.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _install("aio")

        spec.loader.exec_module = exec_module
        return spec


def prepare():
    """Prepare shadowing. Called when the interpreter starts."""
    if "mmap" in sys.builtin_module_names:
        sys.meta_path.insert(0, _Finder)
        if "mmap" in sys.modules:
            replace_mmap()
    if os.environ.get("ZCIO_SHADOW_BYTESIO"):
        _install("mmap", "bytesio")
    if os.environ.get("ZCIO_SHADOW_SHUTIL"):
        _install("shutil")
    if os.environ.get("ZCIO_SHADOW_AIO"):
        sys.meta_path.insert(0, _AfterAsyncio)
