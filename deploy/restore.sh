#!/usr/bin/env bash
# Puts a backup in the place of what the containers held; the broker is built anew from the journals.
#   deploy/restore.sh FOLDER
# There must be no volume of theirs: nothing is overwritten. One that was interrupted is done again from the start.
set -euo pipefail
from=${1:?the folder of the backup}
export COMPOSE_FILE=${COMPOSE_FILE:-$(dirname "$0")/docker-compose.yml}
(cd "$from" && sha256sum --quiet --check SHA256SUMS)
project=$(docker compose config | sed -n 's/^name: //p')
[ -z "$(docker volume ls --quiet --filter "label=com.docker.compose.project=$project")" ] || {
  echo "There are volumes already. This deletes everything in them: docker compose down --volumes" >&2
  exit 1
}
docker compose build --quiet
gunzip -c "$from/files-and-secrets.tar.gz" | docker compose run --rm -T --no-deps keeper -x --keep-old-files
gunzip -c "$from/databases.tar.gz" | docker compose run --rm -T --no-deps --entrypoint sh postgres -c '
  mkdir -p "$PGDATA.new" && chmod 700 "$PGDATA.new" && tar -x -C "$PGDATA.new" && sync && mv "$PGDATA.new" "$PGDATA"'
echo "Restored. make up starts it; every service tells the empty broker its journal again."
