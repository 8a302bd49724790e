"""Cleaning up named resources: that of the stdlib. Nothing of procession has a name."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.resource_tracker")
