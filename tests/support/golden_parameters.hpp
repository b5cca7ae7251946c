#pragma once
// The parameters of a network from a golden file, and back in PyTorch's order.
#include <cstdint>
#include <string>
#include <vector>

#include "aurum/core/parameter.hpp"
#include "aurum/io/named_tensor.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

namespace aurum::test {

inline std::vector<std::int64_t> shape_of(const Parameter& p) { return {p.shape.begin(), p.shape.end()}; }

/// Parameters and statistics from the file, under their own names or behind a case's.
template <class Net>
void set_golden(Net& net, const Golden& golden, const std::string& before = "") {
  using T = typename Net::real_type;
  for (const Parameter& p : net.parameters()) {
    INFO(before << p.path);
    REQUIRE(golden.shape(before + p.path) == shape_of(p));
    const std::vector<double> numbers = golden.doubles(before + p.path);
    const std::vector<T> values(numbers.begin(), numbers.end());
    std::vector<T> ordered = values;
    if (is_filter(p.role)) from_pytorch_order<T>(shape_of(p), values, ordered);
    net.set(p, ordered);
  }
}

/// A parameter's values or gradient as PyTorch orders them.
template <class T>
[[nodiscard]] std::vector<double> in_pytorch_order(const Parameter& p, const std::vector<T>& values) {
  std::vector<T> ordered = values;
  const std::vector<std::int64_t> shape(p.shape.begin(), p.shape.end());
  if (is_filter(p.role)) to_pytorch_order<T>(shape, values, ordered);
  return {ordered.begin(), ordered.end()};
}

}  // namespace aurum::test
