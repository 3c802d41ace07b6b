"""zcio.re beside the standard library's re: cases that the machine of `compat re` does not reach."""

import array
import copy
import gc
import inspect
import mmap
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest
from places import ROOT

import zcio.re
from zcio._call_guard import PYPY
from zcio._re import pattern as patterns
from zcio._re.match import StdlibMatch
from zcio._re.translate import Untranslatable, translate
from zcio.compat import re_comparison, re_patterns
from zcio.compat.re_comparison import forced

LINES = b"GET /index.html 200\nPOST /form 404 word\n\nlast \xff line" * 3


def native(pattern, flags=0):
    """A Pattern whose large texts are for the core."""
    compiled = zcio.re.compile(pattern, flags)
    assert zcio.re.explain(compiled).startswith("native"), zcio.re.explain(compiled)
    return compiled


def large(text):
    """``text`` in the middle of more of nothing than goes to the standard library."""
    return b"." * patterns.SMALL + text + b"." * patterns.SMALL


class TestModule:
    def test_has_every_name_of_the_standard_library_and_one_more(self):
        assert set(zcio.re.__all__) >= set(re.__all__) | {"explain", "Pattern", "Match"}
        assert dir(zcio.re) == list(zcio.re.__all__) or sys.version_info < (3, 7)
        assert {name for name in vars(re) if not hasattr(zcio.re, name)} <= {"__path__"}

    def test_in_the_place_of_the_standard_library_s_module(self):
        code = """
import pickle, sys, zcio.re
sys.modules["re"] = zcio.re
import re, string, textwrap
assert re.sub("(a)", r"<\\1>", "ba") == "b<a>" and re.sub(b"(a)", rb"<\\1>", b"ba") == b"b<a>"
assert re.match("a(b)", "ab").expand(r"\\1") == "b" and re.match(b"a(b)", b"ab").expand(rb"\\1") == b"b"
for pattern in re.compile("a"), re.compile(b"a"):
    assert pickle.loads(pickle.dumps(pattern)) == pattern
"""
        subprocess.check_call([sys.executable, "-c", code])

    @pytest.mark.parametrize("name", ["compile", "search", "match", "fullmatch", "split", "sub", "subn", "findall"])
    def test_signatures_are_those_of_the_running_interpreter(self, name):
        assert inspect.signature(getattr(zcio.re, name)) == inspect.signature(getattr(re, name))
        assert getattr(zcio.re, name).__doc__ == getattr(re, name).__doc__

    def test_functions_over_str_and_bytes(self):
        assert zcio.re.findall("a+", "caat") == ["aa"]
        assert zcio.re.sub(b"a", b"b", b"caat", count=1) == b"cbat"
        text = large(b"word 1, word 2")
        assert zcio.re.findall(rb"word (\d)", text) == [b"1", b"2"]
        assert zcio.re.split(rb", ", text) == re.split(rb", ", text)
        assert [m.span() for m in zcio.re.finditer(rb"\d", text)] == [m.span() for m in re.finditer(rb"\d", text)]

    def test_str_patterns_are_the_standard_library_s_own(self):
        compiled = zcio.re.compile("a")
        assert type(compiled) is type(re.compile("a"))
        assert isinstance(compiled, zcio.re.Pattern) and isinstance(compiled.match("a"), zcio.re.Match)

    @pytest.mark.parametrize("bad", [b"(", b"*", b"[z-a]", b"(?P<n>a)(?P<n>b)", b"\\1", b"(?i"])
    def test_bad_patterns_raise_what_re_raises(self, bad):
        with pytest.raises(re.error) as expected:
            re.compile(bad)
        with pytest.raises(re.error) as got:
            zcio.re.compile(bad)
        assert str(got.value) == str(expected.value) and got.value.pos == expected.value.pos

    def test_compile_is_cached_as_in_re(self):
        assert zcio.re.compile(b"abc") is zcio.re.compile(b"abc")
        first = zcio.re.compile(b"abc", zcio.re.I)
        assert first is zcio.re.compile(b"abc", zcio.re.I) and first is not zcio.re.compile(b"abc")
        zcio.re.purge()
        assert zcio.re.compile(b"abc", zcio.re.I) is not first

    def test_compile_of_a_pattern(self):
        compiled = zcio.re.compile(b"a")
        assert zcio.re.compile(compiled) is compiled
        with pytest.raises(ValueError, match="cannot process flags argument with a compiled pattern"):
            zcio.re.compile(compiled, zcio.re.I)
        assert zcio.re.compile(re.compile(b"a")) == compiled

    @pytest.mark.skipif(sys.version_info < (3, 7), reason="no such warning")
    def test_a_warning_of_the_parser_comes_once_and_names_the_line_of_the_caller(self):
        zcio.re.purge()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compiled = zcio.re.compile(b"[[a]b")
            assert compiled.search(large(b"ab")).group() == b"ab"
            zcio.re.search("[[a]b", "ab")
        assert [(warning.category, warning.filename) for warning in caught] == [(FutureWarning, __file__)] * 2


