"""Drives splice() between every pair of ends, beside read() and write()."""

from zcio.compat.splice_machine import MACHINES

TestSpliceMachine = MACHINES["splice"].TestCase
