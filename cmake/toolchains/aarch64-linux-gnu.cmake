# 64-bit ARM with Debian's cross compiler, tests run by qemu-user (`scripts/setup --all` installs both). The
# libraries that are headers only come from the building machine; the others count as not found.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

# Debian keeps these packages' files where it keeps those of the machine's own libraries.
foreach(package IN ITEMS xsimd Catch2)
  file(GLOB ${package}_DIR /usr/lib/*/cmake/${package})
endforeach()