class TestPattern:
    def test_attributes(self):
        ours, theirs = zcio.re.compile(b"(?i)(?P<x>a)(b)"), re.compile(b"(?i)(?P<x>a)(b)")
        for name in ("pattern", "flags", "groups"):
            assert getattr(ours, name) == getattr(theirs, name)
            with pytest.raises(AttributeError):
                setattr(ours, name, 1)
        assert dict(ours.groupindex) == {"x": 1}
        assert repr(ours) == repr(theirs)

    def test_equal_to_the_standard_library_s(self):
        ours = zcio.re.compile(b"a+")
        assert ours == re.compile(b"a+") and re.compile(b"a+") == ours and hash(ours) == hash(re.compile(b"a+"))
        assert ours != zcio.re.compile(b"a") and ours != zcio.re.compile(b"a+", re.I) and ours != b"a+"

    def test_copies_and_pickles(self):
        ours = zcio.re.compile(b"a+", zcio.re.M)
        assert copy.copy(ours) is ours and copy.deepcopy(ours) is ours
        assert pickle.loads(pickle.dumps(ours)) is ours

    def test_is_made_by_compile_alone(self):
        for kind in (zcio.re.Pattern, zcio.re.Match):
            with pytest.raises(TypeError, match="cannot create"):
                kind()

    def test_small_texts_give_the_standard_library_s_matches(self):
        found = zcio.re.compile(b"a").search(b"ba")
        assert type(found) is type(re.match(b"", b"")) and isinstance(found, zcio.re.Match)
        assert found.re == zcio.re.compile(b"a")

    @pytest.mark.parametrize("wrong", ["text", 1, None, memoryview(b"abcd" * 5000)[::2]])
    def test_what_is_no_text_raises_what_re_raises(self, wrong):
        for name in ("search", "finditer", "findall", "split"):
            try:
                expected = getattr(re.compile(b"a"), name)(wrong)
            except Exception as error:
                expected = error
            else:
                assert PYPY  # its own takes strided views
                continue
            with pytest.raises(type(expected)) as got:
                getattr(zcio.re.compile(b"a"), name)(wrong)
            assert str(got.value) == str(expected)

    def test_odd_bounds_are_the_standard_library_s(self):
        ours = native(b"b")
        text = large(b"b")
        for pos, endpos in [(-5, 10**9), (True, len(text)), (len(text), 3), (patterns.SMALL, patterns.SMALL + 1)]:
            expected = re.compile(b"b").search(text, pos, endpos)
            got = ours.search(text, pos, endpos)
            assert (got and got.span()) == (expected and expected.span())
        with pytest.raises(TypeError):
            ours.search(text, 1.5)
        with pytest.raises(OverflowError):
            ours.finditer(text, 0, 10**30)


class TestMatch:
    def match(self, text=None):
        return native(rb"(?P<user>\w+)@(\w+)|(zz)").search(large(b" joe@home ") if text is None else text)

    def test_is_described_as_the_standard_library_s(self):
        text = large(b" joe@home ")
        theirs = re.search(rb"(?P<user>\w+)@(\w+)|(zz)", text)
        ours = self.match(text)
        assert type(ours) is zcio.re.Match
        assert re_comparison.described(ours) == re_comparison.described(theirs)
        assert ours.string is text and ours.re is native(rb"(?P<user>\w+)@(\w+)|(zz)")

    def test_errors(self):
        ours = self.match()
        with pytest.raises(IndexError, match="no such group"):
            ours.group(4)
        with pytest.raises(IndexError, match="no such group"):
            ours.start("x")
        with pytest.raises(TypeError):
            pickle.dumps(ours)
        with pytest.raises(AttributeError):
            ours.pos = 3

    def test_copies_are_itself(self):
        ours = self.match()
        assert copy.copy(ours) is ours and copy.deepcopy(ours) is ours

    def test_groups_over_memory_that_changes_are_those_of_the_search(self):
        text = bytearray(large(b" joe@home "))
        ours = self.match(text)
        text[ours.end()] = ord("x")
        assert ours.span() == ours.regs[0] and ours.group(2) == b"home"


