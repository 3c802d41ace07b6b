"""Builds the Rust core, or says in one sentence why it cannot."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class CannotBuild(SystemExit):
    """A missing or too old tool, told in one line instead of a traceback."""

    def __init__(self, why):
        SystemExit.__init__(self, "error: zcio cannot be built here: " + why)


def check_system(platform):
    """Refuse a system that zcio cannot run on; on one where nobody has tested it, say so and go on."""
    if platform in ("win32", "cygwin", "emscripten", "wasi"):
        raise CannotBuild("it needs a POSIX system with mmap, and %s is none; on Windows, WSL is one" % platform)
    if not platform.startswith("linux"):
        sys.stderr.write(
            "warning: zcio is untested on %s: splice, tee, sendfile, zcio.splice.copy, mremap and GuardedMmap are for "
            "Linux and raise NotImplementedError here\n" % platform
        )


def manifest_value(key):
    """The string that the workspace's Cargo.toml gives ``key``: the one place of the version and the Rust floor."""
    with open(os.path.join(ROOT, "Cargo.toml")) as manifest:
        return re.search(r'^%s = "([^"]+)"' % re.escape(key), manifest.read(), re.M).group(1)


def _numbers(version):
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _rust_tool(name, floor):
    """The path of cargo or rustc, at least ``floor``."""
    path = shutil.which(os.environ.get(name.upper(), name))
    if path is None:
        raise CannotBuild(
            "%s was not found; install Rust %s or newer (https://rustup.rs, or Debian 13: apt-get install cargo)"
            % (name, floor)
        )
    try:
        # In ROOT, because rustup chooses the toolchain by directory.
        said = subprocess.check_output([path, "--version"], stderr=subprocess.STDOUT, cwd=ROOT)
    except subprocess.CalledProcessError as error:
        # A rustup shim without a toolchain ends here; its own words are the best hint.
        raise CannotBuild("`%s --version` failed: %s" % (path, " ".join(error.output.decode().split())))
    except OSError as error:
        raise CannotBuild("`%s --version` failed: %s" % (path, error))
    said = said.decode().strip()
    found = re.search(r"\d+\.\d+", said)
    if found is None or _numbers(found.group()) < _numbers(floor):
        raise CannotBuild(
            "it needs Rust %s or newer, but %s is %r; `rustup update stable` installs a newer one"
            % (floor, path, said)
        )
    return path


def check_tools():
    """The path of cargo. CannotBuild without cargo, rustc or a C compiler, or with Rust older than rust-version."""
    floor = manifest_value("rust-version")
    cargo = _rust_tool("cargo", floor)
    _rust_tool("rustc", floor)
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC")
    if compiler and shutil.which(shlex.split(compiler)[0]) is None:
        raise CannotBuild(
            "the C compiler %r was not found; install one (Debian: apt-get install gcc libc6-dev) or name it in CC"
            % shlex.split(compiler)[0]
        )
    return cargo


def build():
    """Build the core as a static library and return its path."""
    check_system(sys.platform)
    command = [check_tools(), "build", "--release", "--locked", "--package", "zcio", "--lib"]
    # cargo itself tells where the library lies: CARGO_TARGET_DIR, CARGO_BUILD_TARGET and a user's cargo
    # configuration all move it. What is for human eyes still goes to stderr.
    process = subprocess.Popen(
        command + ["--message-format", "json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE
    )
    said = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode != 0:
        sys.stderr.flush()
        raise CannotBuild("`%s` failed; what it said is above" % " ".join(command))
    for line in said.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "zcio":
            for path in message["filenames"]:
                if path.endswith((".a", ".lib")):
                    return path
    raise CannotBuild("cargo built no static library of the core")
