"""What errors and signatures show of public methods: positional-only parameters (3.6 and 3.7 too), and their names."""

import sys
from types import FunctionType

__all__ = ["name_methods", "positional_only"]


def name_methods(cls):
    """Name the methods that a public class inherits from private ones after the public class."""
    for base in cls.__mro__[1:]:
        if base.__module__.startswith("zcio._"):
            for method in vars(base).values():
                if type(method) is FunctionType:
                    method.__qualname__ = cls.__name__ + "." + method.__name__
                    method.__module__ = cls.__module__


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
