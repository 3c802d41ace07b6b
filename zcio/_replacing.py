"""Replaces values in namespaces, such as the classes of a standard module, and restores them.

There is no lock: an exception of a signal handler could leave it held. Instead every step is one assignment, and
whether a value is replaced is read from its namespace, so that an interrupted call is completed by calling again.
"""

__all__ = ["Replacements"]

_ABSENT = object()


class Replacements:
    """Names in namespaces, each with the value that replaces the present one.

    Any thread may call any method at any time. ``_replaced`` never holds a replacement: after any order of calls,
    ``uninstall()`` gives each name a value that it had before.

    Args:
        replacements (iterable): triples of a namespace (a dict: a module's, or ``sys.modules``), a name in it, and the
            value that replaces the present one.
    """

    def __init__(self, replacements):
        self._replacements = tuple(replacements)
        self._replaced = {}  # the value that each replacement was last put in the place of, by its index

    def install(self):
        """Replace the values. What is replaced already remains so."""
        for index, (namespace, name, value) in enumerate(self._replacements):
            present = namespace.get(name, _ABSENT)
            if present is not value:
                self._replaced[index] = present
                namespace[name] = value

    def uninstall(self):
        """Restore the values that ``install()`` replaced, except where another value has been put in their place."""
        for index, (namespace, name, value) in enumerate(self._replacements):
            if index in self._replaced and namespace.get(name, _ABSENT) is value:
                _put(namespace, name, self._replaced[index])

    def present(self):
        """List the values that the names have now, for ``restore()``."""
        return [namespace.get(name, _ABSENT) for namespace, name, _ in self._replacements]

    def restore(self, values):
        """Give the names the values that they had when ``present()`` returned ``values``."""
        for (namespace, name, _), value in zip(self._replacements, values):
            _put(namespace, name, value)

    def originals(self):
        """List the values that ``install()`` replaces or, if it has been called, has replaced."""
        return [
            self._replaced.get(index, present) if present is value else present
            for index, (present, (_, _, value)) in enumerate(zip(self.present(), self._replacements))
        ]


def _put(namespace, name, value):
    if value is _ABSENT:
        namespace.pop(name, None)
    else:
        namespace[name] = value
