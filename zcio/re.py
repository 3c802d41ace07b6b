"""The module ``re`` of the running interpreter, with bytes patterns over large buffers searched by the Rust core.

``import zcio.re as re``: the same names, signatures, results and errors. A bytes pattern runs in the core where its
meaning is provably the same there, over any buffer and without the GIL; every other pattern, every small text and
every str is handed to the standard library. ``explain(pattern)`` says which it is. Added are ``explain`` and the
methods ``count``, ``spans``, ``spans_into`` and ``lines`` of ``Pattern``. docs/re.md lists the few differences.
"""

import re as _re
import types as _types

from zcio._re.match import Match  # noqa: F401
from zcio._re.pattern import Pattern
from zcio._re.pattern import new_pattern as _new_pattern
from zcio._re.program import explain as _explain

__all__ = sorted(set(_re.__all__) | {"Match", "Pattern", "explain"})

#: The patterns by what they were compiled from, as the standard library keeps them.
_cache = {}
_MAXCACHE = 512
_UNCACHED = int(_re.DEBUG | _re.LOCALE)


def _compile(pattern, flags):
    """Compile as compile() does. The standard library's functions call it by this name."""
    if type(pattern) is bytes:
        if type(flags) is _re.RegexFlag:
            flags = flags._value_
        if type(flags) is int:
            found = _cache.get((pattern, flags))
            if found is None:
                found = _new_pattern(_re.compile(pattern, flags))
                if not found.flags & _UNCACHED:
                    if len(_cache) >= _MAXCACHE:
                        _cache.clear()
                    _cache[pattern, flags] = found
            return found
    elif type(pattern) is Pattern:
        if flags:
            raise ValueError("cannot process flags argument with a compiled pattern")
        return pattern
    compiled = _re.compile(pattern, flags)
    return compiled if type(compiled.pattern) is str else _new_pattern(compiled)


def purge():
    "Clear the regular expression caches"
    _cache.clear()
    _re.purge()


def explain(pattern, flags=0):
    """Say who searches large texts for a pattern: the core ("native"), or the standard library and why.

    Args:
        pattern: A pattern as ``compile`` takes it, or a compiled one.
        flags: As for ``compile``.

    Returns:
        One line of text that begins with "native" or with "standard library: ".

    Raises:
        re.error: ``pattern`` is not a valid regular expression.
    """
    compiled = _compile(pattern, flags)
    if type(compiled) is Pattern:
        return _explain(compiled._compiled())
    return "standard library: the pattern is a str"


def _adopt():
    """Put the names of the standard library's module here.

    Its functions over patterns are ``return _compile(pattern, flags).search(string)`` and the like, with the
    signature and the checks of their version. They are taken as they are and given this module's ``_compile``.
    """
    names = dict(vars(_re), _compile=_compile)
    for name, value in vars(_re).items():
        if name in globals() or name.startswith("_") or type(value) is _types.ModuleType:
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
