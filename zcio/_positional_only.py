"""Positional-only parameters on interpreters whose syntax has none (3.6, 3.7), at no cost per call."""

import sys
import types

__all__ = ["positional_only"]


def _template():
    def function():
        pass

    return function


def _template_with_defaults():
    def function(parameter=None):
        pass

    return function


def _made(code, function):
    """``function`` with another code, made as a ``def`` makes one: from 3.13 on the interpreter has its fast way of
    calling only for those, and for none that has keyword-only parameters."""
    defaults = function.__defaults__
    template = (_template_with_defaults if defaults else _template).__code__
    put = {types.CodeType: code, tuple: defaults}
    template = template.replace(co_consts=tuple(put.get(type(one), one) for one in template.co_consts))
    return types.FunctionType(template, function.__globals__)()


def positional_only(function):
    """Make every positional parameter of ``function`` positional-only, as C functions have them.

    From 3.8 on the code object says so. Before, the parameters are renamed to what no caller writes; a function that
    keeps a parameter in a closure is not supported there.
    """
    code = function.__code__
    if hasattr(code, "replace"):
        code = code.replace(co_posonlyargcount=code.co_argcount)
        if sys.version_info >= (3, 13) and not (code.co_freevars or code.co_kwonlyargcount):
            return _made(code, function)
        function.__code__ = code
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
