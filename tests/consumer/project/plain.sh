#!/bin/sh
# Without any build system: plain.sh <compiler> <program to write> <include folder>...
set -eux
compiler=$1 program=$2
shift 2
for folder; do
  shift
  set -- "$@" -I "$folder"
done
# The umbrella needs no library for pictures: their headers are made empty, and nobody misses them.
printf '#include <aurum/aurum.hpp>\nint main() {}\n' >"$program.umbrella.cpp"
"$compiler" -std=c++20 -fsyntax-only -DJPEGLIB_H -DPNG_H "$@" "$program.umbrella.cpp"
"$compiler" -std=c++20 "$@" "$(dirname "$0")/main.cpp" -pthread -o "$program"
"$program"
