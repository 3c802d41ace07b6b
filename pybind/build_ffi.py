"""The cffi module ``zcio._native``: API mode over the committed cbindgen header, linked with the static library."""

import os
import sys

from cffi import FFI

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = os.path.join(ROOT, "rust", "include")
TARGET = os.environ.get("CARGO_TARGET_DIR") or os.path.join(ROOT, "target")
STATIC_LIBRARY = os.path.join(TARGET, "release", "libzcio.a")

ffibuilder = FFI()

with open(os.path.join(INCLUDE, "zcio.h")) as header:
    ffibuilder.cdef(header.read())

ffibuilder.set_source(
    "zcio._native",
    "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n#include \"zcio.h\"\n",
    include_dirs=[INCLUDE],
    extra_objects=[STATIC_LIBRARY],
    depends=[STATIC_LIBRARY, os.path.join(INCLUDE, "zcio.h")],
    # What the Rust standard library needs beside libc, and no symbols but the module's own.
    libraries=["dl", "pthread", "m"] if sys.platform.startswith("linux") else [],
    extra_link_args=["-Wl,--gc-sections,--exclude-libs,ALL,-s"] if sys.platform.startswith("linux") else [],
)
