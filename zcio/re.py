"""The module ``re`` of the running interpreter, with bytes patterns over large buffers searched by the Rust core.

``import zcio.re as re`` gives the same names, signatures, results and errors. The core searches for a bytes pattern if
its meaning is provably the same there, over any buffer and without the GIL. The standard library searches for every
other pattern, in small texts, and in every str. ``explain(pattern)`` says which of them it is. Added are ``explain``
and the methods ``count``, ``spans``, ``spans_into`` and ``lines`` of ``Pattern``. docs/re.md lists the few differences.
"""

import re as _re
import types as _types

from zcio._re.match import Match  # noqa: F401
from zcio._re.pattern import Pattern, _cache as _compiled, _compile_any
from zcio._re.program import explain as _explain

__all__ = sorted(set(_re.__all__) | {"Match", "Pattern", "explain"})


def purge():
    "Clear the regular expression caches"
    _compiled.clear()
    _re.purge()


def explain(pattern, flags=0):
    """Return whether the core searches large texts for a pattern ("native"), or why the standard library does.

    Args:
        pattern: A pattern as ``compile`` takes it, or a compiled one.
        flags: As for ``compile``.

    Returns:
        One line of text that begins with "native" or with "standard library: ".

    Raises:
        re.error: ``pattern`` is not a valid regular expression.
    """
    compiled = _compile_any(pattern, flags)
    if type(compiled) is Pattern:
        return _explain(compiled._compiled())
    return "standard library: the pattern is a str"


def _adopt():
    """Add the names of the standard library's module to this one.

    So that this module can be ``sys.modules["re"]``, it has the private names, too: the interpreter itself uses some.

    Its functions are ``return _compile(pattern, flags).search(string)`` and the like, with the signature and the checks
    of their version. Each is copied with other globals, in which ``_compile`` is zcio's.
    """
    names = dict(vars(_re), _compile=_compile_any)
    for name, value in vars(_re).items():
        if name in globals() or name.startswith("__") and name != "__version__":
            continue
        if type(value) is _types.FunctionType and "_compile" in value.__code__.co_names:
            function = _types.FunctionType(value.__code__, names, name, value.__defaults__, value.__closure__)
            function.__kwdefaults__ = value.__kwdefaults__
            function.__doc__ = value.__doc__
            function.__dict__.update(value.__dict__)
            function.__module__ = __name__
            value = function
        globals()[name] = value


_adopt()


def __dir__():
    return list(__all__)
