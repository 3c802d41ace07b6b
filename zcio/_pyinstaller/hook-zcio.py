"""What PyInstaller cannot see: cffi's runtime, which only the native module imports, and modules imported by name."""

from PyInstaller.utils.hooks import collect_submodules


def wanted(name):
    # The commands and what they import, such as Hypothesis and numpy, are no part of a packed program.
    return not name.startswith(("zcio.__main__", "zcio.bench", "zcio.cli", "zcio.compat", "zcio._pyinstaller"))


hiddenimports = ["_cffi_backend"] + collect_submodules("zcio", filter=wanted)
