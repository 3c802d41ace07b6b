"""Run by the interpreter at its start, before any program: see the package's text."""

import _zcio_shadow_path

try:
    _zcio_shadow_path.prepare()
finally:
    _zcio_shadow_path.run_hidden("sitecustomize")
