"""Build-time only: from the Rust core to ``zcio._native``. Nothing here is installed."""

import sys
import sysconfig


def _stable_abi():
    """The oldest CPython, as a wheel's tag, that can load a module built by this interpreter; None if no other can."""
    if sys.implementation.name != "cpython" or hasattr(sys, "gettotalrefcount"):
        return None
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "cp36"
    # 3.13t and 3.14t have no stable ABI; from 3.15 on, there is one for builds with and without a GIL (PEP 803).
    return "cp315" if sys.version_info >= (3, 15) else None


STABLE_ABI = _stable_abi()
