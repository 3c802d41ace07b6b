"""zcio.shadow in one process: what `import mmap` and io.BytesIO give, how all is put back, and what it cannot reach."""

import asyncio
import importlib
import io
import subprocess
import sys
import threading
import types

import pytest
from signal_support import ends_at_line

import zcio.aio
import zcio.mmap
from zcio import shadow

import mmap  # isort: skip  (the standard library's, whatever the tests above did)

BYTESIO = pytest.param(True, marks=pytest.mark.skipif(not importlib.util.find_spec("zcio.bytesio"), reason="to come"))


@pytest.fixture(autouse=True)
def _as_it_was():
    before = sys.modules["mmap"], io.BytesIO
    yield
    shadow.uninstall()
    assert (sys.modules["mmap"], io.BytesIO) == before


def imported():
    import mmap

    return mmap


def test_install_and_uninstall():
    shadow.install()
    assert imported() is importlib.import_module("mmap") is zcio.mmap
    from mmap import mmap as cls

    assert cls is zcio.mmap.mmap and isinstance(cls(-1, 1), mmap.mmap)
    shadow.uninstall()
    assert imported() is mmap


def test_again_is_no_harm():
    shadow.uninstall()
    assert imported() is mmap
    shadow.install()
    shadow.install()
    shadow.uninstall()
    assert imported() is mmap
    shadow.uninstall()
    assert imported() is mmap


@pytest.mark.parametrize("bytesio", [BYTESIO])
def test_bytesio(bytesio):
    from zcio.bytesio import BytesIO

    standard = io.BytesIO
    with shadow.shadowed():
        assert io.BytesIO is standard
        with shadow.shadowed(bytesio=True):
            assert io.BytesIO is BytesIO
        assert io.BytesIO is standard and imported() is zcio.mmap
        shadow.install(bytesio=True)
        shadow.install()
        assert io.BytesIO is BytesIO


def test_contexts_nest():
    with shadow.shadowed():
        with shadow.shadowed():
            assert imported() is zcio.mmap
        assert imported() is zcio.mmap
        shadow.uninstall()
        assert imported() is mmap
    assert imported() is mmap
    shadow.install()
    with shadow.shadowed():
        shadow.uninstall()
    assert imported() is zcio.mmap
    shadow.uninstall()
    with pytest.raises(KeyError):
        with shadow.shadowed():
            raise KeyError
    assert imported() is mmap


def test_another_module_in_its_place_comes_back(monkeypatch):
    other = types.ModuleType("mmap")
    monkeypatch.setitem(sys.modules, "mmap", other)
    with shadow.shadowed():
        assert imported() is zcio.mmap
    assert imported() is other
    shadow.install()
    shadow.install()
    shadow.uninstall()
    assert imported() is other


@pytest.fixture
def holder(monkeypatch):
    module = types.ModuleType("holder")
    monkeypatch.setitem(sys.modules, "holder", module)
    return module


def test_bound_earlier(holder):
    def found(**what):
        return [name for name in shadow.bound_earlier(**what) if name.startswith("holder")]

    assert found() == []
    holder.standard, holder.cls, holder.other, holder.zcio = mmap, mmap.mmap, mmap.ACCESS_READ, zcio.mmap
    holder.BytesIO = io.BytesIO
    assert found() == ["holder.cls", "holder.standard"]
    assert found(bytesio=True) == ["holder.BytesIO", "holder.cls", "holder.standard"]


def test_the_streams_of_asyncio(holder):
    theirs = asyncio.StreamReader
    holder.reader = theirs
    assert "holder.reader" in shadow.bound_earlier("aio") and "holder.reader" not in shadow.bound_earlier()
    with shadow.shadowed("aio"):
        assert asyncio.StreamReader is zcio.aio.StreamReader and imported() is mmap
        with shadow.shadowed("mmap", "bytesio"):
            assert imported() is zcio.mmap and asyncio.StreamReader is zcio.aio.StreamReader
    assert asyncio.StreamReader is theirs
    shadow.install("aio")
    shadow.uninstall()
    assert asyncio.StreamReader is theirs
    with pytest.raises(shadow.BoundEarlier):
        shadow.install("aio", strict=True)
    with pytest.raises(ValueError, match="expected one of"):
        shadow.install("other")


def test_strict_installs_nothing(holder):
    holder.standard = mmap
    with pytest.raises(shadow.BoundEarlier) as caught:
        shadow.install(strict=True)
    assert "holder.standard" in caught.value.names and "holder.standard" in str(caught.value)
    assert imported() is mmap
    with pytest.raises(shadow.BoundEarlier):
        with shadow.shadowed(strict=True):
            pass


def test_strict_in_a_fresh_process():
    code = "from zcio import shadow; shadow.install(strict=True); import mmap, zcio.mmap; assert mmap is zcio.mmap; %s"
    later = "import multiprocessing.heap as heap; assert heap.mmap is mmap; shadow.install(strict=True)"
    subprocess.check_call([sys.executable, "-c", code % later])


def test_the_module_loaded_once():
    """However zcio comes to the standard module, `import mmap` after it gives the same one."""
    code = "import zcio.mmap, mmap; assert issubclass(zcio.mmap.mmap, mmap.mmap) and mmap.__name__ == 'mmap'"
    subprocess.check_call([sys.executable, "-c", code])


def test_threads_see_one_of_the_two():
    seen, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            seen.add(imported())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        with shadow.shadowed():
            shadow.install()
            shadow.uninstall()
    stop.set()
    for thread in threads:
        thread.join()
    assert seen <= {mmap, zcio.mmap}


def is_of_shadow(frame):
    return frame.f_globals.get("__name__", "").startswith(("zcio.shadow", "zcio._replacing"))


@pytest.mark.parametrize("step", ["install", "uninstall", "shadowed"])
def test_a_call_interrupted_at_any_line_can_be_repeated(step):
    names = ["mmap", "bytesio", "aio"]
    classes = [(vars(asyncio), "StreamReader"), (vars(asyncio.streams), "start_server"), (vars(io), "BytesIO")]
    places = [(sys.modules, "mmap")] + classes

    def values():
        return [namespace[name] for namespace, name in places]

    def use():
        with shadow.shadowed(*names):
            pass

    standard = values()
    call = {"install": lambda: shadow.install(*names), "uninstall": shadow.uninstall, "shadowed": use}[step]
    shadow.install(*names)
    replaced = values()
    assert not any(one is other for one, other in zip(standard, replaced))
    shadow.uninstall()
    line, interrupted = 1, True
    while interrupted:
        if step == "uninstall":
            shadow.install(*names)
        interrupted = ends_at_line(call, line, is_of_shadow)
        line += 1
        installing = threading.Thread(target=shadow.install, args=names)
        installing.daemon = True
        installing.start()
        installing.join(10)
        assert not installing.is_alive() and values() == replaced
        shadow.uninstall()
        assert values() == standard
    assert line > 10


def test_shutil():
    import shutil

    import zcio.shutil

    with shadow.shadowed("shutil"):
        assert sys.modules["shutil"] is zcio.shutil
        assert __name__ + ".shutil" not in shadow.bound_earlier("shutil")
    assert sys.modules["shutil"] is shutil
    holder = types.ModuleType("holder_of_shutil")
    holder.copytree = shutil.copytree
    sys.modules[holder.__name__] = holder
    try:
        assert "holder_of_shutil.copytree" in shadow.bound_earlier("shutil")
    finally:
        del sys.modules[holder.__name__]
