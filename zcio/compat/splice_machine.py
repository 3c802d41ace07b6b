"""zcio.splice.splice beside read() and write(): the same ends twice, the same calls on both, the same bytes, positions
and errors after each."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from zcio.compat import tally
from zcio.compat.splice_model import DESTINATIONS, NONBLOCK, SOURCES, moved_by_read_and_write
from zcio.splice import splice

__all__ = ["MACHINES", "SpliceMachine"]

# No more than a pipe or socket takes while nobody reads.
_MOST = 12000
SIZES = st.one_of(st.integers(0, 20), st.integers(0, _MOST), st.sampled_from([4095, 4096, 4097, 8192]))
OFFSETS = st.one_of(st.none(), st.just(0), st.integers(0, 50), SIZES, st.sampled_from([-1, 1 << 40]))


def data(size):
    return bytes(bytearray((index * 7 + index // 256) % 256 for index in range(size)))


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except OSError as error:
        return type(error), error.errno
    except (ValueError, OverflowError) as error:
        return type(error)


class SpliceMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.worlds = []

    @initialize(src=st.sampled_from(sorted(SOURCES)), dst=st.sampled_from(sorted(DESTINATIONS)), size=SIZES)
    def begin(self, src, dst, size):
        self.make(src, dst, size)

    @rule(src=st.sampled_from(sorted(SOURCES)), dst=st.sampled_from(sorted(DESTINATIONS)), size=SIZES)
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
    )
    def splice(self, offset, nbytes, flags, out_offset):
        src = self.worlds[0][0]
        if not src.ended and (nbytes is None or nbytes > src.available()):
            flags |= NONBLOCK  # it would wait for ever
        (ours, our_dst), (theirs, their_dst) = self.worlds
        got = outcome(splice, ours.fd, our_dst.fd, offset, nbytes, flags, out_offset)
        expected = outcome(moved_by_read_and_write, theirs, their_dst, offset, nbytes, flags, out_offset)
        error = expected[0] if isinstance(expected, tuple) else expected if isinstance(expected, type) else None
        tally.count("splice " + self.pair, error)
        assert got == expected
        if isinstance(got, int):
            for dst in (our_dst, their_dst):
                if hasattr(dst, "arrived"):
                    dst.arrived(got)
        assert our_dst.taken() == their_dst.taken()
        assert ours.position() == theirs.position() and our_dst.position() == their_dst.position()
        assert ours.available() == theirs.available()

    def teardown(self):
        self.each(lambda src, dst: (src.close(), dst.close()))


MACHINES = {"splice": SpliceMachine}
