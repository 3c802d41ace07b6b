"""The directory for PYTHONPATH: the first importer of mmap gets zcio's, and nothing else changes."""

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def directory():
    out = subprocess.check_output([sys.executable, "-m", "zcio", "shadow-path"])
    path = os.fsdecode(out[:-1])
    assert os.path.isabs(path) and os.path.isdir(path)
    return path


def python(code, *path, options=(), stderr=None, **environment):
    """The output of ``code`` with ``path`` in front of PYTHONPATH."""
    environment = dict(os.environ, **environment)
    environment["PYTHONPATH"] = os.pathsep.join(path + tuple(filter(None, [os.environ.get("PYTHONPATH")])))
    command = [sys.executable] + list(options) + ["-c", code]
    return subprocess.check_output(command, env=environment, stderr=stderr).decode().strip()


@pytest.mark.parametrize(
    "code",
    [
        "import mmap",
        "import zcio.mmap, mmap",
        "import zcio._stdlib_mmap, mmap",
        "import zcio.search, mmap",
        "import zcio.shadow; zcio.shadow.install(strict=True); import mmap",
        "from multiprocessing.heap import mmap",
        "import importlib; mmap = importlib.import_module('mmap')",
        "mmap = __import__('mmap')",
    ],
)
def test_any_importer_may_be_the_first(directory, code):
    show = code + "; import sys, zcio.mmap as z, zcio._mapping.stdlib as r; "
    show += "print(mmap is z is sys.modules['mmap'], z.__name__, r.StdlibMmap.__mro__[0].__module__, z.mmap(-1, 5)[:])"
    assert python(show, directory) == "True zcio.mmap mmap " + repr(bytes(5))


def test_the_standard_module_is_loaded_once(directory):
    code = """
import mmap, sys
import zcio.shadow
zcio.shadow.uninstall()
import mmap as standard, zcio.mmap
assert standard.__name__ == 'mmap' and issubclass(zcio.mmap.mmap, standard.mmap), standard
del sys.modules['mmap']
import mmap as again
assert again is zcio.mmap, again
"""
    python(code, directory)


def test_with_a_link_and_twice(directory, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(directory)
    code = "import mmap, zcio.mmap; print(mmap is zcio.mmap)"
    assert python(code, str(link)) == "True"
    assert python(code, directory, str(link), directory + os.sep) == "True"
    assert python("import zcio.mmap, mmap; print(mmap is zcio.mmap)", str(link), directory) == "True"


def test_without_site(directory):
    if "mmap" in sys.builtin_module_names:
        pytest.skip("needs sitecustomize here")
    code = "import sys; sys.path += %r; import mmap, zcio.mmap; print(mmap is zcio.mmap)" % sys.path
    assert python(code, directory, options=["-S"]) == "True"


def test_another_sitecustomize_is_run(directory, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.seen = (__name__, __file__)")
    code = "import sys; print(sys.seen[0], sys.seen[1] == sys.modules['sitecustomize'].__file__)"
    assert python(code, directory, str(tmp_path)) == "sitecustomize True"
    # A sitecustomize that fails is reported as the interpreter does it.
    (tmp_path / "sitecustomize.py").write_text("1 / 0")
    hidden = python("print('on')", directory, str(tmp_path), stderr=subprocess.STDOUT)
    plain = python("print('on')", str(tmp_path), stderr=subprocess.STDOUT)
    assert hidden == plain and "ZeroDivisionError" in plain


def test_io_bytesio(directory):
    pytest.importorskip("zcio.bytesio")
    code = "import io; print(io.BytesIO.__module__, io.BytesIO(b'x').read())"
    assert python(code, directory, ZCIO_SHADOW_BYTESIO="1") == "zcio.bytesio b'x'"
    assert python(code, directory, ZCIO_SHADOW_BYTESIO="") == "_io b'x'"


def test_zcio_from_around_the_directory(directory):
    # cffi may be in the same directory, so that stays on the path.
    code = """
import sys
class Nowhere:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "zcio":
            raise ImportError("no zcio", name=name)
sys.meta_path.insert(0, Nowhere)
import mmap
print(mmap.__name__)
"""
    assert python(code, directory) == "zcio.mmap"


def test_where_zcio_cannot_be_imported(directory):
    """As in another interpreter that a program starts: the standard library's, and a warning."""
    code = """
import sys, warnings
sys.modules['zcio._native'] = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    import mmap
print(mmap.__name__, mmap.mmap(-1, 1)[:], [str(w.category.__name__) for w in caught])
print('zcio' in sys.modules, mmap is __import__('mmap'))
"""
    assert python(code, directory).splitlines() == ["mmap b'\\x00' ['RuntimeWarning']", "False True"]


def test_children(directory):
    child = "import mmap; print(mmap.__name__)"
    code = "import mmap, subprocess, sys; subprocess.check_call([sys.executable, '-c', %r])"
    assert python(code % child, directory) == "zcio.mmap"


def test_multiprocessing(directory, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        """
import mmap, multiprocessing

def work(array, queue):
    import mmap
    array[2] = 7
    queue.put(mmap.__name__)

if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        array, queue = context.Array("i", 5), context.Queue()
        process = context.Process(target=work, args=(array, queue))
        process.start()
        print(method, queue.get(), end=" ")
        process.join()
        print(list(array), type(array.get_obj()._wrapper._state[0][0].buffer).__module__)
"""
    )
    if sys.implementation.name == "pypy":
        methods = ["fork"]  # the others start as slowly as anything
        script.write_text(script.read_text().replace("multiprocessing.get_all_start_methods()", repr(methods)))
    else:
        methods = ["fork", "spawn", "forkserver"]
    out = subprocess.check_output(
        [sys.executable, str(script)],
        env=dict(
            os.environ,
            PYTHONPATH=os.pathsep.join(filter(None, [directory, os.environ.get("PYTHONPATH")])),
            PYTHONWARNINGS="ignore",
        ),
    )
    expected = ["%s zcio.mmap [0, 0, 7, 0, 0] zcio.mmap" % method for method in methods]
    assert sorted(out.decode().splitlines()) == sorted(expected)
