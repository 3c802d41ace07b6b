"""The lifetimes of mappings, views and descriptors; fork, exec, pickle and the end of the interpreter."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import tempfile
import weakref

import pytest

import zcio.mmap as mmap
from zcio import BytesIO, Pipe, search
from zcio._core import memory as core_memory, pipe as core_pipe

PAGE = mmap.PAGESIZE
PYPY = sys.implementation.name == "pypy"
LINUX = sys.platform.startswith("linux")
needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")


def collect():
    for _ in range(4):
        gc.collect()


@pytest.fixture
def file():
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"contents of the file".ljust(4 * PAGE, b"."))
        file.flush()
        yield file


def run(code, *options):
    """Run ``code`` in a child process. Returns its exit status, standard output and standard error."""
    process = subprocess.Popen(
        [sys.executable] + list(options) + ["-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate(timeout=120)
    return process.returncode, out.decode().strip(), err.decode()


# ---- views ----


@pytest.mark.skipif(not PYPY, reason="elsewhere a view holds the mapping")
@pytest.mark.parametrize(
    "module, name, use",
    [
        (core_memory, "copy", lambda mapping, pipe: pipe.write(mapping)),
        (core_pipe, "copy_in", lambda mapping, pipe: pipe.readinto(mapping)),
        (core_memory, "copy", lambda mapping, pipe: BytesIO(mapping)),
        (core_memory, "copy", lambda mapping, pipe: BytesIO().write(mapping)),
        (core_memory, "copy", lambda mapping, pipe: search.find(b"absent", mapping)),
    ],
    ids=["Pipe.write", "Pipe.readinto", "BytesIO", "BytesIO.write", "needle"],
)
def test_a_mapping_that_is_copied_cannot_be_closed(module, name, use, monkeypatch):
    mapping, pipe = mmap.mmap(-1, PAGE), Pipe()
    pipe.write(b"x" * PAGE)
    function = getattr(module, name)
    refused = []

    def beside_a_close(*arguments):
        try:
            mapping.close()
        except BufferError as error:
            refused.append(error)
        return function(*arguments)

    monkeypatch.setattr(module, name, beside_a_close)
    use(mapping, pipe)
    assert refused and not mapping.closed


@pytest.mark.skipif(PYPY, reason="PyPy does not count the views of an mmap")
@pytest.mark.parametrize("take", [memoryview, lambda m: memoryview(m)[5:9], lambda m: m.__buffer__(0)])
def test_a_view_holds_the_mapping(file, take):
    mapping = mmap.mmap(file.fileno(), 0)
    view = take(mapping)
    with pytest.raises(BufferError, match="^cannot close exported pointers exist$"):
        mapping.close()
    with pytest.raises(BufferError, match="^mmap can't resize with extant buffers exported.$"):
        mapping.resize(PAGE)
    with pytest.raises(BufferError):
        with mapping:
            pass
    assert len(mapping) == 4 * PAGE and not mapping.closed
    view.release()
    mapping.resize(PAGE)
    mapping.close()


def test_a_view_keeps_a_dropped_mapping_alive(file):
    mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    view = memoryview(mapping)[:8]
    gone = weakref.ref(mapping)
    del mapping
    collect()
    assert gone() is not None
    assert bytes(view) == b"contents"
    view.release()
    del view
    collect()
    assert gone() is None


@pytest.mark.skipif(not PYPY, reason="elsewhere a view holds the mapping")
def test_on_pypy_a_view_of_what_is_closed_or_resized_does_no_harm():
    code = """if True:
        import zcio.mmap as mmap
        def look(view):
            reads = lambda: view[0], lambda: view[5000], lambda: bytes(view[:4]), lambda: len(view), view.tobytes
            for read in reads:
                try:
                    read()
                except (ValueError, IndexError, BufferError):
                    pass
        for act in (lambda m: m.close(), lambda m: m.resize(4096), lambda m: m.resize(4096 * 9)):
            mapping = mmap.mmap(-1, 8192, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            mapping[:4] = b"data"
            view = memoryview(mapping)
            try:
                act(mapping)
            except BufferError:
                pass
            look(view)
            view.release()
            mapping.close()
    """
    assert run(code) == (0, "", "")


# ---- garbage ----


class Subclass(mmap.mmap):
    pass


class Reducible(mmap.mmap):
    def __reduce__(self):
        return reduced, (self[:],)


def reduced(data):
    mapping = Reducible(-1, len(data))
    mapping[:] = data
    return mapping


@pytest.mark.parametrize("kind", [mmap.mmap, Subclass])
def test_weak_references_die_with_the_mapping(kind):
    told = []
    mapping = kind(-1, PAGE)
    reference = weakref.ref(mapping, told.append)
    assert reference() is mapping
    mapping.close()
    assert reference() is mapping
    del mapping
    collect()
    assert reference() is None and told == [reference]


def test_a_cycle_is_collected_and_unmapped(file):
    mapping = Subclass(file.fileno(), 0)
    mapping.itself = mapping
    gone = weakref.ref(mapping)
    del mapping
    collect()
    assert gone() is None


def test_a_subclass_may_search_when_it_is_dropped(file):
    told = []

    class Dropped(mmap.mmap):
        def __del__(self):
            told.append((self.find(b"file"), self.rfind(b"."), len(self), self.closed))
            self.close()

    mapping = Dropped(file.fileno(), 0)
    del mapping
    collect()
    assert told == [(16, 4 * PAGE - 1, 4 * PAGE, False)]


def test_no_attributes_but_a_subclass_has(file):
    with mmap.mmap(-1, 1) as mapping:
        with pytest.raises(AttributeError):
            mapping.anything = 1
        assert not hasattr(mapping, "__dict__")
    with Subclass(-1, 1) as mapping:
        mapping.anything = 1
        assert mapping.anything == 1


@pytest.mark.parametrize("kind", [mmap.mmap, Subclass])
def test_neither_pickled_nor_copied(kind):
    with kind(-1, PAGE) as mapping:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(mapping, protocol)
        with pytest.raises(TypeError):
            copy.copy(mapping)
        with pytest.raises(TypeError):
            copy.deepcopy(mapping)
    with kind(-1, PAGE) as mapping:
        name = "mmap.mmap" if kind is mmap.mmap else "Subclass"
        if PYPY or sys.version_info >= (3, 8) or kind is mmap.mmap:  # C's words on the subclass
            with pytest.raises(TypeError, match="^cannot pickle '%s' object$" % name):
                pickle.dumps(mapping, 2)


def test_a_subclass_that_defines_its_pickling_is_pickled():
    with Reducible(-1, PAGE) as mapping:
        mapping[:4] = b"data"
        with pickle.loads(pickle.dumps(mapping, 2)) as other:
            assert type(other) is Reducible and other[:] == mapping[:]


# ---- descriptors and mappings over many cycles ----


def cycle(fd, readonly):
    """One of everything that makes a mapping, or fails to."""
    for make in (
        lambda: mmap.mmap(fd, 0),
        lambda: mmap.mmap(fd, PAGE, access=mmap.ACCESS_COPY, offset=PAGE),
        lambda: mmap.mmap(fd, 0, trackfd=False),
        lambda: mmap.mmap(fd, PAGE, access=mmap.ACCESS_READ, trackfd=False, offset=PAGE),
        lambda: mmap.mmap(fd, PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ, trackfd=False),
        lambda: mmap.mmap(-1, PAGE),
        lambda: mmap.mmap(-1, PAGE, trackfd=False),
        lambda: Subclass(fd, 0, trackfd=False),
    ):
        mapping = make()
        assert mapping.find(b"not there") == -1
        mapping.close()
        make()  # dropped, not closed
    for fail in (
        lambda: mmap.mmap(fd, 5 * PAGE),
        lambda: mmap.mmap(fd, 5 * PAGE, trackfd=False),
        lambda: mmap.mmap(fd, 0, offset=1),
        lambda: mmap.mmap(fd, 0, offset=1, trackfd=False),
        lambda: mmap.mmap(fd, 0, offset=4 * PAGE),
        lambda: mmap.mmap(readonly, 0),
        lambda: mmap.mmap(readonly, 0, trackfd=False),
        lambda: mmap.mmap(fd, 0, 0),
        lambda: mmap.mmap(fd, 0, 0, trackfd=False),
        lambda: mmap.mmap(fd, 0, access=77),
        lambda: mmap.mmap(fd, -1),
        lambda: mmap.mmap(fd, sys.maxsize),
        lambda: mmap.mmap(-1, sys.maxsize),
        lambda: mmap.mmap(-1, 0, trackfd=False),
        lambda: mmap.mmap(987654, 0),
        lambda: mmap.mmap(987654, 0, trackfd=False),
    ):
        with pytest.raises((OSError, ValueError, OverflowError)):
            fail()


@needs_proc
def test_many_cycles_leave_no_descriptor_and_no_mapping(file, no_fd_leak):
    readonly = os.open(file.name, os.O_RDONLY)
    try:
        cycle(file.fileno(), readonly)  # objects that are cached or opened once
        collect()
        before = count_maps()
        for _ in range(60):
            cycle(file.fileno(), readonly)
        collect()
        # A few arenas of the allocator may come and go; 60 leaks of any one kind would be 60 lines.
        assert count_maps() - before < 30
        assert count_maps(file.name) == 0
    finally:
        os.close(readonly)


def count_maps(path=""):
    with open("/proc/self/maps") as maps:
        return sum(path in line for line in maps)


def open_files():
    for fd in os.listdir("/proc/self/fd"):
        try:
            yield int(fd), os.readlink("/proc/self/fd/" + fd)
        except OSError:
            pass  # listdir's own


def descriptors():
    return [fd for fd, _ in open_files()]


@needs_proc
def test_trackfd_decides_whether_a_descriptor_stays(file):
    collect()
    before = len(descriptors())
    with mmap.mmap(file.fileno(), 0, trackfd=False) as untracked:
        assert len(descriptors()) == before
        with mmap.mmap(file.fileno(), 0) as tracked:
            assert len(descriptors()) == before + 1
            assert untracked[:8] == tracked[:8] == b"contents"
            tracked[:8] = b"CONTENTS"
            assert untracked[:8] == b"CONTENTS"
        assert len(descriptors()) == before
    with mmap.mmap(-1, PAGE):
        assert len(descriptors()) == before


def test_the_mapping_outlives_the_descriptor_and_the_file(tmp_path):
    path = tmp_path / "file"
    for trackfd in (True, False):
        path.write_bytes(b"here".ljust(PAGE, b"."))
        with path.open("r+b") as file:
            mapping = mmap.mmap(file.fileno(), 0, trackfd=trackfd)
        path.unlink()
        assert mapping.find(b"here") == 0
        mapping[:4] = b"away"
        mapping.flush()
        assert mapping[:4] == b"away"
        mapping.close()


# ---- fork and exec ----


@needs_proc
def test_the_descriptor_is_closed_on_exec(file):
    with mmap.mmap(file.fileno(), 0) as mapping:
        own = [fd for fd, path in open_files() if path == file.name and fd != file.fileno()]
        assert len(own) == 1 and not os.get_inheritable(own[0])
        code = "import os; print([os.path.realpath('/proc/self/fd/' + fd) for fd in os.listdir('/proc/self/fd')])"
        out = subprocess.check_output([sys.executable, "-c", code], close_fds=False).decode()
        assert "/" in out and file.name not in out
        assert mapping.find(b"file") == 16


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_reads_searches_and_closes(file):
    code = """if True:
        import os, sys
        import zcio.mmap as mmap
        with open(%r, "r+b") as file:
            maps = [
                mmap.mmap(file.fileno(), 0),
                mmap.mmap(file.fileno(), 0, trackfd=False),
                mmap.mmap(-1, 16384, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS),
                mmap.mmap(-1, 16384),
            ]
        for mapping in maps[2:]:
            mapping[:20] = b"contents of the file"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for mapping in maps:
                    assert mapping[:8] == b"contents"
                    assert mapping.find(b"file") == 16 and mapping.rfind(b"file") == 16
                    assert mapping.find(b"not there at all") == -1
                    mapping[100:105] = b"child"
                    mapping.flush()
                    mapping.close()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0) == (child, 0)
        print([mapping.find(b"child") for mapping in maps])
    """
    assert run(code % file.name) == (0, "[100, 100, -1, 100]", "")


# ---- the interpreter's end ----

END = """
import sys, threading, time
import zcio.mmap as mmap
import zcio.mmap

