"""``zcio.splice`` beside shutil, os.sendfile and os.copy_file_range."""

import os
import shutil
import socket
import tempfile

from cliff_cases import Cell, way
from cliff_cases.streams import size_name
from zcio.splice import copy, splice

SIZES = (1, 4096, 65536, 1 << 20)


def _to_socket(directory, source, size):
    near, far = socket.socketpair()
    with near, far, open(source, "rb") as file:
        names = {"near": near, "far": far, "file": file, "size": size}
        drain = "\nfar.recv(size, %d)\n0" % socket.MSG_WAITALL
        ours = way("file.seek(0); copy(file, near)" + drain, copy=copy, **names)
        today = {"socket.sendfile": way("file.seek(0); near.sendfile(file)" + drain, **names)}
        if hasattr(os, "sendfile"):
            code = "sendfile(near.fileno(), file.fileno(), 0, size)" + drain
            today["os.sendfile"] = way(code, sendfile=os.sendfile, **names)
        yield Cell("copy(file, socket)", size_name(size), ours, today)
        ours = way("splice(file.fileno(), near.fileno(), 0, size)" + drain, splice=splice, **names)
        yield Cell("splice(file, socket)", size_name(size), ours, today)


def cells():
    with tempfile.TemporaryDirectory() as directory:
        target = os.path.join(directory, "target")
        for size in SIZES:
            source = os.path.join(directory, "source")
            with open(source, "wb") as file:
                file.write(bytes(size))
            names = {"source": source, "target": target}
            today = {"shutil.copyfile": way("copyfile(source, target); 0", copyfile=shutil.copyfile, **names)}
            yield Cell("copy(path, path)", size_name(size), way("copy(source, target); 0", copy=copy, **names), today)
            with open(source, "rb") as src, open(target, "wb") as dst:
                names = {"src": src, "dst": dst}
                code = "src.seek(0); dst.seek(0); %s(src, dst); src.tell()"
                ours = way(code % "copy", copy=copy, **names)
                today = {"shutil.copyfileobj": way(code % "copyfileobj", copyfileobj=shutil.copyfileobj, **names)}
                yield Cell("copy(file, file)", size_name(size), ours, today)
            if size <= 4096:  # more would fill the socket, which is not read meanwhile
                yield from _to_socket(directory, source, size)
