#!/usr/bin/env bash
# Starts the containers of services again, one after the other, each as it is: so they read their secrets anew.
#   deploy/restart.sh SERVICE...
set -euo pipefail
: "${1:?the services to start again}"
export COMPOSE_FILE=${COMPOSE_FILE:-$(dirname "$0")/docker-compose.yml}
for service; do
  for container in $(docker compose ps --quiet "$service"); do
    docker restart "$container" > /dev/null
    for _ in $(seq 120); do
      health=$(docker inspect --format '{{.State.Health.Status}}' "$container")
      [ "$health" != healthy ] || break
      sleep 1
    done
    [ "$health" = healthy ] || { echo "A container of $service is $health: docker compose logs $service" >&2; exit 1; }
    echo "$service was started again."
  done
done
