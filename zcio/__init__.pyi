from zcio.bytesio import BytesIO as BytesIO
from zcio.pipe import Pipe as Pipe
from zcio.pipe import Pool as Pool

__all__ = ["BytesIO", "Pipe", "Pool", "__version__"]

__version__: str
