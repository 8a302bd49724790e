"""The tests of the suite with objects on a server, and with processes that a worker host starts.

Hosts import this module, too: it is what their processes are called by.
"""

import os
from typing import Any

import _test_multiprocessing as suite
import procession
from _test_multiprocessing import ManagerMixin, ProcessesMixin
from server_with_host import VARIABLE

_FACTORIES = "Lock RLock Semaphore BoundedSemaphore Condition Event Barrier Queue JoinableQueue Value Array Pool"

# The other classes test what a server has no part in, such as connections.
_CLASSES = {
    "Processes": "Process SubclassingProcess Lock Semaphore Condition Event Barrier Queue Value Array Pool PoolWorkerErrors PoolWorkerLifetime",
    "Manager": "Containers Lock Semaphore Condition Event Barrier Queue Pool",
}

context = procession.connect(os.environ[VARIABLE])

for name in _FACTORIES.split():
    setattr(ProcessesMixin, name, staticmethod(getattr(context, name)))
for mixin in (ProcessesMixin, ManagerMixin):
    mixin.Process = context.Process


def _with_a_manager(cls: Any) -> None:
    super(ManagerMixin, cls).setUpClass()
    cls.manager = context.Manager()


def _list(self: Any) -> Any:
    """What the tests of barriers count with, which is in shared memory otherwise."""
    return (context.Manager() if self.TYPE == "processes" else self.manager).list()


ManagerMixin.setUpClass = classmethod(_with_a_manager)
suite._TestBarrier.DummyList = _list
# Hosts have another working directory.
suite.os_helper.TESTFN = os.path.abspath(suite.os_helper.TESTFN)
# A condition on a server does not tell how many sleep.
suite._TestCondition.check_invariant = lambda self, condition: None

_installed: dict[str, Any] = {"__name__": __name__}
suite.install_tests_in_module_dict(_installed, "spawn")
_wanted = {f"With{kind}Test{name}" for kind, names in _CLASSES.items() for name in names.split()}
globals().update({name: value for name, value in _installed.items() if name in _wanted or name in ("setUpModule", "tearDownModule")})
