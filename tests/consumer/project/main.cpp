// What a program that has just found aurum would try first.
#include <aurum/core/random.hpp>
#include <aurum/core/shape.hpp>
#include <cstdio>

int main() {
  constexpr aurum::Shape shape{3, 128, 128};
  static_assert(shape.size() == 49152);
  aurum::Random random{aurum::Seed{1}};
  std::printf("%s, %.3f\n", aurum::to_string(shape).c_str(), static_cast<double>(random.uniform()));
}
