"""What PyInstaller cannot see: cffi's runtime, which only the native module imports, and modules imported by name."""

from PyInstaller.utils.hooks import collect_submodules


def wanted(name):
    # These import Hypothesis, matplotlib and PyInstaller, which no packed program needs.
    return not name.startswith(("zcio.bench", "zcio.compat", "zcio._pyinstaller"))


hiddenimports = ["_cffi_backend"] + collect_submodules("zcio", filter=wanted)
