"""An import that cannot work says why, and what the user can do."""

import os
import subprocess
import sys
import zipfile

import pytest

import zcio._core

HERE = zcio._core.__file__


def failure(source, **environment):
    process = subprocess.Popen(
        [sys.executable, "-c", source], stderr=subprocess.PIPE, env=dict(os.environ, **environment)
    )
    err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    return err.strip().split("\n")[-1]


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy has cffi built in")
def test_cffi_is_missing():
    message = failure("import sys; sys.modules['_cffi_backend'] = None; import zcio.search")
    assert message.startswith("ImportError: zcio needs cffi (")
    assert message.endswith("): python -m pip install cffi")


def test_in_a_zip_file(tmp_path):
    package = os.path.dirname(os.path.dirname(HERE))
    archive = str(tmp_path / "program.pyz")
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("__init__.py", "_faults.py", os.path.join("_core", "__init__.py")):
            file.write(os.path.join(package, name), os.path.join("zcio", name))
    message = failure("import sys; sys.path.insert(0, %r); import zcio._core" % archive)
    assert message == (
        "ImportError: zcio has a native module, which Python cannot import from a zip file: unpack zcio or install it"
    )


def test_the_c_library_is_too_old():
    error = ImportError("/lib/libc.so.6: version `GLIBC_2.34' not found (required by _native.abi3.so)")
    assert zcio._core._reason(error, HERE).startswith("this system's C library is too old for this build of zcio (")


@pytest.mark.parametrize("in_source_tree", [True, False])
def test_there_is_no_native_module(tmp_path, in_source_tree):
    core = tmp_path / "zcio" / "_core"
    core.mkdir(parents=True)
    if in_source_tree:
        (tmp_path / "setup.py").write_text("")
    reason = zcio._core._reason(ImportError("cannot import name '_native'"), str(core / "__init__.py"))
    assert ("python -m pip install -e ." in reason) == in_source_tree
    assert ("reinstall zcio" in reason) != in_source_tree


def test_pyinstaller_finds_the_hook():
    from zcio._pyinstaller import get_hook_dirs

    (directory,) = get_hook_dirs()
    assert os.path.exists(os.path.join(directory, "hook-zcio.py"))


def test_pyinstaller_hook_names_cffi_and_the_modules():
    pytest.importorskip("PyInstaller")
    from zcio._pyinstaller import get_hook_dirs

    hook = {}
    with open(os.path.join(get_hook_dirs()[0], "hook-zcio.py")) as file:
        exec(file.read(), hook)
    assert {"_cffi_backend", "zcio.mmap", "zcio.pipe", "zcio.cursor"} <= set(hook["hiddenimports"])
    assert not [name for name in hook["hiddenimports"] if name.startswith("zcio.compat")]
