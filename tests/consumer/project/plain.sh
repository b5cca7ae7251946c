#!/bin/sh
# Without any build system: plain.sh <compiler> <aurum's include folder> <Eigen's> <program to write>
set -eux
"$1" -std=c++20 -I"$2" -I"$3" "$(dirname "$0")/main.cpp" -pthread -o "$4"
"$4"
