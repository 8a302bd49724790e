"""The interface of processes on threads: that of the stdlib."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.dummy")
