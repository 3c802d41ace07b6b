"""Tests zcio on a CPython without a GIL, in a bed that it makes: for zcio's developers, never for users.

    python tools/free_threaded.py [--parallel THREADS] [--scaling] BED [TEST FILE ...]

BED is a directory. If it has no interpreter yet, CPython 3.13 is built there with --disable-gil from Debian 13's source
package (10 to 20 minutes). cffi refuses that version and supports 3.14t and later, which no package registry has: a
copy of cffi is built with its check removed, which is good enough to find races of ours, and nothing else.

Then zcio is built from HEAD and each test file runs in a process of its own with PYTHON_GIL=0, so that a crash costs
one file. `--parallel` runs every test in THREADS threads at once (pytest-run-parallel) and should be given the files
that can stand it. `--scaling` times one thread against two instead (tools/thread_scaling.py). Needs Debian's apt,
dpkg-dev, a C compiler, cargo and git. Exit status 1 if a file failed.
"""

import argparse
import glob
import os
import re
import resource
import shutil
import subprocess
import sys
import time

from artefacts import ROOT, Failed, run

SERIES = "python3.13"
# cffi and the last hypothesis without compiled parts, which 3.13t could not build either.
CFFI = "cffi==2.1.1"
TOOLS = ["setuptools", "wheel", "pycparser", "pytest", "pytest-timeout", "pytest-run-parallel", "hypothesis==6.141.1"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
TIMEOUT = 600
# The allocator of these builds gives any size that fits into the address space, without memory behind it: tests that
# expect a MemoryError, as from other builds, would fill the machine's.
ADDRESS_SPACE = 12 << 30
# Tests of what CPython's own classes break without a GIL, and where CPython says so; they are left out and listed.
BROKEN = {
    "mapping/test_mmap_threads.py::test_close_during_searches_in_8_threads": "mmap counts its views without a lock"
    " (gh-116738)",
    "mapping/test_mmap_threads.py::test_resized_beside_readers": "mmap.resize() beside a read crashes (gh-116738)",
    "mapping/test_guarded_interrupted.py::test_one_thread_closes_while_others_resize": "mmap.resize() in two"
    " threads at once (gh-116738)",
    "mapping/test_mmap_lifetimes.py::test_the_end_during_a_search_in_a_daemon_thread_is_silent": "objects that"
    " outlive their modules, since functions are freed late without a GIL",
    "every_class/test_stress.py::test_eight_threads_at_everything[fork]": "mmap.readline() beside other threads may"
    " crash (gh-116738)",
    "every_class/test_stress.py::test_eight_threads_at_everything[threads]": "mmap.resize() beside a read crashes"
    " (gh-116738)",
    "every_class/test_stress.py::test_the_interpreter_ends_quietly_with_all_of_it_alive[views]": "at exit io.BytesIO"
    " may be closed before its views are dead",
    "every_class/test_threads.py::test_threads_that_share_an_iterator_get_no_item_twice": "a generator that two threads"
    " run can crash (gh-120321)",
}


def build_python(bed):
    """Build the interpreter from Debian's source package, whose signature apt checks."""
    apt = os.path.join(bed, "apt")
    for directory in ("lists/partial", "archives/partial"):
        os.makedirs(os.path.join(apt, directory), exist_ok=True)
    open(os.path.join(apt, "status"), "w").close()
    # The first of this machine's own mirrors, which has the sources of every release.
    mirror = run(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"]).split()[0]
    with open(os.path.join(apt, "sources.list"), "w") as sources:
        sources.write("deb-src [signed-by=%s] %s trixie main\n" % (KEYRING, mirror))
    options = {
        "Dir::Etc::SourceList": os.path.join(apt, "sources.list"),
        "Dir::Etc::SourceParts": "-",
        "Dir::State": apt,
        "Dir::State::status": os.path.join(apt, "status"),
        "Dir::Cache": apt,
    }
    apt_get = ["apt-get"] + ["-o%s=%s" % option for option in sorted(options.items())]
    run(apt_get + ["update"])
    run(apt_get + ["source", "--download-only", "--only-source", SERIES], cwd=bed)
    (archive,) = glob.glob(os.path.join(bed, SERIES + "_*.orig.tar.*z"))
    run(["tar", "xf", archive], cwd=bed)
    (source,) = glob.glob(os.path.join(bed, "Python-*", ""))
    run(["./configure", "-q", "--disable-gil", "--prefix=" + os.path.join(bed, "python")], cwd=source)
    run(["make", "-s"], cwd=source)
    run(["make", "-s", "install"], cwd=source)


def prepare(bed):
    """Make the bed, as far as it is not there, and return its interpreter."""
    python = os.path.join(bed, "python", "bin", "python3.13t")
    if not os.path.exists(python):
        build_python(bed)
    venv = os.path.join(bed, "venv")
    inside = os.path.join(venv, "bin", "python")
    if not os.path.exists(inside):
        run([python, "-m", "venv", venv])
        run([inside, "-m", "pip", "install", "-q"] + TOOLS)
        # `pip download` would run cffi's setup.py, which refuses; a CPython that it supports can fetch it.
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary=cffi", "-d", bed, CFFI])
        (archive,) = glob.glob(os.path.join(bed, "cffi-*.tar.gz"))
        run(["tar", "xf", archive], cwd=bed)
        setup = os.path.join(archive[: -len(".tar.gz")], "setup.py")
        with open(setup) as file:
            text = file.read()
        lifted = text.replace("if FREE_THREADED_BUILD and sys.version_info < (3, 14):", "if False:")
        if lifted == text:
            raise Failed("cffi's check has changed; look at %s" % setup)
        with open(setup, "w") as file:
            file.write(lifted)
        run([inside, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", os.path.dirname(setup)])
    return inside


def install_zcio(bed, python):
    """Build HEAD into the bed and return the directory of its sources."""
    source = os.path.join(bed, "zcio")
    shutil.rmtree(source, ignore_errors=True)
    os.makedirs(source)
    run(["sh", "-c", "git archive HEAD | tar -x -C '%s'" % source], cwd=ROOT)
    install = ["install", "-q", "--force-reinstall", "--no-deps", "--no-build-isolation", source]
    run([python, "-m", "pip"] + install, env=dict(os.environ, CARGO_TARGET_DIR=os.path.join(bed, "target")))
    said = run([python, "-c", "import zcio, sys; print(sys._is_gil_enabled())"])
    if said.strip() != "False":
        raise Failed("importing zcio switched the GIL on")
    return source


def run_file(python, source, name, arguments):
    """Run one test file; return (whether it passed, pytest's last line or how it ended, all output)."""
    command = [python, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"] + arguments
    # TIMEOUT ends a file that hangs. pytest-timeout's thread for each test would cost 0.2 s on a busy machine: without
    # a GIL, a thread yields the processor 40 times before it waits for a lock.
    command += ["-o", "timeout=0"] + ["--deselect=tests_py/" + test for test in sorted(BROKEN)]
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    process = subprocess.Popen(
        command + [os.path.join("tests_py", name)],
        # Not the hard limit, too: tests set a smaller one and take it back.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, hard)),
        cwd=source,
        env=dict(os.environ, PYTHON_GIL="0"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        output = process.communicate(timeout=TIMEOUT)[0].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        process.kill()
        output = process.communicate()[0].decode("utf-8", "replace")
        return False, "no end after %d s" % TIMEOUT, output
    # 5: every test was skipped.
    if process.returncode in (0, 1, 5):
        summary = re.findall(r"^=*\s?(\d+ [a-z]+.* in [\d.]+s.*?)\s?=*$", output, re.M)
        return process.returncode != 1, summary[-1] if summary else "no summary", output
    return False, "ended with status %d" % process.returncode, output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bed", help="the directory")
    parser.add_argument("--parallel", metavar="THREADS", help="run each test in this many threads at once")
    parser.add_argument("--scaling", action="store_true", help="time one thread against two, and run no tests")
    parser.add_argument("files", nargs="*", metavar="FILE", help="names in tests_py (default: all)")
    options = parser.parse_args()
    bed = os.path.abspath(options.bed)
    os.makedirs(bed, exist_ok=True)
    logs = os.path.join(bed, "logs")
    os.makedirs(logs, exist_ok=True)
    try:
        python = prepare(bed)
        source = install_zcio(bed, python)
    except Failed as failed:
        sys.exit("FAILED: %s" % failed)
    if options.scaling:
        sys.exit(subprocess.call([python, os.path.join(source, "tools", "thread_scaling.py")], cwd=bed))
    arguments = ["--parallel-threads=" + options.parallel] if options.parallel else ["-p", "no:run-parallel"]
    tests = os.path.join(source, "tests_py")
    names = options.files or sorted(os.path.relpath(path, tests) for path in glob.glob(tests + "/*/test_*.py"))
    failures = 0
    for name in names:
        began = time.time()
        passed, said, output = run_file(python, source, name, arguments)
        failures += not passed
        with open(os.path.join(logs, os.path.basename(name) + ".log"), "w") as log:
            log.write(output)
        print("%-46s %-6s %4d s  %s" % (name, "ok" if passed else "FAILED", time.time() - began, said), flush=True)
    for test, why in sorted(BROKEN.items()):
        print("not run: %s: %s" % (test, why))
    print("%d of %d files passed; what each printed is in %s" % (len(names) - failures, len(names), logs))
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
