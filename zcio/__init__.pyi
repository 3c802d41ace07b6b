from zcio.bytesio import BytesIO as BytesIO
from zcio.cursor import Cursor as Cursor
from zcio.pipe import PartialReadError as PartialReadError, Pipe as Pipe, Pool as Pool

__all__ = ["BytesIO", "Cursor", "PartialReadError", "Pipe", "Pool", "__version__"]

__version__: str
