#!/bin/sh
# kaniko-lab cluster up minikube, for those who have minikube and kubectl.
set -eu
cd "$(dirname "$0")/.."
minikube start --profile kaniko-lab
# A registry: localhost:5000 on the node, registry.kube-system.svc.cluster.local inside of Pods (plain HTTP).
minikube addons enable registry --profile kaniko-lab
mkdir -p ./workspace ./cache ./cache/base-images
# Each has to go on running.
nohup minikube mount --profile kaniko-lab --9p-version 9p2000.u ./workspace:/kaniko-lab/workspace >/dev/null 2>&1 &
nohup minikube mount --profile kaniko-lab --9p-version 9p2000.u ./cache:/kaniko-lab/cache >/dev/null 2>&1 &
nohup minikube mount --profile kaniko-lab --9p-version 9p2000.u ./cache/base-images:/kaniko-lab/base-images >/dev/null 2>&1 &
kubectl --context kaniko-lab wait --for=condition=Ready node --all --timeout=180s
kubectl --context kaniko-lab apply -f k8s/volumes.yaml
# Logins to registries, where there are some: config.json goes to the cluster as it is.
config=${DOCKER_CONFIG:-$HOME/.docker}/config.json
[ ! -f "$config" ] || kubectl --context kaniko-lab get secret regcred >/dev/null 2>&1 || kubectl --context kaniko-lab create secret generic regcred --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$config"
