"""Parsing of the command line that several commands share."""

import argparse
import sys

__all__ = ["permute", "positive_number"]


def positive_number(text):
    """The type of an argument N that is at least 1. A larger number than the core takes is as good as the largest."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("N must be a number, at least 1")
    return min(int(text), sys.maxsize)


def permute(parser):
    """Let a subcommand's parser take options between and after operands, as GNU programs do.

    By itself, argparse refuses a value that begins with a dash (``-e -x``), and before 3.12 it takes ``-x`` for an
    option even after ``--`` if options and operands may be mixed.
    """
    parse_known_args = parser.parse_known_args
    valued = {option for action in parser._actions if action.nargs is None for option in action.option_strings}
    bare = {option for action in parser._actions if action.nargs is not None for option in action.option_strings}

    def parse(args=None, namespace=None):
        options, operands, words = [], [], iter(args)
        for word in words:
            if word == "--":
                operands.extend(words)
            elif word == "-" or not word.startswith("-"):
                operands.append(word)
            else:
                is_long = word.startswith("--")
                if (_long_needs_value if is_long else _short_needs_value)(word, valued, bare):
                    value = next(words, None)
                    if value and value.startswith("-"):
                        word += "=" + value if is_long else value
                    elif value is not None:
                        options.append(word)
                        word = value
                options.append(word)
        return parse_known_args(options + ["--"] * bool(operands) + operands, namespace)

    parser.parse_known_args = parse


def _long_needs_value(word, valued, bare):
    """Whether the value of a long option, which may be abbreviated, is the next word."""
    return word not in bare and "=" not in word and any(option.startswith(word) for option in valued)


def _short_needs_value(word, valued, bare):
    """Whether the value of the last of some short options, such as ``-ne``, is the next word."""
    for at, letter in enumerate(word[1:], 2):
        if "-" + letter in valued:
            return at == len(word)
        if "-" + letter not in bare:
            return False
    return False
