"""Pickling for other processes: that of the stdlib, which procession honours."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.reduction")
