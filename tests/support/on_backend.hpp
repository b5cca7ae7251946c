#pragma once
// Tensors of the host on any backend, and back.
#include <cstddef>
#include <functional>
#include <vector>

#include "aurum/ops/backend.hpp"
#include "support/compare.hpp"

namespace aurum::test {

/// Brings tensors and numbers to backend B, in T; what it brought stays until it dies.
template <class B, class T>
class On {
 public:
  using O = Operations<B>;
  explicit On(Context<B>& where) : context{where} {}
  On(const On&) = delete;
  ~On() {
    for (const auto& release : releases_) release();
  }

  template <class U>
  U* memory(const std::vector<U>& values) {
    const auto count = static_cast<std::ptrdiff_t>(values.size());
    U* const place = O::template allocate<U>(context, count);
    releases_.push_back([this, place] { O::release(context, place); });
    O::upload(context, place, values.data(), count);
    return place;
  }
  /// Parameters of a network whose feature maps are T.
  real_t<T>* values(const std::vector<double>& values) {
    return memory(std::vector<real_t<T>>(values.begin(), values.end()));
  }
  template <class U>
  View<T> view(const Tensor<U>& tensor) {
    const View<U>& v = tensor.view;
    return {memory(std::vector<T>(tensor.memory.begin(), tensor.memory.end())),
            v.batch,
            v.height,
            v.width,
            v.channels,
            v.pixel_stride};
  }
  template <class U>
  View<const T> read(const Tensor<U>& tensor) {
    return view(tensor);
  }

  Context<B>& context;

 private:
  std::vector<std::function<void()>> releases_;
};

/// A contiguous view's values on the host.
template <class B, class T>
Tensor<T> on_host_of(Context<B>& context, const View<const T>& view) {
  Tensor<T> copy(view.batch, view.shape());
  Operations<B>::download(context, copy.memory.data(), view.data, std::ssize(copy.memory));
  return copy;
}

}  // namespace aurum::test
