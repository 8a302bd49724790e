"""A server, and a worker host that starts the processes of the suite."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PROCESSION_SUITE_SERVER"
"""Names the server's address in the environment of tests and hosts."""

_SLOTS = 8
"""Tasks of several classes of tests are carried out at once, and some only wait."""


@contextmanager
def server_with_host(environment: dict[str, str]) -> Iterator[None]:
    """Start both, and end them at the end; the server's address is added to the environment."""
    sys.path.append(str(Path(__file__).parent.parent))
    from hosts import Host
    from servers import Server

    with Server() as server:
        environment[VARIABLE] = server.url
        with Host(server.url, "--slots", str(_SLOTS), "--app", "suite_under_hosts", **environment):
            yield
