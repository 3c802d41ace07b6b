"""Eight threads share everything, and the process forks meanwhile; interpreters end while all of it is alive.

ZCIO_STRESS_SECONDS sets the duration (2 by default); ZCIO_STRESS_SEED repeats a run.
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
    "a thread inside a proxy": """
import socket, threading, time
from zcio.splice import proxy
kept = [one.detach() for one in socket.socketpair() + socket.socketpair()]
threading.Thread(target=proxy, args=(kept[1], kept[2]), daemon=True).start()
time.sleep(0.1)
""",
    "threads inside reads and writes of a pipe": """
import os, socket, threading, time, zcio.pipe
r, w = os.pipe(); full = zcio.pipe.Pipe(); full.write(bytes(1 << 20)); p = zcio.pipe.Pipe()
threading.Thread(target=p.recv_from, args=(r,), daemon=True).start()
def fill():
    while True: full.writev_to(w)
ends = [one.detach() for one in socket.socketpair()]; q = zcio.pipe.Pipe()
threading.Thread(target=q.recv_from, args=(ends[0],), daemon=True).start()
threading.Thread(target=fill, daemon=True).start()
time.sleep(0.1)
""",
    "a thread that makes and drops": """
import threading, time, zcio.mmap, zcio.pipe, zcio.search
def churn():
    while True:
        m = zcio.mmap.mmap(-1, 100000); v = memoryview(m); list(m.lines())
        p = zcio.pipe.Pipe(); p.write(b"x" * 100000)
        views = list(p.read_zerocopy()); zcio.search.Finder(b"abc").count(m)
threading.Thread(target=churn, daemon=True).start()
time.sleep(0.2)
""",
    "an aio server and its connections": """
import asyncio
from zcio import aio
async def main():
    async def serve(reader, writer):
        await reader.readuntil(b"never")
    global server, client
    server = await aio.start_server(serve, "127.0.0.1", 0)
    client = await aio.open_connection(*server.sockets[0].getsockname()[:2])
    client[1].write(b"some bytes")
    await asyncio.sleep(0.05)
loop = asyncio.new_event_loop(); loop.run_until_complete(main())
import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # asyncio tells of tasks and transports that were left
""",
    "generators half way": """
import zcio.mmap, zcio.search, zcio.cursor
m = zcio.mmap.mmap(-1, 100000); m[0:10] = b"line\\nline\\n"
kept = [m.find_all(b"\\0"), m.lines(), zcio.search.line_views(m), zcio.search.find_all(m, b"l")]
kept.append(iter(zcio.cursor.Cursor(m)))
[next(one) for one in kept]
""",
    "a splicer with bytes in it": """
import socket, zcio.splice
(a, b), (c, d) = socket.socketpair(), socket.socketpair()
a.sendall(b"bytes"); b, c = b.detach(), c.detach(); s = zcio.splice.Splicer(b, c, 10); s.step()
a.close(); d.close()
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
