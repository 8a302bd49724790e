"""Finalizers, logging and the like: those of the stdlib."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.util")
