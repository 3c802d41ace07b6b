"""Builds the Rust core, or says in one sentence why it cannot."""

import os
import re
import shlex
import shutil
import subprocess
import sysconfig

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class CannotBuild(SystemExit):
    """A missing or too old tool, told in one line instead of a traceback."""

    def __init__(self, why):
        SystemExit.__init__(self, "error: zcio cannot be built here: " + why)


def manifest_value(key):
    """The string that the workspace's Cargo.toml gives ``key``: the one place of the version and the Rust floor."""
    with open(os.path.join(ROOT, "Cargo.toml")) as manifest:
        return re.search(r'^%s = "([^"]+)"' % re.escape(key), manifest.read(), re.M).group(1)


def _numbers(version):
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def check_tools():
    """Raises CannotBuild where cargo or a C compiler is missing, or Rust is older than Cargo.toml's rust-version."""
    floor = manifest_value("rust-version")
    cargo = shutil.which(os.environ.get("CARGO", "cargo"))
    if cargo is None:
        raise CannotBuild("cargo was not found; install Rust %s or newer (Debian: apt-get install cargo)" % floor)
    try:
        said = subprocess.check_output([cargo, "--version"], stderr=subprocess.STDOUT, cwd=ROOT).decode()
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotBuild("%s --version failed (%s)" % (cargo, error))
    found = re.search(r"\d+\.\d+(\.\d+)?", said)
    if found is None or _numbers(found.group()) < _numbers(floor):
        raise CannotBuild("it needs Rust %s or newer, and %s is %r" % (floor, cargo, said.strip()))
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC")
    if compiler and shutil.which(shlex.split(compiler)[0]) is None:
        raise CannotBuild(
            "the C compiler %r was not found (Debian: apt-get install gcc)" % shlex.split(compiler)[0]
        )
    return cargo


def build():
    """Builds the static library, target/release/libzcio.a."""
    cargo = check_tools()
    command = [cargo, "build", "--release", "--locked", "--package", "zcio", "--lib"]
    status = subprocess.call(command, cwd=ROOT)
    if status != 0:
        raise CannotBuild("`%s` ended with status %d (its output is above)" % (" ".join(command), status))
