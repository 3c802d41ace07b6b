"""What ``zcio.splice`` is made of.

``descriptors``: what may be moved from and to. ``pumping``: one direction at once. ``splicer``: one direction step by
step. ``proxying``: both directions between two sockets. ``copying``: whatever holds bytes, with ``ends`` (what callers
may give), ``replacing`` (files under another name) and ``progress``. The loops themselves run in the core.
"""
