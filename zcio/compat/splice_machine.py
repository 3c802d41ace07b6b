"""Compares zcio.splice.splice with read() and write(), on two pairs of the same kinds of descriptors.

After each call the bytes, positions and errors must be the same. In some steps a system call fails; then every byte
must be accounted for.
"""

import errno
import os

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import zcio.splice
from zcio._core.transfer import inject, inject_clear
from zcio.compat import tally
from zcio.compat.splice_model import DESTINATIONS, NONBLOCK, SOURCES, moved_by_read_and_write

__all__ = ["MACHINES", "SpliceMachine"]

# No more bytes than a pipe or socket accepts while the other side does not read.
_MOST = 12000
SIZES = st.one_of(st.integers(0, 20), st.integers(0, _MOST), st.sampled_from([4095, 4096, 4097, 8192]))
OFFSETS = st.one_of(st.none(), st.none(), st.just(0), st.integers(0, 50), SIZES, st.sampled_from([-1, 1 << 40]))


def data(size):
    return bytes(bytearray((index * 7 + index // 256) % 256 for index in range(size)))


class Fault:
    """A fault to inject into the system call ``call``, once, after ``skip`` calls.

    It fails with the errno ``number`` or, if that is 0, moves at most ``most`` bytes. ``piece``: the largest number of
    bytes for all other calls, or 0 for no limit.
    """

    def __init__(self, call, skip, number=0, most=0, piece=0):
        self.call = call
        self.skip = skip
        self.number = number
        self.most = most
        self.piece = piece

    def __repr__(self):
        return "Fault(%r, %d, %d, %d, %d)" % (self.call, self.skip, self.number, self.most, self.piece)

    def arm(self):
        inject(self.call, skip=self.skip, errno=self.number, most=self.most)
        if self.piece:
            inject(self.call, times=1 << 20, most=self.piece)


_MOVERS = ["splice", "splice", "sendfile", "read", "write", "send"]
_SKIPS = st.integers(0, 3)
_PIECES = st.sampled_from([0, 100, 1000])
_FAULTS = st.one_of(
    st.builds(Fault, st.sampled_from(_MOVERS), _SKIPS, st.just(0), st.sampled_from([1, 1000])),
    st.builds(Fault, st.sampled_from(_MOVERS + ["poll"]), _SKIPS, st.just(errno.EINTR)),
    # After one of these errors, another system call is tried.
    st.builds(
        Fault,
        st.sampled_from(["splice", "sendfile"]),
        _SKIPS,
        st.sampled_from([errno.ENOSYS, errno.EXDEV]),
        st.just(0),
        _PIECES,
    ),
    st.builds(Fault, st.sampled_from(_MOVERS), _SKIPS, st.sampled_from([errno.ENOSPC, errno.EIO]), st.just(0), _PIECES),
    st.builds(Fault, st.just("pipe2"), st.just(0), st.just(errno.EMFILE)),
)
# After the splice into the pipe between the ends, the next one, out of it, fails.
_BETWEEN = st.builds(Fault, st.just("splice"), st.sampled_from([1, 3]), st.just(errno.EIO), st.just(0), _PIECES)
FAULTS = st.one_of(st.none(), _FAULTS, _BETWEEN)


def outcome(function, *arguments):
    """The result of a call, or the exception that it raised."""
    try:
        return function(*arguments)
    except (OSError, ValueError, OverflowError) as error:
        return error


def comparable(result):
    if isinstance(result, OSError):
        return type(result), result.errno
    return type(result) if isinstance(result, Exception) else result


# Files have the most cases.
_KINDS = [st.sampled_from(["file"] * 2 + sorted(kinds)) for kinds in (SOURCES, DESTINATIONS)]


class SpliceMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.worlds = []

    @initialize(src=_KINDS[0], dst=_KINDS[1], size=SIZES)
    def begin(self, src, dst, size):
        self.make(src, dst, size)

    @rule(src=_KINDS[0], dst=_KINDS[1], size=SIZES)
    def make(self, src, dst, size):
        self.each(lambda src, dst: (src.close(), dst.close()))
        self.pair = "%s to %s" % (src, dst)
        self.worlds = [(SOURCES[src](), DESTINATIONS[dst]()) for _ in range(2)]
        self.feed(size)

    def each(self, function):
        for src, dst in self.worlds:
            function(src, dst)

    @rule(size=SIZES)
    def feed(self, size):
        src = self.worlds[0][0]
        there = src.available()
        if there is None:
            there = len(src.taken())
        self.each(lambda src, dst: src.feed(data(min(size, _MOST - min(there, _MOST)))))

    @rule()
    def end(self):
        self.each(lambda src, dst: src.end())

    @rule(size=SIZES)
    def truncate_source(self, size):
        self.each(lambda src, dst: src.truncate(size))

    @rule(position=SIZES, which=st.integers(0, 1))
    def seek(self, position, which):
        self.each(lambda *ends: ends[which].seek(position))

    @precondition(lambda self: self.worlds)
    @rule(
        offset=OFFSETS,
        nbytes=OFFSETS,
        flags=st.integers(0, 15),
        out_offset=OFFSETS.filter(lambda offset: offset != 1 << 40),
        fault=FAULTS,
        positions=st.one_of(st.none(), st.tuples(SIZES, SIZES)),
        more=st.one_of(st.just(0), SIZES),
    )
    def splice(self, offset, nbytes, flags, out_offset, fault, positions, more):
        if more:
            self.feed(more)
        if positions is not None:
            self.each(lambda *ends: [end.seek(position) for end, position in zip(ends, positions)])
        self.transfer(offset, nbytes, flags, out_offset, fault)

    @precondition(lambda self: self.worlds)
    @rule(fault=st.one_of(st.none(), FAULTS))
    def splice_all_and_then_nothing(self, fault):
        self.transfer(None, None, 0, None, fault)
        self.transfer(None, None, 0, None, None)

    def transfer(self, offset, nbytes, flags, out_offset, fault):
        src = self.worlds[0][0]
        if not src.ended and (nbytes is None or nbytes > src.available()):
            flags |= NONBLOCK  # otherwise the call would wait for ever
        (ours, our_dst), (theirs, their_dst) = self.worlds
        if fault is not None:
            fault.arm()
        got = outcome(zcio.splice.splice, ours.fd, our_dst.fd, offset, nbytes, flags, out_offset)
        struck = inject_clear()
        if struck and isinstance(got, OSError) and got.errno == fault.number:
            self.account(got, offset, flags, out_offset)
            arrived = got.moved
        else:
            expected = outcome(moved_by_read_and_write, theirs, their_dst, offset, nbytes, flags, out_offset)
            tally.count("splice " + self.pair, type(expected) if isinstance(expected, Exception) else None)
            assert comparable(got) == comparable(expected), "splice: expected %r, got %r" % (expected, got)
            arrived = getattr(got, "moved", 0) if isinstance(got, Exception) else got
            assert arrived == (0 if isinstance(expected, Exception) else expected)
        for dst in (our_dst, their_dst):
            if arrived and hasattr(dst, "arrived"):
                dst.arrived(arrived)
        assert our_dst.taken() == their_dst.taken()
        assert ours.position() == theirs.position() and our_dst.position() == their_dst.position()
        assert ours.available() == theirs.available()

    def account(self, error, offset, flags, out_offset):
        """After a failed transfer, let the model move the number of bytes in the error, and compare the states."""
        src, dst = self.worlds[1]
        tally.count("splice %s, with a fault" % self.pair, type(error))
        left = len(error.undelivered)
        there = src.available()
        assert there is None or error.moved + left <= there, "%d bytes moved of %d" % (error.moved + left, there)
        assert moved_by_read_and_write(src, dst, offset, error.moved, flags & ~NONBLOCK, out_offset) == error.moved
        assert error.undelivered == (os.read(src.fd, left) if left else b"")

    def teardown(self):
        self.each(lambda src, dst: (src.close(), dst.close()))


MACHINES = {"splice": SpliceMachine}
