"""The implementation of ``zcio.splice`` and ``zcio.shutil``. The loops that move bytes run in the core.

``descriptors``: checks and converts arguments. ``moving``: ``splice()``, one direction until it is done. ``splicer``:
one direction step by step. ``proxying``: both directions between two sockets. ``copying``: ``copy()`` between objects
of any kind, with ``endpoints`` (its source and sink), ``atomic_file`` (a path to write to) and ``progress``. ``tree``:
threads and progress of ``copytree()``.
"""
