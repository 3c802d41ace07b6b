"""Positional-only parameters, on interpreters too whose syntax has none (3.6, 3.7)."""

import sys

__all__ = ["positional_only"]

if sys.version_info >= (3, 8):

    def positional_only(function):
        """Make the positional parameters of ``function`` positional-only, as C functions have them."""
        code = function.__code__
        function.__code__ = code.replace(co_posonlyargcount=code.co_argcount)
        return function

else:
    from functools import wraps

    def positional_only(function):
        """Make the positional parameters of ``function`` positional-only, by a wrapper that costs about 150 ns."""
        code = function.__code__
        positional = frozenset(code.co_varnames[: code.co_argcount])

        @wraps(function)
        def call(*args, **kwargs):
            for name in kwargs:
                if name in positional:
                    raise TypeError("%s() takes no keyword argument %r" % (function.__name__, name))
            return function(*args, **kwargs)

        return call
