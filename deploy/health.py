"""Whether a process of ours says that it is ready: `python -m deploy.health` asks the one in this container."""

import http.client
import sys
from contextlib import suppress

from deploy.topology import INSIDE_PORT


def is_ready(port: int, path: str = "/readyz") -> bool:
    """Whether the process on a port of the loopback address says that it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        ready = connection.getresponse().status == http.HTTPStatus.OK
        connection.close()
        return ready
    return False


if __name__ == "__main__":
    sys.exit(0 if is_ready(INSIDE_PORT) else 1)
