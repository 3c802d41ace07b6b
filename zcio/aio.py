"""asyncio without copies: transfers in the kernel."""

from zcio._aio.transfers import proxy, sendfile

__all__ = ["proxy", "sendfile"]
