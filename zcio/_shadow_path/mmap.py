"""In the place of the standard library's module: makes sys.modules["mmap"] zcio's, which the importer then gets."""

import _zcio_shadow_path

_zcio_shadow_path.replace_mmap()
