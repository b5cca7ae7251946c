#include "aurum/io/safetensors.hpp"

#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return aurum::fuzz::run(data, size, [](std::string_view bytes) {
    const auto file = aurum::SafetensorsFile::parse(std::as_bytes(std::span(bytes)), "fuzzed");
    [[maybe_unused]] volatile std::size_t total = 0;  // so that the bytes are read
    for (const auto& tensor : file.tensors())
      for (const std::byte b : tensor.bytes) total = total + std::to_integer<std::size_t>(b);
  });
}
