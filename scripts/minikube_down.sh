#!/bin/sh
# Removes what minikube_up.sh made; workspace and cache stay.
set -eu
cd "$(dirname "$0")/.."
# The mounts end by themselves.
minikube delete --profile kaniko-lab
