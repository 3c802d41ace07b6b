"""Build-time only: from the Rust core to ``zcio._native``. Nothing here is installed."""

import sys
import sysconfig

# One module, and one wheel, serves every CPython from 3.6 on. PyPy has no stable ABI; cffi leaves it out of
# free-threaded builds (but for the abi3t of 3.15) and debug builds, so that those get a wheel of their own.
STABLE_ABI = (
    sys.implementation.name == "cpython"
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
    and not hasattr(sys, "gettotalrefcount")
)
