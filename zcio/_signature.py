"""Positional-only parameters on interpreters whose syntax has none (3.6, 3.7), at no cost per call."""

import types

__all__ = ["positional_only"]


def positional_only(function):
    """Make every positional parameter of ``function`` positional-only, as C functions have them.

    From 3.8 on the code object says so. Before, the parameters are renamed to what no caller writes; a function that
    keeps a parameter in a closure is not supported there.
    """
    code = function.__code__
    if hasattr(code, "replace"):
        function.__code__ = code.replace(co_posonlyargcount=code.co_argcount)
        return function
    hidden = tuple("__" + name for name in code.co_varnames[: code.co_argcount])
    function.__code__ = types.CodeType(
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_nlocals,
        code.co_stacksize,
        code.co_flags,
        code.co_code,
        code.co_consts,
        code.co_names,
        hidden + code.co_varnames[code.co_argcount :],
        code.co_filename,
        code.co_name,
        code.co_firstlineno,
        code.co_lnotab,
        code.co_freevars,
        code.co_cellvars,
    )
    return function
