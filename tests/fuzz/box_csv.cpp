#include "aurum/data/box_csv.hpp"

#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return aurum::fuzz::run(data, size, [](std::string_view bytes) { (void)aurum::parse_box_csv(bytes); });
}
