"""Runs zcio through packages that programs use in production, and prints a table with their versions.

    python tools/real_systems.py [NAME ...]

They are far too large for CI; tests_py/every_class/test_client_packages.py has the small ones. A package that is not
installed is left out, so run this in an environment with zcio and

    pip install torch safetensors polars duckdb pyarrow dask distributed ray gunicorn uvicorn hypercorn numpy joblib

Exit status 1 if a check failed.
"""

import argparse
import contextlib
import hashlib
import importlib
import io
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback
import urllib.request

import zcio
from zcio import mmap, search

# Installs zcio's streams or maps before the program imports the standard library's.
RUN = [sys.executable, "-m", "zcio", "run"]
CHECKS = []


def check(*packages):
    """Register a function of a directory as a check that uses ``packages``; its docstring says what it covers."""

    def register(function):
        CHECKS.append((packages, function))
        return function

    return register


def opened(directory, name, data):
    """A map of a new file with ``data``."""
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.write(data)
    return mmap.open_path(path)


def same_address(array, m):
    """Whether a numpy array lies inside the map ``m``."""
    import numpy

    begin = numpy.frombuffer(m, "u1").ctypes.data
    return begin <= array.ctypes.data and array.ctypes.data + array.nbytes <= begin + len(m)


@check("torch", "numpy")
def torch_files(directory):
    """save into and load from Cursor over a bytearray and a map, BytesIO; tensors over a map without a copy"""
    import torch

    state = {"weights": torch.arange(100000.0).reshape(100, 1000), "bias": torch.ones(7, dtype=torch.float64)}
    memory = bytearray(2000000)
    cursor = zcio.Cursor(memory)
    torch.save(state, cursor)
    stream = zcio.BytesIO()
    torch.save(state, stream)
    with opened(directory, "state.pt", stream.getvalue()) as m:
        for source in zcio.Cursor(m), zcio.BytesIO(m[:]), zcio.Cursor(memory[: cursor.tell()]), m:
            loaded = torch.load(source, weights_only=True)
            assert all(torch.equal(loaded[name], state[name]) for name in state), source
        del source
    with opened(directory, "raw", torch.arange(5000).numpy().tobytes()) as m:
        with mmap.open_path(os.path.join(directory, "raw"), "r+") as writable:
            tensor = torch.frombuffer(writable, dtype=torch.int64)
            tensor[3] = 77
            assert m[24] == 77 and tensor.sum() == sum(range(5000)) + 74
            del tensor


@check("safetensors", "numpy")
def safetensors_views(directory):
    """tensors as views of a map, found by a Cursor; its own loader over the bytes of both"""
    import json

    import numpy
    from safetensors import numpy as tensors

    state = {"a": numpy.arange(60000, dtype="f4").reshape(200, 300), "b": numpy.arange(10, dtype="i8")}
    with opened(directory, "model.safetensors", tensors.save(state)) as m:
        with zcio.Cursor(m) as cursor:
            header = json.loads(cursor.read(int.from_bytes(cursor.read(8), "little")))
            begin = cursor.tell()
            for name, dtype in (("a", "f4"), ("b", "i8")):
                start, end = header[name]["data_offsets"]
                cursor.seek(begin + start)
                array = numpy.frombuffer(cursor.read_view(end - start), dtype).reshape(header[name]["shape"])
                assert (array == state[name]).all() and same_address(array, m)
                del array
        loaded = tensors.load(zcio.Cursor(m).read())
        assert all((loaded[name] == state[name]).all() for name in state)


@check("polars")
def polars_files(directory):
    """CSV, Parquet and IPC read from Cursor over a map and BytesIO; Parquet and IPC written to both"""
    import polars

    frame = polars.DataFrame({"n": range(20000), "s": ["word %d" % (n % 97) for n in range(20000)]})
    readers = {"csv": polars.read_csv, "parquet": polars.read_parquet, "ipc": polars.read_ipc}
    for kind in sorted(readers):
        plain, stream, memory = io.BytesIO(), zcio.BytesIO(), bytearray(2000000)
        getattr(frame, "write_" + kind)(plain)
        getattr(frame, "write_" + kind)(stream)
        cursor = zcio.Cursor(memory)
        getattr(frame, "write_" + kind)(cursor)
        with opened(directory, kind, plain.getvalue()) as m:
            written = zcio.BytesIO(stream.getvalue()), zcio.Cursor(memory[: cursor.tell()])
            for source in (zcio.Cursor(m), zcio.BytesIO(m[:])) + written:
                assert readers[kind](source).equals(frame), (kind, source)
            del source, written


