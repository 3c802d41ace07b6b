from zcio.bytesio import BytesIO as BytesIO
from zcio.cursor import Cursor as Cursor
from zcio.pipe import PartialReadError as PartialReadError
from zcio.pipe import Pipe as Pipe
from zcio.pipe import Pool as Pool

__all__ = ["BytesIO", "Cursor", "PartialReadError", "Pipe", "Pool", "__version__"]

__version__: str
