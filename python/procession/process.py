"""What a process is and which one this is: as in the stdlib. The classes of procession are in `procession.context`."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("multiprocessing.process")
