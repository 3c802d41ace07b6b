"""Runs the checks that are too slow for every merge: sanitizers, valgrind, oracles, stress, leaks.

    python tools/deep_checks.py [--quick] [NAME ...]

It runs the checks named, by default all of them, and prints a table at the end: the check, what it covers, its time and
its result. The exit status is 1 if one fails. The output of each is in build/deep-checks/NAME.log. The Python that runs
this needs zcio's requirements, pytest, pytest-timeout and hypothesis; a check that needs more says so.
"""

import argparse
import collections
import glob
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "build", "deep-checks")
TARGET = platform.machine() + "-unknown-linux-gnu"
SUPPRESSIONS = os.path.join(ROOT, "tools", "suppressions")
# Tests that access memory of other objects, and that work with a sanitizer.
NATIVE_TESTS = [
    "core/test_core.py",
    "core/test_core_exports.py",
    "search/test_search.py",
    "search/test_mmap_search.py",
    "mapping/test_mmap_lifetimes.py",
    "mapping/test_guarded.py",
    "mapping/test_guarded_machine.py",
    "mapping/test_guarded_signals.py",
    "cursor/test_cursor.py",
    "pipe/test_pipe.py",
    "pipe/test_pipe_io.py",
    "pipe/test_pipe_lifetimes.py",
    "pipe/test_pipe_machine.py",
    "transfer/test_splice.py",
    "transfer/test_splice_failures.py",
    "transfer/test_splice_faults.py",
    "transfer/test_splicer.py",
    "transfer/test_copy.py",
    "transfer/test_copy_objects.py",
    "transfer/test_copy_paths.py",
    "transfer/test_copy_faults.py",
    "transfer/test_syscalls.py",
]

Check = collections.namedtuple("Check", "name covers run")
CHECKS = []


class Skipped(Exception):
    """Something that the check needs is missing; the text says what."""


def check(covers):
    """Register a function of ``(say, options)`` as a check; it returns whether it passed."""

    def register(function):
        CHECKS.append(Check(function.__name__.replace("_", "-"), covers, function))
        return function

    return register


