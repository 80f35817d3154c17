#!/usr/bin/env bash
# Takes out of the running containers what nobody could make again: databases, files, secrets.
#   deploy/backup.sh FOLDER
# Databases first, all five as of one instant: every file that they name is there by then.
set -euo pipefail
umask 077
to=${1:?the folder to write to}
export COMPOSE_FILE=${COMPOSE_FILE:-$(dirname "$0")/docker-compose.yml}
mkdir -p "$to"
docker compose exec -T postgres pg_basebackup --username postgres --pgdata - --format tar --wal-method fetch \
  --checkpoint fast | gzip > "$to/databases.tar.gz"
docker compose run --rm -T --no-deps keeper -c files secrets | gzip > "$to/files-and-secrets.tar.gz"
(cd "$to" && sha256sum databases.tar.gz files-and-secrets.tar.gz > SHA256SUMS)
echo "Written to $to: keep it where only you can read it, for the secrets open what is sealed."
