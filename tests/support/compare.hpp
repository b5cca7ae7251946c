#pragma once
// Random views and relative errors for tests that compare backends.
#include <algorithm>
#include <cmath>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/ops/signal.hpp"

namespace aurum::test {

/// A tensor with its memory; the pixel stride may exceed the channels, to test slices.
template <class T>
struct Tensor {
  std::vector<T> memory;
  View<T> view{};
  int gap = 0;
  Tensor() = default;
  Tensor(int batch, const Shape& shape, int gap_ = 0)
      : memory(static_cast<std::size_t>(batch) * static_cast<std::size_t>(shape.height * shape.width) *
               static_cast<std::size_t>(shape.channels + gap_)),
        gap{gap_} {
    view = make_view(memory.data(), batch, shape);
    view.pixel_stride += gap;
  }
  Tensor(const Tensor& other) : memory{other.memory}, view{other.view}, gap{other.gap} {
    view.data = memory.data();
  }
  Tensor(Tensor&& other) noexcept : memory{std::move(other.memory)}, view{other.view}, gap{other.gap} {
    view.data = memory.data();
  }
  Tensor& operator=(Tensor other) {
    memory = std::move(other.memory);
    view = other.view;
    view.data = memory.data();
    gap = other.gap;
    return *this;
  }
};

template <class T>
Tensor<T> random_tensor(int batch, const Shape& shape, Random& random, int gap = 0) {
  Tensor<T> t(batch, shape, gap);
  for (T& v : t.memory) v = static_cast<T>(random.normal());
  return t;
}

/// The same tensor in another element type.
template <class To, class From>
Tensor<To> cast(const Tensor<From>& from) {
  Tensor<To> to(from.view.batch, from.view.shape(), from.gap);
  std::transform(from.memory.begin(), from.memory.end(), to.memory.begin(),
                 [](From v) { return static_cast<To>(v); });
  return to;
}

/// Root mean square of the difference over that of the reference, both ranges in double.
template <class A, class B>
double relative_error(const A& value, const B& reference) {
  double difference = 0, size = 0;
  auto r = std::begin(reference);
  for (auto v = std::begin(value); v != std::end(value); ++v, ++r) {
    const double d = static_cast<double>(*v) - static_cast<double>(*r);
    difference += d * d;
    size += static_cast<double>(*r) * static_cast<double>(*r);
  }
  if (std::isnan(difference)) return 1e30;
  return size == 0 ? std::sqrt(difference) : std::sqrt(difference / size);
}

}  // namespace aurum::test
