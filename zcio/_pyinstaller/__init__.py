"""Tells PyInstaller, through an entry point, where zcio's hook is: programs that use zcio need no option."""

import os


def get_hook_dirs():
    """The directories in which PyInstaller looks for hooks."""
    return [os.path.dirname(os.path.abspath(__file__))]
