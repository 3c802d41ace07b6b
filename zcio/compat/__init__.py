"""Compatibility testing: compares zcio with the standard library in random programs (extra ``zcio[compat]``).

``subjects`` lists what is compared. For each subject, ``<subject>_machine.py`` has its Hypothesis state machines in a
dict ``MACHINES``; its model and strategies are in modules beside that, and ``differences/<subject>.py`` lists the known
differences. ``runner`` runs the machines, ``tally`` counts what they compare, ``report`` prints the result. Nothing
outside this folder imports Hypothesis.
"""