@check("duckdb", "pyarrow")
def duckdb_queries(directory):
    """SQL over an Arrow table whose columns lie in a map; CSV from a Cursor over a map"""
    import duckdb
    import pyarrow

    table = pyarrow.table({"n": list(range(10000)), "s": ["x%d" % (n % 7) for n in range(10000)]})
    sink = zcio.BytesIO()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    m = opened(directory, "table.arrow", sink.getvalue())
    rows = pyarrow.ipc.open_file(pyarrow.py_buffer(m)).read_all()
    found = duckdb.from_arrow(rows).query("rows", "select sum(n), count(distinct s) from rows")
    assert found.fetchall() == [(sum(range(10000)), 7)]
    with opened(directory, "table.csv", b"n,s\n" + b"".join(b"%d,x\n" % n for n in range(5000))) as csv:
        assert duckdb.read_csv(zcio.Cursor(csv)).sum("n").fetchall() == [(sum(range(5000)),)]


@check("pyarrow", "numpy")
def arrow_buffers(directory):
    """IPC and Parquet over a map and Cursors; columns at the map's addresses, without a copy"""
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"n": list(range(100000))})
    sink, packed = zcio.BytesIO(), zcio.BytesIO()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    parquet.write_table(table, packed)
    m = opened(directory, "n.arrow", sink.getvalue())
    before = pyarrow.total_allocated_bytes()
    again = pyarrow.ipc.open_file(pyarrow.py_buffer(m)).read_all()
    assert again.equals(table) and pyarrow.total_allocated_bytes() - before < 10000
    assert same_address(again["n"].chunk(0).to_numpy(), m)
    assert pyarrow.ipc.open_file(zcio.Cursor(m)).read_all().equals(table)
    # Not closed: pyarrow's threads may hold the views of read_buffer() a moment longer.
    cursor = zcio.Cursor(opened(directory, "n.parquet", packed.getvalue()))
    assert parquet.read_table(cursor).equals(table)


def log_with(directory, errors):
    """The path of a log with ``errors`` lines that end in 500."""
    path = os.path.join(directory, "access.log")
    with open(path, "wb") as log:
        log.writelines(b"GET /%d %d\n" % (n, 500 if n < errors else 200) for n in range(100000))
    return path


def count_errors(path, part):
    """Count in one shard; a worker runs this."""
    with mmap.open_path(path, offset=part[0], length=part[1]) as m:
        return m.count(b" 500\n")


@check("dask", "distributed")
def dask_shards(directory):
    """shards of a file counted by two processes of a local cluster"""
    from distributed import Client, LocalCluster

    path = log_with(directory, 1234)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            parts = search.shards(path, 8)
            assert sum(client.gather(client.map(count_errors, [path] * len(parts), parts))) == 1234


@check("ray")
def ray_shards(directory):
    """shards of a file counted by remote functions in local mode's processes; a BytesIO and bytes sent through it"""
    import ray

    path = log_with(directory, 4321)
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", _temp_dir=tempfile.mkdtemp(dir="/tmp"))
    try:
        remote = ray.remote(count_errors)
        assert sum(ray.get([remote.remote(path, part) for part in search.shards(path, 8)])) == 4321
        stream = zcio.BytesIO(b"abc")
        stream.seek(1)
        assert ray.get(ray.put(stream)).read() == b"bc"
        assert search.count(ray.get(ray.put(b"ab" * 100000)), b"ba") == 99999
    finally:
        ray.shutdown()


