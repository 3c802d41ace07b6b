"""What ``zcio.splice`` is made of.

``descriptors``: what may be moved from and to. ``moving``: one direction at once. ``splicer``: one direction step by
step. ``proxying``: both directions between two sockets. ``copying``: whatever holds bytes, with ``endpoints`` (what
callers may give), ``atomic_file`` (paths to be written) and ``progress``. The loops themselves run in the core.
"""
