#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
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
  NetworkInput() = default;
  NetworkInput(const NetworkInput&) = delete;
  NetworkInput& operator=(const NetworkInput&) = delete;
  ~NetworkInput() { settle(); }

  /// `images` (any number x input shape, channels last, on the host) in the network's memory and type: a view
  /// of themselves where these are the host's and float, else a copy that lives until the next call.
  /// `serial`: of their batch, which finds those that were staged.
  View<const T> operator()(Net& net, const std::vector<float>& images, std::uint64_t serial = 0) {
    constexpr Shape shape = Net::input_shape;
    const auto count = static_cast<std::ptrdiff_t>(images.size());
    const int batch = static_cast<int>(count / shape.size());
    constexpr bool same_type = std::is_same_v<T, float>;
    if constexpr (same_type && on_host<B>) {
      return make_view(images.data(), batch, shape);
    } else {
      const float* const uploaded = upload(net, images, serial);
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
  void stage(Net& net, const std::vector<float>& images, std::uint64_t serial) {
    if constexpr (uploads_ahead<B>) {
      stages_ = true;
      if (images.size() > room_) return;  // its memory is not there yet: the next call takes it
      Operations<B>::upload_ahead(net.context(), uploaded_[1].data(), images.data(), std::ssize(images));
      staged_ = serial;
      context_ = &net.context();
    }
  }

 private:
  /// What was begun goes on into memory that others may be given next: they wait for it.
  void settle() {
    if constexpr (uploads_ahead<B>)
      if (context_ != nullptr) Operations<B>::wait_for_uploads(*std::exchange(context_, nullptr));
  }
  const float* upload(Net& net, const std::vector<float>& images, std::uint64_t serial) {
    settle();
    if (std::exchange(staged_, 0) == serial && serial != 0) {
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
  std::uint64_t staged_ = 0;                  // what the second has, or will have; 0: nothing
  Context<B>* context_ = nullptr;             // where a copy has begun that nobody has waited for
  std::size_t room_ = 0;                      // of the second
  Buffer<B, T> copy_;                         // in the network's type
};

}  // namespace aurum
