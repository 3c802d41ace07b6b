"""If a tool for the build is missing or too old, the build says so in one sentence."""

import os
import subprocess
import sys

import pytest
from places import ROOT

CALL = "import sys; sys.path.insert(0, %r); from pybind import cargo; print(cargo.%s)"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fake tools are shell scripts")


@pytest.fixture
def tools(tmp_path):
    """A directory that is the whole PATH, with good enough cargo, rustc and cc; a test changes or removes one."""
    path = FakeTools(tmp_path)
    path.script("cargo", "echo cargo 1.95.0")
    path.script("rustc", "echo rustc 1.95.0")
    path.script("cc", "exit 0")
    return path


class FakeTools:
    def __init__(self, directory):
        self.directory = directory
        self.env = {"PATH": str(directory), "CC": "cc", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}

    def script(self, name, body):
        path = self.directory / name
        path.write_text("#!/bin/sh\n%s\n" % body)
        path.chmod(0o755)

    def remove(self, name):
        (self.directory / name).unlink()

    def call(self, what="check_tools()"):
        """``(exit status, stdout, stderr)`` of a function of pybind.cargo."""
        command = [sys.executable, "-c", CALL % (ROOT, what)]
        process = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate()
        return process.returncode, out.decode().strip(), err.decode().strip()

    def sentence(self, what="check_tools()"):
        """The one line that a build that cannot be says; no traceback."""
        status, _, err = self.call(what)
        assert status == 1
        last = err.splitlines()[-1]
        assert last.startswith("error: zcio cannot be built here: ")
        assert "Traceback" not in err
        return last


def test_good_tools_pass(tools):
    assert tools.call() == (0, str(tools.directory / "cargo"), "")


@pytest.mark.parametrize("tool", ["cargo", "rustc"])
def test_no_rust(tools, tool):
    tools.remove(tool)
    said = tools.sentence()
    assert "%s was not found; install Rust 1." % tool in said
    assert "https://rustup.rs" in said


@pytest.mark.parametrize("tool", ["cargo", "rustc"])
@pytest.mark.parametrize("version", ["1.63.0", "1.84.1", "0.99.0"])
def test_rust_too_old(tools, tool, version):
    tools.script(tool, "echo %s %s" % (tool, version))
    said = tools.sentence()
    assert "it needs Rust 1." in said
    assert "%s %s" % (tool, version) in said


def test_oldest_rust_allowed_is_that_of_cargo_toml(tools):
    floor = tools.call("manifest_value('rust-version')")[1]
    for tool in ("cargo", "rustc"):
        tools.script(tool, "echo %s %s.0" % (tool, floor))
    assert tools.call()[0] == 0


@pytest.mark.parametrize("version", ["1.100.0", "2.0.0", "1.97.0-nightly (abc 2026-01-01)"])
def test_newer_rust_passes(tools, version):
    tools.script("cargo", "echo 'cargo %s'" % version)
    assert tools.call()[0] == 0


def test_rustup_without_a_toolchain(tools):
    tools.script("cargo", "echo 'error: rustup could not choose a version of cargo to run' >&2; exit 1")
    assert "rustup could not choose a version of cargo to run" in tools.sentence()


def test_cargo_that_says_nonsense(tools):
    tools.script("cargo", "echo hello")
    assert "is 'hello'" in tools.sentence()


def test_no_c_compiler(tools):
    tools.remove("cc")
    assert "the C compiler 'cc' was not found" in tools.sentence()


def test_c_compiler_with_arguments(tools):
    tools.env["CC"] = "cc -pthread"
    assert tools.call()[0] == 0
    tools.env["CC"] = "ccache-of-nobody cc"
    assert "the C compiler 'ccache-of-nobody' was not found" in tools.sentence()


@pytest.mark.parametrize("system", ["win32", "cygwin", "emscripten"])
def test_a_system_that_is_not_posix_is_refused(tools, system):
    assert "%s is none; on Windows, WSL is one" % system in tools.sentence("check_system(%r)" % system)


def test_an_untested_system_is_warned_of(tools):
    status, _, err = tools.call("check_system('darwin')")
    assert status == 0
    assert err.startswith("warning: zcio is untested on darwin: ")
    assert tools.call("check_system('linux')")[1:] == ("None", "")


def fake_build(tools, body):
    """A fake cargo that prints a version, and runs ``body`` when it is to build."""
    tools.script("cargo", 'if test "$1" = --version; then echo cargo 1.95.0; exit; fi\n' + body)


def test_compilation_that_fails_shows_what_cargo_said(tools):
    fake_build(tools, "echo 'error[E0001]: boom' >&2; exit 101")
    assert "--release --locked --package zcio --lib` failed" in tools.sentence("build()")
    assert "error[E0001]: boom" in tools.call("build()")[2]


def test_library_is_where_cargo_says(tools):
    line = '{"reason":"compiler-artifact","target":{"name":"%s"},"filenames":["/far/lib%s.rlib","/far/lib%s.a"]}'
    fake_build(tools, "\n".join("echo '%s'" % line.replace("%s", name) for name in ("libc", "zcio")))
    assert tools.call("build()")[:2] == (0, "/far/libzcio.a")


def test_cargo_that_builds_nothing(tools):
    fake_build(tools, "exit 0")
    assert "no static library" in tools.sentence("build()")


def test_setup_py_says_the_sentence_and_no_traceback(tools, tmp_path):
    pytest.importorskip("setuptools")
    pytest.importorskip("cffi")
    tools.remove("cargo")
    elsewhere = ["egg_info", "--egg-base", str(tmp_path), "build", "-b", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "setup.py", "-q"] + elsewhere + ["build_ext"],
        cwd=ROOT,
        env=tools.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = process.communicate()[0].decode()
    assert process.returncode == 1
    assert "error: zcio cannot be built here: cargo was not found" in said
    assert "Traceback" not in said
