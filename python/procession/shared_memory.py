"""Named shared memory: that of the stdlib."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.shared_memory")
