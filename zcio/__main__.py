"""``python -m zcio``."""

import sys

from zcio.cli import main

if __name__ == "__main__":
    sys.exit(main())
