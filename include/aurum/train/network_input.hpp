#pragma once
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/ops/pointwise/passes.hpp"
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
      const float* const uploaded = upload(net, images);
      if constexpr (same_type) {
        return make_view<const T>(uploaded, batch, shape);
      } else {
        T* const to = copy_.resize(net.pool(), count);
        Operations<B>::for_each_index(net.context(), count, pointwise::Copy<float, T>{uploaded, to});
        return make_view<const T>(to, batch, shape);
      }
    }
  }

  /// Where the backend can, begins to bring the images of the next call while it works on those of the last
  /// one, which has been waited for since (a loss was read, say). They stay as they are until then.
  void stage(Net& net, const std::vector<float>& images) {
    if constexpr (uploads_ahead<B>) {
      stages_ = true;
      if (images.size() > room_) return;  // its memory is not there yet: the next call takes it
      Operations<B>::upload_ahead(net.context(), uploaded_[1].data(), images.data(), std::ssize(images));
      staged_ = images.data();
    }
  }

 private:
  const float* upload(Net& net, const std::vector<float>& images) {
    if (std::exchange(staged_, nullptr) == images.data()) {
      if constexpr (uploads_ahead<B>) Operations<B>::wait_for_uploads(net.context());
      std::swap(uploaded_[0], uploaded_[1]);
      return uploaded_[0].data();
    }
    const auto count = static_cast<std::ptrdiff_t>(images.size());
    if (stages_ && images.size() > room_) {
      uploaded_[1].resize(net.pool(), count);
      room_ = images.size();
    }
    float* const to = uploaded_[0].resize(net.pool(), count);
    Operations<B>::upload(net.context(), to, images.data(), count);
    return to;
  }

  std::array<Buffer<B, float>, 2> uploaded_;  // the second for what is staged
  bool stages_ = false;                       // somebody asked for it
  const float* staged_ = nullptr;             // what the second has, or will have
  std::size_t room_ = 0;                      // of the second
  Buffer<B, T> copy_;                         // in the network's type
};

}  // namespace aurum
