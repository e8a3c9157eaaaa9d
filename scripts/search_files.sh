#!/bin/sh
# Searches every layer of the cache folder for a name, with nothing but tar.
#   scripts/search_files.sh NAME [CACHE_FOLDER]
# kaniko-lab search NAME does the same faster, and says in which step it came.
set -eu
name=${1:?usage: search_files.sh NAME [CACHE_FOLDER]}
cache=${2:-cache}
found=1
layers=0
for layer in "$cache"/sha256:*; do
  [ -f "$layer" ] || continue
  layers=$((layers + 1))
  case $layer in
    *.tgz) listing=$(tar -tzvf "$layer") ;;
    *.tar.zst) listing=$(zstd -dc "$layer" | tar -tvf -) ;;
    *.tar) listing=$(tar -tvf "$layer") ;;
    *) continue ;;
  esac
  hits=$(printf '%s\n' "$listing" | grep -F -- "$name") || continue
  printf '%s\n%s\n\n' "${layer##*/}" "$hits"
  found=0
done
if [ $layers -eq 0 ]; then
  echo "no layers in $cache: name the cache folder, as in: search_files.sh $name ./cache" >&2
  exit 2
fi
exit $found
