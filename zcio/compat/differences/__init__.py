"""Where zcio is knowingly not what it reproduces: one module per thing, each with its list ``DIFFERENCES``.

A mismatch that no entry covers fails the tests; so does an entry that is no longer true.
"""

__all__ = ["Difference"]


class Difference:
    """``id``; ``here``: this interpreter has it; ``where``, ``what``, ``why``: for people.

    ``covers(operation, args, expected, got)``: whether it explains a mismatch with the model; ``witness(cls)``:
    whether the class still has it.
    """

    def __init__(self, id, here, where, what, why, covers=None, witness=None):
        self.id = id
        self.here = here
        self.where = where
        self.what = what
        self.why = why
        self.covers = covers
        self.witness = witness
