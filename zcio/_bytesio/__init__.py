"""The implementation of ``zcio.BytesIO``.

``base`` chooses the base class: the standard library's class, or that with some methods of 3.15 (``backports``, for
CPython up to 3.13), or PyPy's class with all methods of 3.15 (``pypy``). ``additions`` has the additional methods.
"""
