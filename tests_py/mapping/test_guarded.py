"""GuardedMmap: an access to a page that is gone raises MappingFault, and nothing else changes."""

import os
import sys

import pytest
from guarded_child import passes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="guards are Linux's")

ROUNDS = int(os.environ.get("ZCIO_GUARDED_ROUNDS", "500"))


@pytest.mark.parametrize("size", [0, 1, 4096, 5000, 40000])
def test_every_read_raises_and_then_sees_the_file_again(size):
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        for read in READS:
            truncate(%d)
            error = faults(read, m)
            assert error.errno == 5 and isinstance(error, OSError)
            # What is not gone is there; on this page, and after the file has grown.
            if %d:
                assert m[:1] == TEXT[:1]
            fill()
            assert m[:] == TEXT
            assert m.find(b"not there", 0) == -1
        """
        % (size, size)
    )


def test_every_write_raises_and_then_reaches_the_file():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        for write in WRITES:
            truncate(5000)
            faults(write, m)
            assert os.path.getsize(path) == 5000
            fill()
            write(m)
            m.flush()
            with open(path, "rb") as file:
                data = file.read()
            assert data == m[:]
            fill()
        """
    )


@pytest.mark.parametrize("said", [False, True])
def test_closed_of_a_subclass_changes_no_method(said):
    """As in C, whose methods look at the mapping itself."""
    passes(
        """
        class Odd(mmap.GuardedMmap):
            closed = %r

        with open(path, "r+b") as file:
            m = Odd(file.fileno(), 0)
        assert m.find(TEXT[:5], 0) == 0 and "closed=False" in repr(m)
        for _ in range(2):
            truncate()
            faults(lambda: m[5])
            m.clear_fault()
            m.resize(2 * PAGE)
        m.close()
        assert mmap.mmap.closed.__get__(m) and "closed=True" in repr(m)
        m.close()
        try:
            m.find(b"abc")
        except ValueError:
            pass
        else:
            raise AssertionError("find() in a closed mapping")
        """
        % said
    )


def test_what_the_error_and_fault_tell():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True, offset=PAGE)
        assert m.fault is None and m.clear_fault() is None
        truncate(PAGE + 10)
        error = faults(lambda: m[2 * PAGE + 7])
        assert (error.offset, error.filename, error.errno) == (2 * PAGE + 7, path, 5)
        assert path in str(error) and str(2 * PAGE + 7) in str(error)
        error = faults(m.find, b"not there")
        assert error.offset == PAGE
        # The first one stays with the mapping until it is cleared.
        assert m[0] == TEXT[PAGE]
        assert type(m.fault) is mmap.MappingFault and m.fault.offset == 2 * PAGE + 7
        assert m.clear_fault().offset == 2 * PAGE + 7 and m.fault is None
        faults(lambda: m[-1])
        m.resize(PAGE)
        assert m.fault is None and m[-1] == 0 and m[9] == TEXT[PAGE + 9]
        m.close()
        assert m.fault is None and m.clear_fault() is None
        with open(path, "r+b") as file, mmap.GuardedMmap(file.fileno(), 0) as m:
            truncate()
            assert faults(lambda: m[5]).filename is None
        import pickle
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.offset, again.args) == (mmap.MappingFault, PAGE, error.args)
        """
    )


def test_the_position_is_as_before_a_fault():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        reads = [lambda: m.read(10), m.read, m.readline, m.read_byte]
        for call in reads + [lambda: m.write(b"12345"), lambda: m.write_byte(1)]:
            m.seek(5000)
            truncate(100)
            faults(call)
            assert m.tell() == 5000, m.tell()
            fill()
        """
    )


