"""The examples run and print the expected lines."""

import os
import subprocess
import sys

import pytest
from places import EXAMPLES

OUTPUTS = {
    "cursor_zip.py": """\
in memory: 3 members
notes/2.txt: 'note 2\\n' * 1000
the buffer holds the archive from byte 4096 on
header: b'PK\\x03\\x04' and again b'PK\\x03\\x04', one of them a view
given back: it grows again
""",
    "mmap_read.py": """\
188 bytes
first ten bytes: b'The lighth'
position now:    10
rest of line:    b'ouse keeper wrote one line a day.\\n'
the same slice:  b'The lighth'
one byte:        108 l
the last line:   b'Wednesday: a letter came, wet but readable.'
Tuesday is at:   91
last comma at:   168
read from there: b'Tuesday: wind from the west, the lamp cleaned twice.\\n'
lines:           4
""",
    "mmap_write.py": """\
before: The bridge is closed until spring.
after:  The bridge is desolc until spring.
refused: mmap slice assignment is wrong size
file:   The bridge is desolc
""",
    "mmap_copy_on_write.py": """\
memory before: two apples, three pears, one melon
memory after:  two apples, three plums, one melon
file after:    two apples, three pears, one melon
no resizing:   mmap can't resize a readonly or copy-on-write memory map.
file mapped:   two apples, three pears, one melon
""",
    "mmap_regex.py": """\
    0: train 117 arrives at 08:01, gate 4
   47: train  52 leaves at 08:09, gate 2
  108: train 117 leaves at 08:44, gate 4
trains: [52, 117]
gate 4 after the clock was wound: (114, 120) b'gate 4'
""",
}


def run(script, tmp_path):
    environment = dict(os.environ, TMPDIR=str(tmp_path), PYTHONIOENCODING="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-W", "error", os.path.join(EXAMPLES, script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=str(tmp_path),
    )
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("script", sorted(OUTPUTS))
def test_output(script, tmp_path):
    assert run(script, tmp_path) == (0, OUTPUTS[script], "")
    assert os.listdir(str(tmp_path)) == [], "left behind"


@pytest.mark.parametrize("script", sorted(name for name in OUTPUTS if name.startswith("mmap_")))
def test_the_standard_library_prints_the_same_where_it_can(script, tmp_path):
    """The examples are ordinary programs of the mmap module, but for open_path."""
    if sys.version_info < (3, 9) or sys.implementation.name == "pypy":
        pytest.skip("an older mmap has other messages")
    with open(os.path.join(EXAMPLES, script)) as file:
        source = file.read()
    stand_in = """
class mmap:
    from mmap import ACCESS_COPY, ACCESS_READ, mmap
    @staticmethod
    def open_path(path):
        with open(path, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
"""
    changed = tmp_path / "changed"
    changed.mkdir()
    script_here = changed / script
    script_here.write_text(source.replace("import zcio.mmap as mmap\n", stand_in))
    out = subprocess.check_output([sys.executable, str(script_here)], cwd=str(tmp_path)).decode()
    assert out == OUTPUTS[script]
