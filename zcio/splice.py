"""Bytes between descriptors, in the kernel: files, pipes, sockets and devices in any pairing.

``copy`` is for whatever holds bytes, paths and file objects too; ``splice`` moves once, ``Splicer`` step by step for
event loops, ``proxy`` both ways between two sockets. No byte is lost where one of them fails: the exception tells how
many the destination has.
"""

from zcio._transfer.copying import Copied, copy
from zcio._transfer.descriptors import SPLICE_F_GIFT, SPLICE_F_MORE, SPLICE_F_MOVE, SPLICE_F_NONBLOCK
from zcio._transfer.moving import splice
from zcio._transfer.proxying import proxy
from zcio._transfer.splicer import Splicer

__all__ = [
    "SPLICE_F_GIFT",
    "SPLICE_F_MORE",
    "SPLICE_F_MOVE",
    "SPLICE_F_NONBLOCK",
    "Copied",
    "Splicer",
    "copy",
    "proxy",
    "splice",
]
