#pragma once
// A fuzz target hands any bytes to one parser. Bad input must cost a FileError; every other exception, crash
// or sanitizer report is a bug.
//   scripts/fuzz                  builds all with clang's libFuzzer and sanitizers, and lets them run
//   tests/fuzz/corpus/<target>/   what they start from; CTest puts it through the same code (replay.cpp)
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "aurum/core/error.hpp"

namespace aurum::fuzz {

template <class Parse>
int run(const std::uint8_t* data, std::size_t size, const Parse& parse) {
  try {
    parse(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const FileError&) {
  }
  return 0;
}

}  // namespace aurum::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
