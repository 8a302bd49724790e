"""The server that forks: that of the stdlib."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.forkserver")
