"""Starting fresh interpreters: as in the stdlib."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.spawn")
