"""Where the source tree is, for tests of what is not installed: pages, examples, tools."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXAMPLES = os.path.join(ROOT, "examples")
