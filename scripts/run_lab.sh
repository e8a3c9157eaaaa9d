#!/bin/sh
# The first lab as one command: builds ./workspace with Kaniko, leaves the layers in ./cache.
# Settings by environment, as they always were:
#   LOGGING_LEVEL=info (trace … panic)   DOCKER_FILE_NAME=Dockerfile   DEBUG=true (dlv on port 4000)
# Arguments are passed on to `kaniko-lab build`.
set -eu
cd "$(dirname "$0")/.."
exec npm exec -- kaniko-lab build workspace --cache-dir cache "$@"
