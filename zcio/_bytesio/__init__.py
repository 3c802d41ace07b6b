"""What ``zcio.BytesIO`` is made of.

``dated`` is the runtime's own class with what CPython up to 3.13 does otherwise than 3.15, ``pypy`` that with what PyPy
does otherwise; ``base`` picks the one this interpreter needs, ``additions`` is what no standard library has.
"""
