#!/bin/sh
# Without any build system: plain.sh <compiler> <program to write> <include folder>...
set -eux
compiler=$1 program=$2
shift 2
for folder; do
  shift
  set -- "$@" -I "$folder"
done
"$compiler" -std=c++20 "$@" "$(dirname "$0")/main.cpp" -pthread -o "$program"
"$program"