class Searching(mmap.mmap):
    def __del__(self):
        self.find(b"x" * 70)

whole = mmap.mmap(-1, 1 << 20)
untracked = mmap.mmap(open_file.fileno(), 0, trackfd=False)
viewed = mmap.mmap(open_file.fileno(), 0)
view = memoryview(viewed)[100:200]
searching = Searching(-1, 1 << 20)
in_cycle = Searching(-1, 1 << 20)
in_cycle.itself = in_cycle
iterator = iter(whole)
next(iterator)
sys.kept = [mmap.mmap(-1, 4096), memoryview(mmap.mmap(-1, 4096))]
"""


SEARCHING = """
huge = mmap.mmap(-1, 1 << 28, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
def search():
    while True:
        huge.find(b"not there at all", 0)
for _ in range(4):
    threading.Thread(target=search, daemon=True).start()
time.sleep(0.1)
"""


def end_of(code, *options):
    opening = "import tempfile; open_file = tempfile.TemporaryFile(); open_file.truncate(8192)\n"
    # Of all this, Python itself warns only of a file that was left open.
    return run(opening + code + "open_file.close()\n", *options)


def test_the_end_with_live_mappings_and_views_is_silent():
    assert end_of(END) == (0, "", "")


@pytest.mark.skipif(PYPY or sys.version_info < (3, 7), reason="no -X dev")
def test_the_end_is_silent_in_development_mode():
    assert end_of(END, "-X", "dev", "-W", "error") == (0, "", "")


def test_the_end_during_a_search_in_a_daemon_thread_is_silent():
    assert end_of(END + SEARCHING) == (0, "", "")
