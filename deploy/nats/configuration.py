"""The configuration file of the broker, the same in every stack but for its address and its folder."""

import json
from collections.abc import Mapping

from deploy.nats.permissions import permissions

MAX_PAYLOAD = 1024 * 1024
"""Bytes of one message at most; an event has ids and codes, a replayed batch stays below."""

STORE = "20GB"
"""Room of all streams; a full one keeps events waiting in their producer's outbox."""


def configuration(
    users: Mapping[str, str], *, listen: str, store: str, ports_folder: str | None = None, monitor: str | None = None
) -> str:
    """Text of the configuration; `users` is the public nkey of each service.

    `sync_interval: always` flushes every write to the disk before it is acknowledged: with the default an acknowledged
    message can be lost. The form of the acknowledgement's subject is pinned, for permissions name it. A port of -1 in
    `listen` lets the system choose, and the choice is written to `ports_folder`. `monitor` is where it says how it is.
    """
    parts = [
        "server_name: surety",
        f"listen: {json.dumps(listen)}",
        f"max_payload: {MAX_PAYLOAD}",
        "max_connections: 1000",
        "feature_flags { js_ack_fc_v2: false }",
        "write_deadline: 10s",
        "jetstream {",
        f"  store_dir: {json.dumps(store)}",
        "  sync_interval: always",
        f"  max_file_store: {STORE}",
        "  max_memory_store: 64MB",
        "}",
        "authorization {",
        "  timeout: 5",
        "  users: [",
        *(_user(service, nkey) for service, nkey in users.items()),
        "  ]",
        "}",
    ]
    if ports_folder is not None:
        parts.insert(2, f"ports_file_dir: {json.dumps(ports_folder)}")
    if monitor is not None:
        parts.insert(2, f"http: {json.dumps(monitor)}")
    return "\n".join(parts) + "\n"


def _user(service: str, nkey: str) -> str:
    """One user; it may answer what it is asked, also in several parts."""
    may = permissions(service)
    return "\n".join(
        (
            f"    # {service}",
            f"    {{ nkey: {nkey}, permissions: {{",
            f"        publish: {{ allow: {json.dumps(may.publish)} }}",
            f"        subscribe: {{ allow: {json.dumps(may.subscribe)} }}",
            '        allow_responses: { max: 100, expires: "1m" }',
            "    } }",
        )
    )
