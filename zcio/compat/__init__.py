"""Compatibility testing: zcio's classes beside the standard library's, driven by Hypothesis (extra ``zcio[compat]``).

``<thing>_machine.py``: the state machine of one thing, with its model and strategies beside it; its module has
``MACHINES``, a dict of RuleBasedStateMachine classes by name. ``differences/<thing>.py``: where that thing knowingly
is not what it reproduces. ``tally``: what a run has compared. Nothing outside this folder imports Hypothesis.
"""
