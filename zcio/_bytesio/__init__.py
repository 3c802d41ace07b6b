"""What ``zcio.BytesIO`` is made of.

``backports`` is the class of CPython up to 3.13 with some methods of 3.15, ``pypy`` PyPy's class made that of 3.15;
``base`` picks the one that this interpreter needs, ``additions`` is what no standard library has.
"""
