"""`python -m procession`."""

import sys

from .command_line import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
