"""``python -m mlkit.grading``."""

import sys

from mlkit.grading.commands import main

sys.exit(main())
