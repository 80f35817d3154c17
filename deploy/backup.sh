#!/usr/bin/env bash
# Takes out of the running containers what nobody could make again: databases, files, secrets.
#   deploy/backup.sh FOLDER
# Databases first, all five as of one instant: every file that they name is there by then.
# The folder is there when the backup is whole, and not before.
set -euo pipefail
umask 077
to=${1:?the folder to write to}
to=${to%/}
[ ! -e "$to" ] || { echo "$to is there already." >&2; exit 1; }
export COMPOSE_FILE=${COMPOSE_FILE:-$(dirname "$0")/docker-compose.yml}
rm -rf "$to.new"
mkdir -p "$to.new"
docker compose exec -T postgres pg_basebackup --username postgres --pgdata - --format tar --wal-method fetch \
  --checkpoint fast | gzip > "$to.new/databases.tar.gz"
docker compose run --rm -T --no-deps keeper -c files secrets | gzip > "$to.new/files-and-secrets.tar.gz"
(cd "$to.new" && sha256sum databases.tar.gz files-and-secrets.tar.gz > SHA256SUMS && sync ./*)
mv "$to.new" "$to"
echo "Written to $to: keep it where only you can read it, for the secrets open what is sealed."