class TestBuffers:
    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: array.array("b", data)])
    def test_every_method_over(self, kind):
        text = kind(large(LINES))
        ours, theirs = native(rb"(\w+) (\d+)"), re.compile(rb"(\w+) (\d+)")
        assert re_comparison.compare(ours, theirs, text, 0, sys.maxsize) is None

    def test_items_of_several_bytes_are_seen_as_bytes(self):
        text = array.array("I", large(b"findme!!"))
        assert native(b"findme").search(text).span() == re.search(b"findme", text).span()

    def test_a_mapping_is_held_while_it_is_read(self):
        with mmap.mmap(-1, 4 * patterns.SMALL) as mapping:
            mapping[-6:] = b"needle"
            ours = native(b"needle|nothing")
            assert ours.search(mapping).start() == len(mapping) - 6
            found = ours.finditer(mapping)
            next(found)
            if sys.implementation.name != "pypy":
                with pytest.raises(BufferError):
                    mapping.close()
            del found
            gc.collect()

    @pytest.mark.skipif(sys.implementation.name == "pypy", reason="a bytearray of PyPy resizes under exports")
    def test_every_entry_holds_the_buffer(self):
        text = bytearray(large(b"ab" * 100))
        ours = native(b"a(b)")
        for found in (ours.finditer(text), ours.spans(text), ours.lines(text)):
            next(found)
            with pytest.raises(BufferError):
                text.append(0)
            del found
        gc.collect()

        def grow(match):
            with pytest.raises(BufferError):
                text.append(0)
            return b""

        ours.sub(grow, text)
        text.append(0)


class TestSmallAndLarge:
    def test_a_pattern_is_translated_at_the_first_large_text(self):
        zcio.re.purge()
        ours = zcio.re.compile(b"lazy+")
        for _ in range(100):
            ours.search(b"-" * (patterns.SMALL - 1))
        assert ours._program is None
        ours.search(b"-" * patterns.SMALL)
        assert ours._program is not None

    def test_the_size_of_the_text_alone_decides_who_makes_a_match(self):
        dense, sparse = b"1 " * 5000, (b" " * 40 + b"1") * 5000
        ours = native(rb"\d")
        for _ in range(3):
            assert type(next(ours.finditer(dense))) is StdlibMatch
            assert type(next(ours.finditer(sparse))) is zcio.re.Match

    def test_dense_matches_are_found_by_either_with_the_same_result(self):
        rnd = random.Random(3)
        text = b"".join(rnd.choice([b"1", b"22 ", b" ", b"x" * 40]) for _ in range(60000)) + b"\n" * 200000 + b"1"
        ours, theirs = native(rb"(\d)+"), re.compile(rb"(\d)+")
        expected = [(m.span(), 0 if PYPY else m.pos, m.regs) for m in theirs.finditer(text)]
        assert [(m.span(), 0 if PYPY else m.pos, m.regs) for m in ours.finditer(text)] == expected
        assert ours.findall(text) == theirs.findall(text)
        assert ours.subn(b"<>", text) == theirs.subn(b"<>", text)

    def test_split_and_sub_stop_at_their_counts(self):
        text = large(b"a" * 5000)
        ours, theirs = native(b"a"), re.compile(b"a")
        for count in (1, 2, 1023, 1024, 1025, 4999, 5000, 0, -1):
            assert ours.split(text, count) == theirs.split(text, count)
            assert ours.subn(b"b", text, count) == theirs.subn(b"b", text, count)

    def test_no_match_returns_the_very_text(self):
        text = large(b"")
        assert native(b"absent").sub(b"", text) is text

    def test_a_bad_template_raises_even_without_a_match(self):
        with pytest.raises(re.error, match="invalid group reference 1"):
            native(b"absent").sub(b"\\1", large(b""))

    def test_what_a_callback_raises_arrives(self):
        def fail(match):
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            native(b"a").sub(fail, large(b"a"))
        with pytest.raises(TypeError):
            native(b"a").sub(lambda match: 1, large(b"a"))


