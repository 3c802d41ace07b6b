"""What ``zcio.splice`` is made of.

``descriptors``: what may be moved from and to. ``pumping``: one direction at once. ``splicer``: one direction step by
step. ``proxying``: both directions between two sockets. The loops themselves run in the core.
"""
