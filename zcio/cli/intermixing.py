"""Options between and after operands, as GNU programs take them."""

__all__ = ["intermix"]


def intermix(parser):
    """Let ``parser``, one of a subcommand, take options anywhere; argparse can from Python 3.7 on."""
    plain = parser.parse_known_args

    def parse_known_args(args=None, namespace=None):
        parser.parse_known_args = plain  # it is what this is made of
        try:
            return parser.parse_known_intermixed_args(args, namespace)
        finally:
            parser.parse_known_args = parse_known_args

    if hasattr(parser, "parse_known_intermixed_args"):
        parser.parse_known_args = parse_known_args
