#include <aurum/core/config.hpp>
#include <aurum/core/shape.hpp>
#include <cstdio>

int main() {
  constexpr aurum::Shape shape{3, 128, 128};
  static_assert(shape.size() == 49152);
  std::printf("aurum %d.%d.%d: %s\n", AURUM_VERSION_MAJOR, AURUM_VERSION_MINOR, AURUM_VERSION_PATCH,
              aurum::to_string(shape).c_str());
}