class Say:
    """Runs commands, and writes their output to the check's log."""

    def __init__(self, name, nice):
        self.path = os.path.join(OUT, name + ".log")
        self._log = open(self.path, "w")
        self._nice = nice

    def __call__(self, command, timeout=7200, directory=ROOT, **environment):
        """Run a command. Returns its exit status."""
        shown = ["%s=%s" % item for item in sorted(environment.items())] + command
        print("$ " + " ".join(shown), file=self._log, flush=True)
        command = ["nice", "-n", str(self._nice)] + command
        try:
            return subprocess.call(
                command,
                cwd=directory,
                env=dict(os.environ, **environment),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            print("timed out after %d s" % timeout, file=self._log, flush=True)
            return 124

    def said(self):
        """The content of the log so far."""
        with open(self.path, errors="replace") as log:
            return log.read()

    def line(self, text):
        """Write a line to the log."""
        print(text, file=self._log, flush=True)


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise Skipped("needs " + tool)


def tests(*names):
    return [os.path.join(ROOT, "tests_py", name) for name in names]


def pytest_command(*arguments):
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=0"] + list(arguments)


def _rust(say, sanitizer, arguments, flags="", **environment):
    """The Rust tests with a sanitizer, whose runtime comes with every stable toolchain.

    The standard library is as shipped, so what its own compiled code does is not seen: memory it corrupts only where
    it passes through a function of libc, and no lock it waits for.
    """
    need("cargo")
    # Not the target directory of other builds: all flags differ.
    return say(
        ["cargo", "test", "--locked", "--no-fail-fast", "--target", TARGET] + arguments,
        RUSTC_BOOTSTRAP="1",
        RUSTFLAGS="-Zsanitizer=%s -Cunsafe-allow-abi-mismatch=sanitizer %s" % (sanitizer, flags),
        CARGO_TARGET_DIR=os.environ.get("ZCIO_SANITIZER_TARGET", os.path.join(ROOT, "target")) + "/" + sanitizer,
        **environment
    )


@check("the core's tests with AddressSanitizer and LeakSanitizer: memory used wrongly or never freed")
def asan_rust(say, options):
    few = ["--test", "pipe_pool", "--test", "transfer", "--test", "search_ffi"]
    arguments = few if options.quick else ["--workspace"]
    cases = "50" if options.quick else "400"
    # Some tests allocate more than there is memory, and expect an error.
    asan = "allocator_may_return_null=1"
    return _rust(say, "address", arguments, "--cfg zcio_asan", PROPTEST_CASES=cases, ASAN_OPTIONS=asan) == 0


@check("pool, transfers and faults with ThreadSanitizer: memory used by two threads at once")
def tsan_rust(say, options):
    # One test at a time: the harness itself passes results by channels that are not seen.
    return (
        _rust(
            say,
            "thread",
            ["--test", "pipe_pool", "--test", "transfer", "--test", "fault", "--test", "guarded"],
            "--cfg zcio_tsan",
            RUST_TEST_THREADS="1",
            PROPTEST_CASES="50",
            TSAN_OPTIONS="allocator_may_return_null=1 suppressions=" + os.path.join(SUPPRESSIONS, "tsan.txt"),
        )
        == 0
    )


def _package(say, name, **environment):
    """A copy of the sources with a native module built for ``environment``; its path."""
    place = os.path.join(OUT, name)
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for part in ("zcio", "pybind", "rust"):
        shutil.copytree(
            os.path.join(ROOT, part), os.path.join(place, part), ignore=shutil.ignore_patterns("*.so", "__pycache__")
        )
    for part in ("Cargo.toml", "Cargo.lock", "setup.py", "setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(os.path.join(ROOT, part), place)
    for path in glob.glob(os.path.join(ROOT, "LICENSE*")):
        shutil.copy(path, place)
    status = say([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], directory=place, **environment)
    return place if status == 0 else None


@check("the Python tests over a core and a cffi module with AddressSanitizer; leaks of the native module")
def asan_python(say, options):
    need("gcc", "cargo")
    runtime = subprocess.check_output(["gcc", "-print-file-name=libasan.so"]).decode().strip()
    if not os.path.isabs(runtime):
        raise Skipped("needs gcc's libasan")
    place = _package(
        say,
        "asan",
        RUSTC_BOOTSTRAP="1",
        # The runtime that is preloaded is gcc's.
        RUSTFLAGS="-Zsanitizer=address -Zexternal-clangrt -Cunsafe-allow-abi-mismatch=sanitizer -Cdebuginfo=1"
        " --cfg zcio_asan",
        CARGO_BUILD_TARGET=TARGET,
        CARGO_PROFILE_RELEASE_LTO="off",
        CARGO_TARGET_DIR=os.environ.get("ZCIO_SANITIZER_TARGET", os.path.join(ROOT, "target")) + "/asan-python",
        CFLAGS="-fsanitize=address -g -fno-omit-frame-pointer",
        LDFLAGS="-fsanitize=address",
    )
    if place is None:
        return False
    names = NATIVE_TESTS[:3] if options.quick else NATIVE_TESTS
    status = say(
        pytest_command(*tests(*names)),
        # Python puts where it runs before all else, and the tree has a zcio too.
        directory=OUT,
        PYTHONPATH=place,
        PYTHONMALLOC="malloc",
        LD_PRELOAD=runtime,
        # Tests allocate too much memory on purpose, and zcio handles SIGBUS. The leak check is off: gcc's runtime takes
        # a wrong range for the thread-local memory of a module that was loaded later, and crashes when it reads that.
        ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:handle_sigbus=0:handle_segv=0:"
        "intercept_tls_get_addr=0",
        LSAN_OPTIONS="print_suppressions=0:suppressions=" + os.path.join(SUPPRESSIONS, "lsan.txt"),
    )
    said = say.said()
    if "ERROR: AddressSanitizer" in said or ("LeakSanitizer: detected" in said and "_native" in said):
        return False
    return status == 0 or "LeakSanitizer: detected" in said and " failed" not in said


@check("memcheck over the native calls: any error with a frame of the native module")
def valgrind(say, options):
    need("valgrind")
    names = ["core/test_core.py"] if options.quick else ["core/test_core.py", "core/test_core_exports.py"]
    report = os.path.join(OUT, "memcheck.log")
    status = say(
        ["valgrind", "--tool=memcheck", "--num-callers=30", "--log-file=" + report, "--error-limit=no"]
        # Otherwise a thread that waits for the GIL could starve.
        + ["--fair-sched=yes"]
        + pytest_command(*tests(*names)),
        PYTHONMALLOC="malloc",
        PYTHONPATH=ROOT,
    )
    with open(report, errors="replace") as file:
        errors = re.split(r"^==\d+== *$", file.read(), flags=re.M)
    ours = [error for error in errors if "/_native." in error and re.search(r"\b(at|by) 0x", error)]
    for error in ours:
        say.line(error)
    say.line("%d errors with a frame of the native module" % len(ours))
    return status == 0 and not ours


@check("the Python tests where every warning is an error and the interpreter checks itself (-X dev -W error -bb)")
def dev(say, options):
    if options.quick:
        selected = tests("core/test_core.py", "cursor/test_cursor.py", "pipe/test_pipe.py")
    else:
        # The documentation's snippets print bytes, and `5 in mapping` compares bytes with an int, as the standard
        # library's does; -bb forbids both.
        selected = tests("") + ["--ignore=" + path for path in tests("project/test_docs.py")]
        selected += ["-k", "not test_methods_of_a_mapping and not test_methods_of_a_guarded_mapping"]
    command = pytest_command(*selected)
    return say(command[:1] + ["-X", "dev", "-W", "error", "-bb"] + command[1:], PYTHONPATH=ROOT) == 0


@check("search, pipe and lines against naive models: many random cases, in Rust and in Python")
def oracles(say, options):
    need("cargo")
    cases = "500" if options.quick else "20000"
    targets = ["search_oracle", "search_any", "search_large", "search_ffi", "search_torn", "pipe_spans", "pipe_pool"]
    arguments = [part for target in targets for part in ("--test", target)]
    command = ["cargo", "test", "--locked", "--profile", "checked", "--package", "zcio", "--no-fail-fast"]
    rust = say(command + arguments, PROPTEST_CASES=cases)
    seconds = "60" if options.quick else "3600"
    fuzz = ["cargo", "run", "--locked", "--profile", "checked", "--package", "zcio", "--example", "fuzz_search"]
    rust = rust or say(fuzz + [seconds])
    machines = ["search/test_search.py", "search/test_mmap_search.py", "pipe/test_pipe_machine.py"]
    machines += ["cursor/test_cursor_machine.py", "bytesio/test_bytesio_machine.py", "transfer/test_splice_machine.py"]
    profile = "ci" if options.quick else "long"
    python = say(pytest_command(*tests(*machines)), ZCIO_HYPOTHESIS_PROFILE=profile, PYTHONPATH=ROOT)
    return rust == 0 and python == 0


@check("eight threads at everything, forked in the middle, and interpreters that end in the middle")
def stress(say, options):
    seconds = "10" if options.quick else "300"
    statuses = []
    for python in options.python or [sys.executable]:
        command = [python] + pytest_command(*tests("every_class/test_stress.py"))[1:]
        statuses.append(say(command, ZCIO_STRESS_SECONDS=seconds, PYTHONPATH=ROOT))
    return not any(statuses)


@check("descriptors, mappings and memory over 100,000 cycles of every class, exceptions on the way")
def leaks(say, options):
    cycles = "2000" if options.quick else "100000"
    statuses = []
    for python in options.python or [sys.executable]:
        command = [python, "-W", "error", os.path.join(ROOT, "tests_py", "every_class", "leak_cycles.py"), cycles]
        statuses.append(say(command, timeout=4 * 3600, PYTHONPATH=ROOT))
    return not any(statuses)


# The commands that make and mount each file system, at ``top``. The image is empty and has 1 GiB.
_OVERLAY = "lowerdir={lower},upperdir={upper},workdir={work}"
FILE_SYSTEMS = {
    "btrfs": ["mkfs.btrfs -q {image}", "mount -o loop {image} {top}"],
    "xfs": ["mkfs.xfs -q {image}", "mount -o loop {image} {top}"],
    "ext4": ["mkfs.ext4 -q {image}", "mount -o loop {image} {top}"],
    "tmpfs": ["mount -t tmpfs none {top}"],
    "overlay": ["mount -t overlay none -o %s {top}" % _OVERLAY],
    "bind": ["mount --bind {lower} {top}"],
    # Without the timeout, a file that was written by one of its names has its old size by the other.
    "FUSE, bindfs": ["bindfs -o attr_timeout=0 {lower} {top}"],
    "FUSE, fuse-overlayfs": ["fuse-overlayfs -o %s {top}" % _OVERLAY],
}


def _mount(say, name, place):
    """Mounts a new file system at ``place``/top. Returns whether that worked."""
    paths = {each: os.path.join(place, each) for each in ("top", "lower", "upper", "work", "image")}
    for each in ("top", "lower", "upper", "work"):
        os.makedirs(paths[each])
    with open(paths["image"], "wb") as image:
        image.truncate(1 << 30)
    return all(say([part.format(**paths) for part in command.split()]) == 0 for command in FILE_SYSTEMS[name])


@check("copies on file systems of their own: btrfs, XFS, ext4, tmpfs, overlayfs, a bind mount, FUSE (needs root)")
def file_systems(say, options):
    if os.geteuid() != 0:
        raise Skipped("needs root")
    names = ["shutil", "shutil_small_files", "shutil_faults"]
    if not options.quick:
        names += ["copy", "copy_small", "copy_target", "copy_faults", "shutil_machine"]
    names = ["transfer/test_%s.py" % name for name in names]
    fine = True
    for name, commands in sorted(FILE_SYSTEMS.items()):
        missing = [command.split()[0] for command in commands if shutil.which(command.split()[0]) is None]
        if missing:
            say.line("%s: skipped: needs %s" % (name, ", ".join(missing)))
            continue
        # Not below OUT: overlayfs cannot be laid over another.
        with tempfile.TemporaryDirectory(prefix="zcio-mount-") as place:
            if not _mount(say, name, place):
                say.line("%s: cannot be mounted here" % name)
                continue
            top = os.path.join(place, "top")
            try:
                inside = os.path.join(top, "tests")
                command = pytest_command("--basetemp=" + inside, *tests(*names))
                status = say(command, PYTHONPATH=ROOT, TMPDIR=top)
            finally:
                say(["umount", top])
            say.line("%s: %s" % (name, "FAILED" if status else "ok"))
            fine = fine and status == 0
    return fine


PERMISSIVE = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Unlicense", "Zlib", "Unicode-3.0", "BSL-1.0"}
# Licences of cbindgen's dependencies. It writes the header in a test, and is not shipped.
ONLY_FOR_TESTS = PERMISSIVE | {"MPL-2.0", "LGPL-2.1-or-later"}


def _licence_is_fine(expression, allowed):
    """Whether one alternative of an SPDX expression (as they are here: OR of ANDs, or AND of ORs) is allowed whole."""
    expression = re.sub(r" WITH [\w.-]+", "", (expression or "").replace("/", " OR "))
    every = [part.strip("() ") for part in re.split(r" AND (?![^(]*\))", expression)]
    return all(any(one.strip("() ") in allowed for one in re.split(r" OR ", part)) for part in every)


@check("dependencies: the lock file is current, none yanked, licences, duplicates (no advisory database: see the log)")
def dependencies(say, options):
    need("cargo")
    say.line("Known vulnerabilities are not looked up: cargo audit and cargo deny fetch a database from elsewhere.")
    metadata = json.loads(
        subprocess.check_output(["cargo", "metadata", "--locked", "--format-version", "1"], cwd=ROOT).decode()
    )
    shipped = subprocess.check_output(
        ["cargo", "tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"], cwd=ROOT
    ).decode()
    shipped = {line.split()[0] for line in shipped.splitlines() if line}
    fine = True
    for package in sorted(metadata["packages"], key=lambda package: package["name"]):
        here = package["name"] in shipped
        allowed = _licence_is_fine(package["license"], PERMISSIVE if here else ONLY_FOR_TESTS)
        fine = fine and allowed and package["source"] in (None, "registry+https://github.com/rust-lang/crates.io-index")
        what = "shipped" if here else "tests only"
        say.line("%-24s %-12s %-40s %s" % (package["name"], package["version"], package["license"], what))
        if not allowed:
            say.line("^ licence to be looked at")
    say(["cargo", "tree", "--locked", "--duplicates"])
    # What is newer, for the eye; and packing says "yanked" of what is locked and was withdrawn since.
    say(["cargo", "update", "--dry-run", "--verbose"])
    target = os.path.join(OUT, "package")
    pack = ["cargo", "package", "--locked", "--no-verify", "--allow-dirty", "--package", "zcio"]
    packed = say(pack, CARGO_TARGET_DIR=target)
    consistent = say([sys.executable, "-m", "pip", "check"])
    return fine and packed == 0 and consistent == 0 and "is yanked" not in say.said()


def main(arguments=None):
    names = [one.name for one in CHECKS]
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog="\n".join("%-13s %s" % one[:2] for one in CHECKS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="the checks to run; all by default")
    parser.add_argument("--quick", action="store_true", help="less of each: does it run at all?")
    parser.add_argument("--python", action="append", help="an interpreter for stress and leaks, where zcio can be "
                        "imported with the tree on its path; may be given again (default: the one that runs this)")
    parser.add_argument("--nice", type=int, default=5, help="how much to give way to others (default: 5)")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error("no such check: " + ", ".join(sorted(unknown)))
    os.makedirs(OUT, exist_ok=True)
    table, failed = [], False
    for one in CHECKS:
        if options.names and one.name not in options.names:
            continue
        begun = time.time()
        say = Say(one.name, options.nice)
        try:
            verdict = "ok" if one.run(say, options) else "FAILED: " + os.path.relpath(say.path)
        except Skipped as why:
            verdict = "skipped: %s" % why
        failed = failed or verdict.startswith("FAILED")
        table.append("%-13s %6d s  %s\n%s%s" % (one.name, time.time() - begun, verdict, " " * 15, one.covers))
        print(table[-1].split("\n")[0], flush=True)
    print("\n" + "\n".join(table))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
