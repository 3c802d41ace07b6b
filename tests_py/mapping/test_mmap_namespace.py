"""The module and the class have the names, values and signatures of 3.15, the documented additions, and no more."""

import abc
import collections
import inspect
import io
import mmap as runtime
import os
import platform
import sys
import weakref

import pytest

import zcio.mmap
from zcio._positional_only import positional_only
from zcio.mmap import mmap

LINUX = sys.platform.startswith("linux")
PYPY = sys.implementation.name == "pypy"
X86_64 = platform.machine() == "x86_64" and sys.maxsize > 2**32

STANDARD = dict(
    ACCESS_DEFAULT=0, ACCESS_READ=1, ACCESS_WRITE=2, ACCESS_COPY=3, PROT_READ=1, PROT_WRITE=2, PROT_EXEC=4
)
STANDARD.update(
    PAGESIZE=runtime.PAGESIZE, ALLOCATIONGRANULARITY=runtime.PAGESIZE, MS_ASYNC=1, MS_INVALIDATE=2, MS_SYNC=4
)
STANDARD.update(MAP_SHARED=1, MAP_PRIVATE=2, MAP_ANON=0x20, MAP_ANONYMOUS=0x20, MAP_DENYWRITE=0x800)
STANDARD.update(MAP_EXECUTABLE=0x1000, MAP_NORESERVE=0x4000, MAP_POPULATE=0x8000, MAP_STACK=0x20000)
MADVICE = (
    "NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED 5 6 7 FREE REMOVE DONTFORK DOFORK MERGEABLE UNMERGEABLE HUGEPAGE"
)
for number, name in enumerate((MADVICE + " NOHUGEPAGE DONTDUMP DODUMP").split()):
    if not name.isdigit():
        STANDARD["MADV_" + name] = number
STANDARD["MADV_HWPOISON"] = 100

EXTRA = dict(PROT_NONE=0, MREMAP_MAYMOVE=1, MREMAP_FIXED=2, MREMAP_DONTUNMAP=4, MADV_SOFT_OFFLINE=101)
EXTRA.update(MADV_GUARD_INSTALL=102, MADV_GUARD_REMOVE=103, MAP_SHARED_VALIDATE=3, MAP_DROPPABLE=8, MAP_FIXED=0x10)
EXTRA.update(MAP_GROWSDOWN=0x100, MAP_LOCKED=0x2000, MAP_NONBLOCK=0x10000, MAP_HUGETLB=0x40000)
EXTRA.update(MAP_SYNC=0x80000, MAP_FIXED_NOREPLACE=0x100000, MAP_HUGE_SHIFT=26, MAP_HUGE_MASK=63)
sizes = {"64KB": 16, "512KB": 19, "1MB": 20, "2MB": 21, "8MB": 23, "16MB": 24, "32MB": 25, "256MB": 28}
sizes.update({"512MB": 29, "1GB": 30, "2GB": 31})
EXTRA.update(("MAP_HUGE_" + name, log2 << 26) for name, log2 in sizes.items())
EXTRA["MAP_HUGE_16GB"] = (34 << 26) - 2**32  # as the C int that flags are
if X86_64:
    STANDARD["MAP_32BIT"] = 0x40
    EXTRA["MAP_ABOVE4G"] = 0x80
names = "WIPEONFORK KEEPONFORK COLD PAGEOUT POPULATE_READ POPULATE_WRITE DONTNEED_LOCKED COLLAPSE"
EXTRA.update(("MADV_" + name, number) for number, name in enumerate(names.split(), 18))

METHODS = """close closed
find flush madvise move read read_byte readline resize rfind seek seekable set_name size tell write
write_byte""".split()
ADDED_METHODS = ["count", "find_all", "line_views", "lines", "start"]

SIGNATURES = {
    "find": "(self, view, start=None, end=None, /)",
    "rfind": "(self, view, start=None, end=None, /)",
    "flush": "(self, offset=0, size=-1, /, *, flags=0)",
    "madvise": "(self, option, start=0, length=None, /)",
    "move": "(self, dest, src, count, /)",
    "read": "(self, n=None, /)",
    "resize": "(self, newsize, /)",
    "seek": "(self, pos, whence=0, /)",
    "set_name": "(self, name, /)",
    "size": "(self, /)",
    "write": "(self, bytes, /)",
    "write_byte": "(self, byte, /)",
    "close": "(self, /)",
    "readline": "(self, /)",
    "seekable": "(self, /)",
    "tell": "(self, /)",
    "read_byte": "(self, /)",
}


