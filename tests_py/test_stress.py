"""Everything shared between eight threads, forked in the middle, and interpreters that end with all of it alive.

ZCIO_STRESS_SECONDS sets how long (2 by default); ZCIO_STRESS_SEED repeats a run.
"""

import os
import random
import subprocess
import sys

import pytest

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stress_child.py")
SECONDS = float(os.environ.get("ZCIO_STRESS_SECONDS", "2"))
SEED = int(os.environ.get("ZCIO_STRESS_SEED", random.randrange(1 << 30)))


def run(arguments, timeout):
    process = subprocess.run(
        [sys.executable, "-X", "faulthandler"] + arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    )
    return process.returncode, process.stdout.decode(errors="replace")[-6000:]


@pytest.mark.timeout(SECONDS * 3 + 300)
@pytest.mark.parametrize("how", ["threads", "fork"])
def test_eight_threads_at_everything(how):
    status, said = run([CHILD, str(SEED), str(SECONDS), how], SECONDS * 2 + 240)
    assert status == 0, "seed %d: exit status %d\n%s" % (SEED, status, said)


ENDINGS = {
    "views": """
import zcio.mmap, zcio.cursor, zcio.bytesio, zcio.pipe
m = zcio.mmap.mmap(-1, 10000); v = memoryview(m)
c = zcio.cursor.Cursor(m); w = c.read_view(10); b = zcio.bytesio.BytesIO(b"x" * 100); x = b.getbuffer()
p = zcio.pipe.Pipe(); p.write(b"data" * 1000); y = list(p.peek_zerocopy()); z = p.get_buffer()
f = m.find_all(b"\\0"); next(f); g = c.readlines
""",
    "a cycle": """
import zcio.mmap, zcio.pipe
class Holder: pass
h = Holder(); h.h = h
h.m = zcio.mmap.mmap(-1, 10000); h.v = memoryview(h.m); h.p = zcio.pipe.Pipe(zcio.pipe.Pool()); h.p.write(b"x")
h.w = list(h.p.peek_zerocopy()); del h
""",
    "a thread inside a search": """
import threading, time, zcio.mmap
m = zcio.mmap.mmap(-1, 1 << 30)
threading.Thread(target=lambda: [m.find(b"absent") for _ in range(3)], daemon=True).start()
time.sleep(0.05)
""",
    "a thread inside a transfer": """
import os, threading, time
from zcio.splice import splice
r, w = os.pipe(); out = os.open(os.devnull, os.O_WRONLY)
threading.Thread(target=splice, args=(r, out), daemon=True).start()
time.sleep(0.1)
""",
    "a guarded map": """
import tempfile, zcio.mmap
f = tempfile.TemporaryFile(); f.truncate(10000)
m = zcio.mmap.GuardedMmap(f.fileno(), 0); v = memoryview(m); f.truncate(0); v[5000]; f.close()
""",
    "atexit": """
import atexit, zcio.mmap, zcio.pipe
m = zcio.mmap.mmap(-1, 10000); p = zcio.pipe.Pipe(); p.write(b"line\\n")
atexit.register(lambda: (m.find(b"x"), p.readline(), m.close()))
""",
}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_the_interpreter_ends_quietly_with_all_of_it_alive(ending):
    status, said = run(["-W", "error", "-c", ENDINGS[ending]], 60)
    assert (status, said) == (0, "")