class TestAdded:
    def test_count_spans_lines(self):
        text = large(b"\n" + LINES)
        ours = native(rb"\d+")
        spans = [match.span() for match in re.finditer(rb"\d+", text)]
        assert ours.count(text) == len(spans) == ours.count(text, threads=3)
        assert list(ours.spans(text)) == spans
        assert list(ours.lines(text)) == [line for line in text.split(b"\n") if re.search(rb"\d+", line)]

    def test_count_by_threads(self):
        text = b"GET / 200\nPOST / 404\n" * 400000
        ours = native(rb"(?m)^GET.*\d$")
        assert ours.count(text, threads=4) == 400000 == ours.count(text)

    def test_spans_into_an_array(self):
        text = large(b"a" * 10)
        out = array.array("Q", [0] * 8)
        found, position = native(b"a").spans_into(text, out)
        assert found == 4 and list(out[:2]) == [patterns.SMALL, patterns.SMALL + 1]
        assert native(b"a").spans_into(text, out, position + 4) == (2, None)
        with pytest.raises(ValueError, match="room"):
            native(b"a").spans_into(text, array.array("Q", [0]))
        for where in (text, b"small"):
            with pytest.raises(TypeError, match="out must be a buffer of 64-bit integers"):
                native(b"a").spans_into(where, array.array("I", bytes(80)))
        memory = bytearray(text)
        with pytest.raises(ValueError, match="share no memory"):
            native(b"a").spans_into(memory, memoryview(memory)[:64])

    @pytest.mark.parametrize("threads", [0, -1])
    def test_count_refuses_no_threads(self, threads):
        with pytest.raises(ValueError, match="threads must be at least 1"):
            native(b"a").count(b"", threads=threads)

    @pytest.mark.parametrize(
        "pattern, why",
        [
            (b"(?=a)b", "lookaround"),
            (b"(?<!a)b", "lookaround"),
            (rb"(a)\1", "a back reference"),
            (b"(a)?(?(1)b|c)", "a conditional"),
            (b"(a|b?)*", "a loop whose body can match nothing"),
            (b"a$b", "$ without MULTILINE before the end of the pattern"),
            (b"(?L)a", "a flag such as LOCALE or DEBUG"),
            (b"[a-z]{1001}", "repeats that expand to more than 1000 states"),
        ],
    )
    def test_explain_says_why_not(self, pattern, why):
        assert zcio.re.explain(pattern) == "standard library: " + why

    def test_a_long_list_of_words_is_native(self):
        words = b"|".join(b"word%d" % number for number in range(500))
        assert zcio.re.explain(words) == "native"
        text = b"no such " * 2000 + b"word499 "
        assert zcio.re.search(words, text).span() == re.search(words, text).span()

    def test_explain_of_others(self):
        assert zcio.re.explain(b"a|b$") == "native"
        assert zcio.re.explain("a") == "standard library: the pattern is a str"
        assert zcio.re.explain(b"x*?").startswith("native for search; standard library for iteration")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no such syntax")
@pytest.mark.parametrize("pattern", [b"(?>a)b", b"a++b"])
def test_atomic_constructs_are_delegated(pattern):
    with pytest.raises(Untranslatable):
        translate(pattern, 0)


