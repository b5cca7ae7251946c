#pragma once
#include <cstddef>
#include <type_traits>
#include <vector>

#include "aurum/ops/pool.hpp"

namespace aurum {

/// Brings batches of images to a network.
template <class Net>
class NetworkInput {
  using B = typename Net::backend;
  using T = typename Net::value_type;

 public:
  /// `images` (any number x input shape, channels last, on the host) in the network's memory and type: a view
  /// of themselves where these are the host's and float, else a copy that lives until the next call.
  View<const T> operator()(Net& net, const std::vector<float>& images) {
    constexpr Shape shape = Net::input_shape;
    const auto count = static_cast<std::ptrdiff_t>(images.size());
    const int batch = static_cast<int>(count / shape.size());
    constexpr bool same_type = std::is_same_v<T, float>;
    if constexpr (same_type && on_host<B>) {
      return make_view(images.data(), batch, shape);
    } else {
      T* const to = copy_.resize(net.pool(), count);
      if constexpr (same_type) {
        Operations<B>::upload(net.context(), to, images.data(), count);
      } else {
        const std::vector<T> converted(images.begin(), images.end());
        Operations<B>::upload(net.context(), to, converted.data(), count);
      }
      return make_view<const T>(to, batch, shape);
    }
  }

 private:
  Buffer<B, T> copy_;
};

}  // namespace aurum
