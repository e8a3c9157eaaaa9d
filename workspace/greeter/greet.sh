#!/bin/sh
# Greets with a word for each part of the dictionary.
for part in "${GREETER_HOME}"/part-*; do
  echo "@GREETING@, $(head -n 1 "$part")!"
done
