"""Parsing of the command line that several commands share."""

import argparse

__all__ = ["intermix", "positive_number"]


def positive_number(text):
    """The type of an argument N that is at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("N must be a number, at least 1")
    return int(text)


def intermix(parser):
    """Let a subcommand's parser take options between and after operands, as GNU programs do. Needs Python 3.7."""
    parse_known_args = parser.parse_known_args

    def intermixed(args=None, namespace=None):
        # parse_known_intermixed_args() calls parse_known_args(), which must be argparse's own meanwhile.
        parser.parse_known_args = parse_known_args
        try:
            return parser.parse_known_intermixed_args(args, namespace)
        finally:
            parser.parse_known_args = intermixed

    if hasattr(parser, "parse_known_intermixed_args"):
        parser.parse_known_args = intermixed
