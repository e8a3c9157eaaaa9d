#!/bin/sh
# Removes what kind_up.sh made; workspace and cache stay.
set -eu
cd "$(dirname "$0")/.."
kind delete cluster --name kaniko-lab
docker ps -aq --filter name='^kind-registry$' --filter label=kaniko-lab.cluster | xargs -r docker rm --force --volumes