class TestLongSearches:
    """The three ways to bound a call: by width, by newlines, by stepping."""

    CASES = [rb"needle\d", rb"(?m)^needle.*$", rb"(?s)needle.*x.*y", rb"[^z]{3,}needle\n"]

    @pytest.mark.parametrize("pattern", CASES)
    @pytest.mark.parametrize("filler", [b"-" * 70 + b"\n", b"-"])
    def test_matches_across_windows_are_found(self, pattern, filler):
        filler = (filler * (3 << 20))[: 3 << 20]
        text = filler + b"\nneedle1 x\n y" + filler + b"needle\n"
        expected = [match.span() for match in re.finditer(pattern, text)]
        assert list(native(pattern).spans(text)) == expected
        assert native(pattern).search(text).span() == expected[0]

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer")
    @pytest.mark.parametrize("pattern", [rb"[a-q][^u-z]{3,13}x", rb"(?s)(a|b).*z", rb"(?m)^.*z$"])
    def test_signals_are_answered(self, pattern):
        class Answered(Exception):
            pass

        def handler(number, frame):
            raise Answered

        text = b"a" * (64 << 20)
        before = signal.signal(signal.SIGALRM, handler)
        try:
            compiled = native(pattern)
            compiled.search(large(b""))
            late = []
            for _ in range(3):
                begun = time.perf_counter()
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                try:
                    while True:
                        compiled.count(text)
                except Answered:
                    late.append(time.perf_counter() - begun - 0.05)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert min(late) < 0.1

    def test_other_threads_run_meanwhile(self):
        text = b"a" * (64 << 20)
        compiled = native(rb"(?s)(a|b).*z")
        worker = threading.Thread(target=compiled.count, args=(text,))
        steps = 0
        worker.start()
        while worker.is_alive():
            time.sleep(0.001)
            steps += 1
        assert steps > 5


def test_random_patterns_give_the_standard_library_s_results():
    """The generator of `compat re`; texts of any size go to the core here. The same patterns in each run: the standard
    library's own search of a random one may take forever."""
    rnd = random.Random(19)
    natives = 0
    with warnings.catch_warnings(), forced():
        warnings.simplefilter("ignore")
        for _ in range(600):
            source, flags = re_patterns.pattern(rnd), rnd.choice(re_comparison.FLAGS)
            try:
                stdlib = re.compile(source, flags)
            except (re.error, OverflowError):
                continue
            ours = patterns.new_pattern(stdlib)
            natives += ours._compiled().reason is None
            for _ in range(3):
                text = re_patterns.text(rnd)
                pos = rnd.choice([0, 0, rnd.randrange(-1, 9)])
                endpos = rnd.choice([sys.maxsize, rnd.randrange(0, 30)])
                wrong = re_comparison.compare(ours, stdlib, text, pos, endpos)
                assert wrong is None, (source, flags, text, pos, endpos, wrong)
    assert natives > 5


@pytest.mark.parametrize("wrong", [None, 1.0, "1"])
def test_counts_that_are_no_ints_are_refused_for_large_texts_too(wrong):
    pattern = native(b"x+")
    text = b"x y\n" * 5000
    for call in (lambda: pattern.sub(b"", text, wrong), lambda: pattern.subn(b"", text, wrong)):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError):
        pattern.split(text, wrong)


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="about CPython's collector")
@pytest.mark.parametrize("started", [False, True], ids=["new", "started"])
@pytest.mark.parametrize("method", ["finditer", "spans", "lines"])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_iterators_that_the_garbage_collector_finds(kind, method, started):
    # It frees what an iterator searches with before it closes the iterator, and CPython before 3.13 crashes if it
    # clears a memoryview that something has an export of.
    pattern = native(b"x+")
    text = b"x y\n" * 1000
    for _ in range(2):
        found = getattr(pattern, method)(kind(text))
        if started:
            next(found)
        cycle = [found]
        cycle.append(cycle)
        del found, cycle
        gc.collect()
        assert pattern.count(text) == 1000


def test_the_share_of_native_patterns_is_counted(tmp_path):
    tool = os.path.join(ROOT, "tools", "re_share.py")
    if not os.path.exists(tool):
        pytest.skip("an installed zcio has no tools")
    (tmp_path / "module.py").write_text(
        "import re\n"
        "re.compile(r'a+'); re.sub(b'(a)\\\\1', b'', x); re.search('A $', x, re.I | re.X); re.match('a(?=b)', x)\n"
        "re.compile('(a?)*'); re.compile(variable); re.compile('\\u00e9'); re.compile('('); other.compile('b')\n"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(map(os.path.abspath, filter(None, sys.path))))
    said = subprocess.check_output([sys.executable, tool, str(tmp_path)], env=environment).decode()
    assert "2 of 5 patterns native (40 %)" in said
    for reason in ("a back reference", "lookaround", "a loop whose body can match nothing"):
        assert "    1  standard library: " + reason in said
