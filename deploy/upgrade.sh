#!/usr/bin/env bash
# Brings a running installation to the code of this checkout, service by service, while the others serve.
#   deploy/upgrade.sh
# PostgreSQL and NATS go on as they are.
set -euo pipefail
export COMPOSE_FILE=${COMPOSE_FILE:-$(dirname "$0")/docker-compose.yml}
docker compose build
for once in secrets bootstrap migrations; do
  docker compose run --rm -T --no-deps "$once"
done
# Read anew; by the engine's own `kill` the container would count as stopped by hand, and not be started after a crash.
docker compose exec -T nats sh -c 'kill -HUP 1'
for service in complaints projects risk satisfaction gateway; do
  number=$(docker compose ps --quiet "$service" | wc -l)
  docker compose up --wait --no-deps --scale "$service=$((number > 1 ? number : 1))" "$service"
done
