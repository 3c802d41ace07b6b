"""The cffi module ``zcio._native``: API mode over the committed cbindgen header.

The static library it is linked with comes from pybind/cargo.py; setup.py adds it once cargo has built it.
"""

import os
import re
import sys

from cffi import FFI

from pybind import STABLE_ABI

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = os.path.join(ROOT, "rust", "include")
LINUX = sys.platform.startswith("linux")

ffibuilder = FFI()

with open(os.path.join(INCLUDE, "zcio.h")) as header:
    declarations = header.read()

# cffi lets a pointer own an object only if the object has a size, so the opaque types get one that says nothing, and
# bytes become a struct; see own() in zcio/_core.
OWNED = "struct zcio_memory { uint8_t first; uint8_t rest[]; };\n"
for name in re.findall(r"^typedef struct (\w+) \1;", declarations, re.M):
    OWNED += "struct %s { char opaque; };\n" % name

ffibuilder.cdef(declarations + OWNED)

ffibuilder.set_source(
    "zcio._native",
    '#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n#include "zcio.h"\n' + OWNED,
    include_dirs=[INCLUDE],
    # Relative to setup.py, where every build runs; setuptools warns of anything else.
    depends=["rust/include/zcio.h", "pybind/build_ffi.py", "pybind/exports.map"],
    # What the Rust standard library needs beside libc, no symbols but the module's own, and stripped. A version script,
    # because every linker knows it; --exclude-libs not.
    libraries=["dl", "pthread", "m"] if LINUX else [],
    extra_link_args=["-Wl,--gc-sections,--version-script=pybind/exports.map,-s"] if LINUX else [],
    # Said here, so that cffi and the wheel's tag in setup.py cannot come to different answers.
    **({} if STABLE_ABI else {"py_limited_api": False})
)