@contextlib.contextmanager
def serving(directory, source, command):
    """Write ``source`` to app.py, run a server on a free port, and give the URL once it answers."""
    with open(os.path.join(directory, "app.py"), "w") as file:
        file.write(textwrap.dedent(source))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [part.format(port=port) for part in command]
    path = os.pathsep.join([directory] + ([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []))
    with open(os.path.join(directory, "server.log"), "wb+") as log:
        server = subprocess.Popen(
            command, cwd=directory, env=dict(os.environ, PYTHONPATH=path), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield "http://127.0.0.1:%d/" % port
        except Exception:
            log.seek(0)
            sys.stderr.write(log.read().decode("utf-8", "replace"))
            raise
        finally:
            server.terminate()
            server.wait(20)


def download(directory, source, command):
    """Check that the server sends a file of 64 MiB whole, four times at once and once after the other."""
    path = os.path.join(directory, "large")
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for number in range(64):
            file.write(block[number:] + block[:number])
    expected = hashlib.sha256(mmap.open_path(path)).hexdigest()
    with serving(directory, source, command) as url:
        for _ in range(4):
            with urllib.request.urlopen(url, timeout=60) as answer:
                digest = hashlib.sha256()
                for part in iter(lambda: answer.read(1 << 20), b""):
                    digest.update(part)
                assert answer.headers["Content-Length"] == str(64 << 20)
            assert digest.hexdigest() == expected


@check("gunicorn")
def gunicorn_sendfile(directory):
    """64 MiB sent by zcio.splice.copy into the connection's socket"""
    source = """
    import os
    from zcio import splice

    def app(environ, start_response):
        connection = environ["gunicorn.socket"]
        with open("large", "rb") as file:
            size = os.fstat(file.fileno()).st_size
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n" % size)
            assert splice.copy(file, connection) == size
        raise StopIteration
    """
    download(directory, source, [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:{port}", "app:app"])


@check("uvicorn")
def uvicorn_sendfile(directory):
    """64 MiB sent by zcio.aio.sendfile over the connection's transport"""
    source = """
    import asyncio
    import os
    import sys
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from zcio import aio

    class Protocol(H11Protocol):
        # ASGI has no sendfile; the application finds the transport by the client's address.
        transports = {}

        def connection_made(self, transport):
            super().connection_made(transport)
            self.transports[transport.get_extra_info("peername")] = transport

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        transport = Protocol.transports.pop(tuple(scope["client"]))
        with open("large", "rb") as file:
            size = os.fstat(file.fileno()).st_size
            flow = aio.StreamReaderProtocol(aio.StreamReader())
            writer = aio.StreamWriter(transport, flow, None, asyncio.get_running_loop())
            transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n" % size)
            assert await aio.sendfile(writer, file) == size
        transport.close()

    if __name__ == "__main__":
        uvicorn.run(app, port=int(sys.argv[1]), http=Protocol, loop="asyncio", lifespan="off")
    """
    download(directory, source, [sys.executable, "app.py", "{port}"])


@check("hypercorn")
def hypercorn_streams(directory):
    """64 MiB in views of a map, the server's connections on zcio.aio's streams (python -m zcio run --aio)"""
    source = """
    import asyncio
    from zcio import aio, mmap

    assert asyncio.StreamReader is aio.StreamReader

    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError("HTTP only")
        with mmap.open_path("large") as m:
            headers = [(b"content-length", b"%d" % len(m))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for begin in range(0, len(m), 1 << 18):
                part = m[begin : begin + (1 << 18)]
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    """
    download(directory, source, RUN + ["--aio", "-m", "hypercorn", "-b", "127.0.0.1:{port}", "app:app"])


@check("numpy", "joblib")
def joblib_shadowed(directory):
    """arrays that joblib maps for its worker processes, with zcio in the place of mmap"""
    source = """
    import numpy, joblib, zcio.mmap
    array = numpy.arange(400000.0)
    joblib.dump(array, "array.joblib")
    loaded = joblib.load("array.joblib", mmap_mode="r")
    assert type(loaded._mmap) is zcio.mmap.mmap and (loaded == array).all()
    run = joblib.Parallel(n_jobs=2, max_nbytes=1000)
    assert sum(run(joblib.delayed(numpy.sum)(loaded[i::4]) for i in range(4))) == array.sum()
    """
    with open(os.path.join(directory, "app.py"), "w") as file:
        file.write(textwrap.dedent(source))
    subprocess.check_call(RUN + ["app.py"], cwd=directory)


def version_of(package):
    """A package's version, or None if it is not installed."""
    try:
        module = importlib.import_module(package)
    except ImportError:
        return None
    return getattr(module, "__version__", "(unknown version)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="packages whose checks run (default: all)")
    options = parser.parse_args()
    failures = 0
    for packages, function in CHECKS:
        if options.names and not set(options.names) & set(packages):
            continue
        versions = [version_of(package) for package in packages]
        verdict = "not installed"
        if None not in versions:
            try:
                with tempfile.TemporaryDirectory() as directory:
                    function(directory)
                verdict = "ok"
            except Exception:
                traceback.print_exc()
                verdict = "FAILED"
                failures += 1
        names = ", ".join("%s %s" % pair for pair in zip(packages, versions))
        print("| %s | %s | %s |" % (names, function.__doc__, verdict), flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