def test_move_copies_no_lost_bytes():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        truncate(5000)
        faults(m.move, 0, 9000, 100)
        assert m[:4096] == TEXT[:4096]
        with open(path, "rb") as file:
            assert file.read() == TEXT[:5000]
        """
    )


def test_views_survive_and_fault_tells():
    passes(
        """
        import re
        m = mmap.open_path(path, "r+", guard=True)
        view = memoryview(m)
        truncate(PAGE)
        # Some copy from both ends at once, as glibc 2.42 does.
        assert len(bytearray(view)) == SIZE and PAGE <= m.fault.offset < SIZE
        m.clear_fault()
        truncate()
        assert re.search(b"not there", m) is None and m.fault.offset == 0
        m.clear_fault()
        view[9000] = 7
        assert m.fault.offset == 9000
        fill()
        m.clear_fault()
        assert view[9000] == TEXT[9000] and m.fault is None
        # What the kernel reads it refuses by itself.
        truncate()
        pipe = os.pipe()
        try:
            os.write(pipe[1], view[9000:9010])
        except OSError as error:
            assert error.errno == 14
        else:
            assert sys.implementation.name == "pypy"  # which copies
        view.release()
        """
    )


def test_numpy():
    pytest.importorskip("numpy")
    passes(
        """
        import numpy
        m = mmap.open_path(path, "r+", guard=True)
        array = numpy.frombuffer(m, dtype="uint8")
        total = int(array.sum())
        truncate(5000)
        assert 0 < int(array.sum()) < total and m.fault.offset == 8192
        array[20000:] = 1
        m.clear_fault()
        fill()
        assert int(array.sum()) == total and m.fault is None
        """
    )


def test_many_rounds_of_truncating_beside_reading():
    out = passes(
        """
        rounds, raised = %d, 0
        m = mmap.open_path(path, "r+", guard=True)
        go, child = os.pipe(), os.fork()
        if child == 0:
            # Cuts and fills for as long as the other end reads.
            import random
            chance = random.Random(8)
            os.close(go[0])
            while True:
                try:
                    os.truncate(path, chance.choice([0, 1, 5000, SIZE // 2, SIZE - 1]))
                    os.write(go[1], b"x")
                    fill()
                    os.write(go[1], b"x")
                except OSError:
                    os._exit(0)
        os.close(go[1])
        for at in range(rounds):
            os.read(go[0], 1)
            try:
                READS[at %% len(READS)](m)
            except mmap.MappingFault:
                raised += 1
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        fill()
        assert m[:] == TEXT
        print(raised)
        """
        % ROUNDS
    )
    assert 0 < int(out) < ROUNDS


def test_zeros_in_place_of_a_lost_page_are_never_returned():
    # Another process cuts and fills all the time, by whole pages, so that no zero is ever in the file.
    passes(
        """
        import random
        m = mmap.open_path(path, "r", guard=True)
        child = os.fork()
        if child == 0:
            while True:
                os.truncate(path, PAGE)
                time.sleep(0.0005)
                fill()
                time.sleep(0.0005)
        stop, wrong, told = [], [], {"raised": 0, "read": 0}
        def read(chance):
            while not stop:
                at = chance.randrange(SIZE - 3000)
                try:
                    data = m[at : at + 3000]
                except mmap.MappingFault:
                    told["raised"] += 1
                    continue
                told["read"] += 1
                if data != TEXT[at : at + 3000]:
                    wrong.append(at)
        threads = [threading.Thread(target=read, args=(random.Random(seed),)) for seed in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(%s)
        stop.append(1)
        for thread in threads:
            thread.join()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert not wrong and min(told.values()) > 10, (wrong, told)
        """
        % (ROUNDS / 500)
    )


def test_threads_that_fault_all_at_once():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        ends = []
        barrier = threading.Barrier(8)
        def work(number):
            view = memoryview(m)
            for turn in range(30):
                barrier.wait()
                if number == 0:
                    truncate(PAGE)
                barrier.wait()
                if number % 2:
                    bytearray(view)
                    assert m.fault
                else:
                    faults(m.find, b"not there", 0)
                    faults(lambda: m[SIZE - 5])
                barrier.wait()
                if number == 0:
                    fill()
                    m.clear_fault()
                    assert m[:] == TEXT
            view.release()
        def run(number):
            try:
                work(number)
            except BaseException as error:
                ends.append(error)
                barrier.abort()
        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ends == [], ends
        m.close()
        """
    )


def test_a_forked_child_has_its_guards():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        truncate(PAGE)
        faults(lambda: m[-1])
        view = memoryview(m)
        view[SIZE - 1]  # a replaced page goes along
        child = os.fork()
        if child == 0:
            status = 1
            try:
                faults(m.find, b"not there", 0)
                assert m[:PAGE] == TEXT[:PAGE]
                with mmap.open_path(path, guard=True) as other:
                    truncate()
                    faults(lambda: other[5])
                fill()
                assert m[:] == TEXT
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert m[:] == TEXT and view[SIZE - 1] == TEXT[-1]
        """
    )


def test_forking_while_threads_fault():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        truncate(PAGE)
        stop = []
        def fault():
            while not stop:
                faults(lambda: m[-1])
        threads = [threading.Thread(target=fault) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(30):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    faults(lambda: m[-1])
                    with mmap.open_path(path, guard=True) as other:
                        assert other[:PAGE] == TEXT[:PAGE]
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
        stop.append(1)
        for thread in threads:
            thread.join()
        """
    )


def test_resizing():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        truncate(PAGE)
        faults(lambda: m[-1])
        m.resize(4 * SIZE)
        assert guards() == 1
        assert m[4 * SIZE - 1] == 0 and m[:PAGE] == TEXT[:PAGE]
        truncate(PAGE)
        assert faults(lambda: m[4 * SIZE - 1]).offset == 4 * SIZE - 1
        m.resize(2 * PAGE)
        assert m[:] == TEXT[:PAGE] + bytes(PAGE)
        truncate(PAGE)
        faults(lambda: m[-1])
        for bad in (-1, 0):
            try:
                m.resize(bad)
            except (ValueError, OSError):
                pass
            else:
                raise AssertionError(bad)
        assert guards() == 1
        truncate()
        faults(lambda: m[0])
        m.close()
        assert guards() == 0
        """
    )


def test_a_private_mapping_raises_on_every_later_access():
    passes(
        """
        with mmap.open_path(path, "c", guard=True) as m:
            m[0] = 65
            truncate(PAGE)
            faults(lambda: m[-1])
            fill()
            faults(lambda: m[-1])
            faults(lambda: m[0])
            assert memoryview(m)[0] == 65  # but a view still sees what was not gone
            faults(m.clear_fault)
        """
    )


@pytest.mark.parametrize("options", ["trackfd=False", "access=mmap.ACCESS_READ", "offset=PAGE", "length=SIZE - 5"])
def test_however_it_is_opened(options):
    passes(
        """
        with mmap.open_path(path, "r+", guard=True, %s) as m:
            assert type(m) is mmap.GuardedMmap
            whole = m[:]
            truncate(PAGE)
            faults(lambda: m[-1])
            faults(m.find, b"not there", 0)
            fill()
            assert m[:] == whole
        """
        % options
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small tmpfs takes root")
def test_a_full_disk(tmp_path):
    import subprocess

    place = str(tmp_path)
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=1m", "zcio-test", place], stderr=subprocess.DEVNULL):
        pytest.skip("no tmpfs can be mounted here")
    try:
        passes(
            """
            big = 8 << 20
            os.truncate(path, big)  # with holes
            m = mmap.open_path(path, "r+", guard=True)
            assert m[:SIZE] == TEXT and m.fault is None
            faults(m.__setitem__, slice(SIZE, None), b"x" * (big - SIZE))
            assert m.fault is not None and m[:SIZE] == TEXT
            with open(path, "rb") as file:
                data = file.read()
            assert len(data) == big and data[:SIZE] == TEXT and 0 < data.count(b"x") < big - SIZE
            hole = data.index(bytes(PAGE))
            faults(m.__setitem__, hole, 1)
            faults(m.__setitem__, slice(hole, hole + PAGE), b"y" * PAGE)
            m.flush()
            m.resize(SIZE)  # which makes room
            m.resize(SIZE + PAGE)
            m[-1] = 7
            assert m[-1] == 7 and m.fault is None and m[:SIZE] == TEXT
            m.close()
            """,
            GUARDED_TEST_DIR=place,
        )
    finally:
        subprocess.check_call(["umount", place])


def test_cycles_leave_nothing_behind():
    passes(
        """
        import gc
        def count():
            for _ in range(3):
                gc.collect()
            with open("/proc/self/maps") as maps:
                return sum(path in line for line in maps), len(os.listdir("/proc/self/fd")), guards()
        before = count()
        for turn in range(%d):
            m = mmap.open_path(path, guard=True)
            if turn %% 20 == 0:
                truncate(PAGE)
                faults(lambda: m[-1])
                memoryview(m)[-1]
                fill()
            if turn %% 3 == 0:
                m.close()
            elif turn %% 3 == 1:
                with m:
                    pass
            del m
            for bad in (lambda: mmap.GuardedMmap(-1, 0), lambda: mmap.GuardedMmap(987654, 0)):
                try:
                    bad()
                except OSError:
                    pass
        assert count() == before, (count(), before)
        # More than fit into the first block.
        many = [mmap.open_path(path, guard=True) for _ in range(300)]
        assert guards() == 300
        truncate()
        for m in many:
            faults(lambda: m[3])
        for m in many:
            m.close()
        del m, many
        assert count() == before
        """
        % (ROUNDS * 2)
    )


def test_closing_with_views():
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        view = memoryview(m)
        if sys.implementation.name != "pypy":
            for close in (m.close, lambda: m.__exit__(None, None, None), lambda: m.resize(PAGE)):
                try:
                    close()
                except BufferError:
                    pass
                else:
                    raise AssertionError
            truncate()
            assert view[5] == 0 and m.fault.offset == 5  # still guarded
        view.release()
        m.close()
        writes = [lambda: m.write(b"x"), lambda: m.move(0, 0, 0)]
        for call in [m.read, lambda: m[0], lambda: m.find(b"x"), m.size] + writes:
            try:
                call()
            except ValueError:
                pass
            else:
                raise AssertionError
        m.close()
        """
    )


def test_the_end_with_guarded_mappings_and_views_is_silent():
    out = passes(
        """
        class Dropped(mmap.GuardedMmap):
            def __del__(self):
                try:
                    self[5]
                except mmap.MappingFault:
                    os.write(1, b"raised")
        with open(path, "r+b") as file:
            dropped = Dropped(file.fileno(), 0)
        m = mmap.open_path(path, guard=True)
        view = memoryview(m)
        sys.kept = [m, view, dropped] if sys.implementation.name != "pypy" else [m, view]
        truncate()
        view[5]
        """
    )
    assert out in ("", "raised")


def test_a_small_window_of_a_view_of_a_lost_page():
    passes(
        """
        finder = zcio.search.Finder(b"not there")
        m = mmap.open_path(path, guard=True)
        view = memoryview(m)
        for search in (zcio.search.find, zcio.search.rfind):
            fill()
            assert m[-1:] == TEXT[-1:]
            truncate(PAGE)
            faults(search, view, b"not there", 2 * PAGE, 2 * PAGE + 100)
        for search in (finder.find, finder.rfind):
            fill()
            assert m[-1:] == TEXT[-1:]
            truncate(PAGE)
            faults(search, view, 2 * PAGE, 2 * PAGE + 100)
        """
    )


def test_counts_and_lines_of_a_view_never_come_from_the_zeros_of_a_lost_page():
    passes(
        """
        def lines(view, start, end, sep):
            return list(zcio.search.lines(view, start, end, sep=sep))

        finder = zcio.search.Finder(b"not there")
        m = mmap.open_path(path, guard=True)
        view = memoryview(m)
        for start, stop in ((2 * PAGE, 2 * PAGE + 100), (PAGE - 500, SIZE)):
            for read, arguments in (
                (zcio.search.count, (view, b"not there", start, stop)),
                (zcio.search.count, (view[start:stop], b"not there")),
                (finder.count, (view, start, stop)),
                (lines, (view, start, stop, b"\\0")),
                (lines, (view, start, stop, b"\\n")),
            ):
                fill()
                assert m[-1:] == TEXT[-1:]
                truncate(PAGE)
                faults(read, *arguments)
                assert zcio.search.count(view, LINE, 0, 100) == 5
                assert lines(view, 0, PAGE, b"\\n") == TEXT[:PAGE].split(b"\\n")
        """
    )


@pytest.mark.skipif(sys.version_info < (3, 8), reason="no positional-only parameters in the language")
def test_methods_have_the_signatures_of_mmap_and_docstrings():
    import inspect

    from zcio.mmap import GuardedMmap, mmap

    for name, method in vars(GuardedMmap).items():
        if inspect.isfunction(method) and name not in ("__new__", "__exit__", "__del__"):
            assert name.startswith("__") or method.__doc__, name
            assert method.__qualname__ == "GuardedMmap." + name
            # The signatures of 3.15. An inherited method of the runtime may have an older one, or none.
            if not name.startswith("__") and any(name in vars(base) for base in mmap.__mro__[:-2]):
                kinds = [
                    [one.kind for one in inspect.signature(getattr(cls, name)).parameters.values()]
                    for cls in (GuardedMmap, mmap)
                ]
                assert kinds[0] == kinds[1], name
    assert inspect.signature(GuardedMmap) == inspect.signature(mmap)
    assert str(inspect.signature(GuardedMmap.read)) == "(self, n=None, /)"
    assert str(inspect.signature(GuardedMmap.flush)) == "(self, offset=0, size=-1, /, *, flags=0)"
    assert str(inspect.signature(GuardedMmap.find)) == "(self, view, start=None, end=None, /)"


def test_an_error_of_another_mapping_is_raised_as_it_is():
    passes(
        """
        m, other = mmap.open_path(path, guard=True), mmap.GuardedMmap(-1, PAGE)
        class Number:
            def __index__(self):
                return m[SIZE - 1]
        truncate(PAGE)
        error = faults(other.find, b"x", Number())
        assert error.offset == SIZE - 1 and error.filename == path
        """
    )


def test_a_failed_close_or_resize_leaves_the_guard_as_it_was():
    if sys.implementation.name == "pypy":
        pytest.skip("views do not hold a mapping there")
    passes(
        """
        m = mmap.open_path(path, "r+", guard=True)
        view = memoryview(m)
        for call in (m.close, lambda: m.resize(2 * SIZE), lambda: m.__exit__(None, None, None)):
            try:
                call()
            except BufferError:
                pass
            else:
                raise AssertionError
            truncate(PAGE)
            # All to the end are replaced at once, which a guard that is closing would not do.
            assert view[2 * PAGE] == 0
            fill()
            assert view[SIZE - 1] == 0
            m.clear_fault()
            assert m[:] == TEXT and guards() == 1
        """
    )


def test_clear_fault_while_another_thread_closes():
    passes(
        """
        from zcio._mapping import guarded as module
        guarded = mmap.open_path(path, guard=True)
        view = memoryview(guarded)
        truncate()
        assert view[0] == 0
        view.release()
        remap = module._remap
        def close_after(mapping):
            remap(mapping)
            module._remap = remap
            mapping.close()
        module._remap = close_after
        assert guarded.clear_fault().offset == 0 and guarded.closed
        """
    )
