"""Checks the Rust core for the processors and systems that are not this machine's.

    python tools/check_targets.py [--check-only] [TARGET ...]

Where this machine can run a target's programs, it runs the core's tests: 32-bit x86 and musl natively, ARM, RISC-V and
s390x (big-endian) under qemu-user. For every other target, Clippy checks the core with warnings denied, so that code
for another system at least compiles. Ends with a table; exit status 1 if anything failed. A target whose tools are
missing is reported as such and does not fail.

Needs cargo on x86-64 Linux. rustup adds the standard library of a target that lacks it; the tests need Debian's
qemu-user-static and, for each target, gcc-*-linux-gnu and libc6-dev-*-cross (i686, aarch64, riscv64, s390x).
"""

import argparse
import collections
import glob
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# qemu-user answers these tests' system calls itself, and differs from Linux: no SIGBUS for a truncated map, for one.
# `header` reads the source alone and gives the same answer everywhere.
ONLY_NATIVE = {"fault", "map", "transfer", "header"}

# `prefix` is the cross compiler's, `emulator` the qemu-user program. Without a prefix the target is checked only,
# unless it is `static`: such programs need no foreign C library, and Rust brings what links them.
Target = collections.namedtuple("Target", "triple prefix emulator static")
TARGETS = [
    Target("i686-unknown-linux-gnu", "i686-linux-gnu", None, False),
    Target("x86_64-unknown-linux-musl", None, None, True),
    Target("aarch64-unknown-linux-gnu", "aarch64-linux-gnu", "qemu-aarch64-static", False),
    Target("s390x-unknown-linux-gnu", "s390x-linux-gnu", "qemu-s390x-static", False),
    Target("riscv64gc-unknown-linux-gnu", "riscv64-linux-gnu", "qemu-riscv64-static", False),
    Target("aarch64-unknown-linux-musl", None, None, False),
    Target("powerpc64-unknown-linux-gnu", None, None, False),
    Target("aarch64-apple-darwin", None, None, False),
    Target("x86_64-apple-darwin", None, None, False),
    Target("x86_64-unknown-freebsd", None, None, False),
    Target("x86_64-pc-windows-gnu", None, None, False),
]


class Missing(Exception):
    """A tool that this machine lacks; the text names it."""


def require(program):
    """Raise Missing unless `program` is on PATH."""
    if shutil.which(program) is None:
        raise Missing("no " + program)


def run(command, **environment):
    """Run cargo, show what it prints, and return (whether it succeeded, its output)."""
    print("+", " ".join(command), flush=True)
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ, **environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines = []
    for line in process.stdout:
        lines.append(line.decode("utf-8", "replace"))
        sys.stdout.write(lines[-1])
        sys.stdout.flush()
    return process.wait() == 0, "".join(lines)


def add_standard_library(triple):
    """Have the standard library of `triple` installed, or raise Missing."""
    where = subprocess.check_output(["rustc", "--print", "target-libdir", "--target", triple], cwd=ROOT)
    if os.path.isdir(where.decode().strip()):
        return
    if shutil.which("rustup") is None or subprocess.call(["rustup", "-q", "target", "add", triple], cwd=ROOT):
        raise Missing("no standard library for it")


def test(target):
    """Run the core's tests and return (passed, what ran)."""
    variable = target.triple.upper().replace("-", "_")
    flags = []
    environment = {
        # Optimised, since emulation is slow, but with the debug profile's overflow checks and assertions.
        "CARGO_PROFILE_DEV_OPT_LEVEL": "2",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "PROPTEST_CASES": os.environ.get("PROPTEST_CASES", "64"),
    }
    if target.prefix:
        require(target.prefix + "-gcc")
        environment["CARGO_TARGET_%s_LINKER" % variable] = target.prefix + "-gcc"
        libraries = "/usr/" + target.prefix
        if not os.path.exists(libraries + "/lib/libc.so.6"):
            raise Missing("no C library in " + libraries)
        if target.emulator:
            require(target.emulator)
            environment["CARGO_TARGET_%s_RUNNER" % variable] = "%s -L %s" % (target.emulator, libraries)
        else:
            # The cross packages install no loader where programs look for it.
            loader = libraries + "/lib/ld-linux.so.2"
            flags = ["-Clink-arg=-Wl,--dynamic-linker=" + loader, "-Clink-arg=-Wl,-rpath," + libraries + "/lib"]
    if flags:
        environment["CARGO_TARGET_%s_RUSTFLAGS" % variable] = " ".join(flags)
    names = {os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(ROOT, "rust/tests/*.rs"))}
    if target.emulator:
        names -= ONLY_NATIVE
    command = ["cargo", "test", "--locked", "--no-fail-fast", "--package", "zcio", "--target", target.triple, "--lib"]
    for name in sorted(names):
        command += ["--test", name]
    passed, output = run(command, **environment)
    counts = re.findall(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", output)
    what = "%d tests passed, %d failed, %d ignored" % tuple(sum(map(int, column)) for column in zip(*counts or ["000"]))
    return passed, what + (" (%s)" % target.emulator if target.emulator else " (natively)")


def check(target):
    """Run Clippy and return (passed, what ran)."""
    # Only the library: some tests use parts of the standard library that Windows lacks.
    command = ["cargo", "clippy", "--locked", "--package", "zcio", "--lib", "--target", target.triple]
    return run(command + ["--", "-D", "warnings"])[0], "checked by Clippy, not run"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check-only", action="store_true", help="run no tests")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="part of a triple (default: every target)")
    options = parser.parse_args()
    chosen = [t for t in TARGETS if not options.targets or any(part in t.triple for part in options.targets)]
    if not chosen:
        parser.error("no such target; there are " + ", ".join(target.triple for target in TARGETS))
    rows = []
    for target in chosen:
        began = time.time()
        try:
            add_standard_library(target.triple)
            passed, what = check(target)
            if (target.prefix or target.static) and not options.check_only:
                tested, counts = test(target)
                passed, what = passed and tested, counts if passed else counts + "; Clippy failed"
            verdict = "ok" if passed else "FAILED"
        except Missing as missing:
            verdict, what = "not run", str(missing)
        rows.append((target.triple, verdict, "%d s" % (time.time() - began), what))
    print()
    for row in rows:
        print("%-28s %-8s %6s  %s" % row)
    sys.exit(any(row[1] == "FAILED" for row in rows))


if __name__ == "__main__":
    main()
