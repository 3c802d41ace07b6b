"""The parts of ``zcio.BytesIO``.

``base`` picks the base class for the interpreter: that of the standard library, the same with some methods of 3.15
(``backports``, for CPython up to 3.13), or PyPy's with all of them (``pypy``). ``additions`` has the added methods.
"""