@pytest.mark.skipif(not LINUX, reason="Linux's numbers")
@pytest.mark.parametrize("name", sorted(STANDARD) + sorted(EXTRA))
def test_constant(name):
    value = getattr(zcio.mmap, name)
    assert (type(value), value) == (int, dict(STANDARD, **EXTRA)[name])


@pytest.mark.skipif(not LINUX, reason="Linux's names")
def test_names_of_the_module():
    expected = set(STANDARD) | set(EXTRA) | {"error", "mmap", "open_path", "GuardedMmap", "MappingFault"}
    assert {name for name in vars(zcio.mmap) if not name.startswith("_")} == expected
    assert zcio.mmap.__all__ == sorted(expected)


def test_values_are_the_runtimes_own():
    for name, value in vars(runtime).items():
        if isinstance(value, int) and not name.startswith(("_", "has_")):
            assert getattr(zcio.mmap, name) == value


@pytest.mark.skipif(sys.version_info < (3, 15) or PYPY, reason="3.15's own names")
def test_names_here_are_those_of_3_15():
    standard = {name for name in vars(runtime) if not name.startswith("_")}
    assert standard == set(STANDARD) | {"error", "mmap"}
    assert [name for name in dir(runtime.mmap) if not name.startswith("_")] == sorted(METHODS)
    for name, text in SIGNATURES.items():
        assert str(inspect.signature(getattr(runtime.mmap, name))) == text


def test_error_is_oserror():
    assert zcio.mmap.error is OSError


def test_names_of_the_class():
    assert [name for name in dir(mmap) if not name.startswith("_")] == sorted(METHODS + ADDED_METHODS)
    assert (mmap.__name__, mmap.__qualname__, mmap.__module__) == ("mmap", "mmap", "zcio.mmap")
    special = {name for name in dir(mmap) if name.startswith("__")} - set(dir(runtime.mmap))
    assert special <= {
        "__iter__",
        "__reversed__",
        "__contains__",
        "__slots__",
        "__buffer__",
        "__release_buffer__",
    } | {
        "__module__",  # and what the interpreter itself adds
        "__firstlineno__",
        "__static_attributes__",
    } | ({"__delitem__"} if PYPY else set())


@pytest.mark.skipif(sys.version_info < (3, 8), reason="no positional-only parameters in the language")
@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signature(name):
    method = getattr(mmap, name)
    if method is getattr(runtime.mmap, name, None):
        pytest.skip("the runtime's own")
    assert str(inspect.signature(method)) == SIGNATURES[name]


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_keywords_are_refused(name):
    parameters = SIGNATURES[name].split("/")[0].strip("(, ").replace("self", "").strip(", ")
    with mmap(-1, 10) as mapping:
        for parameter in filter(None, parameters.split(", ")):
            with pytest.raises(TypeError):
                getattr(mapping, name)(**{parameter.partition("=")[0]: 0})
        with pytest.raises(TypeError):
            getattr(mapping, name)(nonsense=0)
        with pytest.raises(TypeError):
            getattr(mapping, name)(*range(7))
        assert mapping.tell() == 0


@pytest.mark.parametrize(
    "name", ["find", "rfind", "madvise", "move", "resize", "seek", "set_name", "write", "write_byte"]
)
def test_arguments_are_required(name):
    with mmap(-1, 10) as mapping:
        with pytest.raises(TypeError):
            getattr(mapping, name)()


def test_is_a_runtime_mmap():
    with mmap(-1, 10) as mapping:
        assert isinstance(mapping, runtime.mmap)
        assert type(mapping) is mmap
        assert memoryview(mapping).nbytes == 10 or PYPY
        assert not hasattr(mapping, "__dict__")
        with pytest.raises(AttributeError):
            mapping.anything = 1
        with pytest.raises(AttributeError):
            mapping.closed = True
        assert weakref.ref(mapping)() is mapping


def test_no_view_is_left_behind():
    mapping = mmap(-1, 5000)
    mapping.find(b"x", 0)
    mapping.rfind(b"x", 0)
    mapping.flush()
    repr(mapping)
    mapping.close()
    assert mapping.closed


def test_abstract_classes():
    with mmap(-1, 1) as mapping:
        assert isinstance(mapping, collections.abc.Iterable)
        assert isinstance(mapping, collections.abc.Sized)
        assert not isinstance(mapping, (collections.abc.Sequence, io.IOBase))
    assert type(mmap) is type and not isinstance(mmap, abc.ABCMeta)
    with pytest.raises(TypeError):
        mmap[int]


class Sub(mmap):
    """A subclass as people write them."""

    def __init__(self, *args, **kwargs):
        self.extra = 1

    def __len__(self):
        return 3

    def tell(self):
        return 1

    def close(self):
        self.extra = "closed"
        super().close()


