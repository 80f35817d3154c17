#!/usr/bin/env bash
# Puts a backup in the place of what the containers hold; the broker is built anew from the journals.
#   deploy/restore.sh FOLDER
# The containers must be down, and their volumes of databases and broker gone: nothing is overwritten.
set -euo pipefail
from=${1:?the folder of the backup}
export COMPOSE_FILE=${COMPOSE_FILE:-$(dirname "$0")/docker-compose.yml}
(cd "$from" && sha256sum --quiet --check SHA256SUMS)
[ -z "$(docker compose ps --quiet)" ] || { echo "It runs: make down" >&2; exit 1; }
docker compose build --quiet
gunzip -c "$from/files-and-secrets.tar.gz" | docker compose run --rm -T --no-deps keeper -x --keep-old-files
gunzip -c "$from/databases.tar.gz" | docker compose run --rm -T --no-deps --entrypoint sh postgres -c '
  [ ! -e "$PGDATA/PG_VERSION" ] || { echo "There are databases already." >&2; exit 1; }
  mkdir -p "$PGDATA" && chmod 700 "$PGDATA" && tar -x -C "$PGDATA"'
echo "Restored. make up starts it; every service tells the empty broker its journal again."
