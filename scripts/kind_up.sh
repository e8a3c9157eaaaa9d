#!/bin/sh
# kaniko-lab cluster up kind, for those who have kind, docker and kubectl.
set -eu
cd "$(dirname "$0")/.."
# A registry: localhost:5001 for this machine and the kubelet, kind-registry:5000 inside of Pods (plain HTTP).
docker inspect kind-registry >/dev/null 2>&1 || docker run -d --restart always -p 127.0.0.1:5001:5000 --label kaniko-lab.cluster=1 --name kind-registry docker.io/library/registry:2
mkdir -p ./workspace ./cache ./cache/base-images
kind get clusters | grep -Fqx kaniko-lab || kind create cluster --name kaniko-lab --config k8s/kind-cluster.yaml
docker network inspect kind -f '{{range .Containers}}{{println .Name}}{{end}}' | grep -Fqx kind-registry || docker network connect kind kind-registry
# The node's containerd finds it there.
docker exec kaniko-lab-control-plane mkdir -p /etc/containerd/certs.d/localhost:5001
echo '[host."http://kind-registry:5000"]' | docker exec -i kaniko-lab-control-plane cp /dev/stdin /etc/containerd/certs.d/localhost:5001/hosts.toml
kubectl --context kind-kaniko-lab wait --for=condition=Ready node --all --timeout=180s
kubectl --context kind-kaniko-lab apply -f k8s/local-registry.yaml -f k8s/volumes.yaml
# Logins to registries, where there are some: config.json goes to the cluster as it is.
config=${DOCKER_CONFIG:-$HOME/.docker}/config.json
[ ! -f "$config" ] || kubectl --context kind-kaniko-lab get secret regcred >/dev/null 2>&1 || kubectl --context kind-kaniko-lab create secret generic regcred --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$config"