def test_subclass():
    with Sub(-1, 10) as mapping:
        assert mapping.extra == 1
        mapping[4] = 7
        # The methods of the class do not call a subclass's overrides, as in C.
        assert mapping.find(b"\7") == 4
        assert mapping.rfind(b"\0") == 9
        assert mapping.size() == 10
        assert mapping.seek(2, 1) == 2
        assert mapping.read() == b"\0\0\7\0\0\0\0\0"
        mapping[5:9] = b"abcd"
        mapping[9:3:-2] = b"xyz"
        assert (mapping[4], mapping[-1], mapping[4:], mapping[::3]) == (7, 120, b"\7zbydx", b"\0\0bx")
        with zcio.Cursor(mapping) as cursor:
            cursor.seek(8)
            assert cursor.write(b"CX") == 2 and cursor.getvalue() is mapping and mapping[7:] == b"yCX"
            cursor.seek(5)
            assert cursor.read() == b"zbyCX"
        mapping[5:] = bytes(5)
        assert mapping.flush(0, 5) is None
        assert repr(mapping) == "<Sub closed=False, access=ACCESS_DEFAULT, length=10, pos=10, offset=0>"
        # A subclass gives ints, as CPython's does.
        assert list(mapping) == [0, 0, 0, 0, 7, 0, 0, 0, 0, 0]
        assert list(reversed(mapping)) == [0, 0, 0]
        assert 7 in mapping
        if sys.flags.bytes_warning < 2:  # bytes are compared with ints
            assert b"\7" not in mapping
    assert mapping.closed
    assert mapping.extra == 1, "leaving a with block closes, it does not call a subclass's close()"
    assert repr(mapping) == "<Sub closed=True>"


@pytest.mark.skipif(sys.version_info < (3, 15) or PYPY, reason="the standard library's subclass as 3.15 has it")
def test_subclass_of_the_standard_library():
    namespace = {key: value for key, value in vars(Sub).items() if key in ("__init__", "__len__", "tell")}
    with type("Sub", (runtime.mmap,), namespace)(-1, 10) as theirs, Sub(-1, 10) as ours:
        for ask in (
            list,
            repr,
            lambda m: list(reversed(m)),
            lambda m: 0 in m,
            lambda m: m.find(b"\0"),
            lambda m: m.size(),
        ):
            assert ask(theirs) == ask(ours)


def test_slots_in_a_subclass():
    class Slotted(mmap):
        __slots__ = ("more",)

    with Slotted(-1, 10) as mapping:
        mapping.more = 1
        with pytest.raises(AttributeError):
            mapping.less = 1


def test_init_takes_anything():
    with mmap(-1, 10) as mapping:
        assert "__init__" not in vars(mmap)
        assert len(mapping) == 10


def test_open_path(tmp_path):
    path = str(tmp_path / "file")
    with open(path, "wb") as file:
        file.write(b"x" * 5000)
    with zcio.mmap.open_path(path) as mapping:
        assert type(mapping) is mmap
        assert (mapping[:], mapping.size()) == (b"x" * 5000, 5000)
        with pytest.raises(TypeError):
            mapping[0] = 1
    with pytest.raises(OSError) as caught:
        zcio.mmap.open_path(os.path.join(path, "missing"))
    assert caught.value.filename == os.path.join(path, "missing")


def test_numpy_memmap(tmp_path, monkeypatch):
    numpy = pytest.importorskip("numpy")
    path = str(tmp_path / "file")
    monkeypatch.setitem(sys.modules, "mmap", zcio.mmap)
    array = numpy.memmap(path, dtype="uint8", mode="w+", shape=(5000,))
    array[:] = 7
    array.flush()
    assert isinstance(array._mmap, mmap)
    with open(path, "rb") as file:
        assert file.read() == b"\7" * 5000


def test_a_function_made_positional_only_is_the_same_in_all_else():
    def plain(first, second=[1], third=None):  # noqa: B006
        """What it says."""
        return first, second, third

    def with_keywords(first, *, second=2):
        return first, second

    def over_a_closure(first):
        return first, plain

    for function in (plain, with_keywords, over_a_closure):
        names = "__doc__ __name__ __qualname__ __module__".split()
        before = [getattr(function, name) for name in names]
        made = positional_only(function)
        assert [getattr(made, name) for name in names] == before
        assert str(inspect.signature(made)).startswith("(first")
        with pytest.raises(TypeError):
            made(first=1)
    assert positional_only(plain)(1) == (1, [1], None)
    assert with_keywords(1) == (1, 2)
