"""``python -m book``."""

import sys

from book.making import main

if __name__ == "__main__":
    sys.exit(main())
