#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

template <int N>
struct Layers {};

/// Gated recurrent unit (Cho et al. 2014) whose products are convolutions, so that every place of a map has a
/// state of its own (Ballas et al. 2016), over the frames of clips (core/sequences.hpp):
///   r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)     z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
///   n = tanh(W_in x + b_in + r (W_hn h + b_hn))    h' = (1 - z) n + z h
/// Gates and names are torch.nn.GRU's, which this is for a kernel of 1 on maps of one pixel. The output of a
/// frame is h' of the last layer; h is zero before the first frame.
/// `KernelSize`: odd. Options: `Layers<n>` (1), each of which reads the one before.
/// Parameters of layer l: weight_ih_l<l> {3 Hidden, C_in, k, k}, weight_hh_l<l> {3 Hidden, Hidden, k, k},
/// bias_ih_l<l> and bias_hh_l<l> {3 Hidden}, in each of them r, z, n.
template <int Hidden, int KernelSize, class... Options>
struct ConvGru {
  static_assert(Hidden > 0 && KernelSize > 0 && KernelSize % 2 == 1, "a ConvGru has a kernel of odd size");
  using spec = ConvGru;
  static constexpr int hidden = Hidden;
  static constexpr int kernel = KernelSize;
  static constexpr int layers = detail::option_or<Layers, Options...>(1);
  static_assert(layers > 0);

  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(Op::convolution)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    return Diagnosis::fine({hidden, in.height, in.width});
  }
  static constexpr Cost cost(const Shape& in) {
    Cost total;
    for (int layer = 0; layer < layers; ++layer) {
      const long long read = layer == 0 ? in.channels : hidden;
      const long long weights = 3LL * hidden * (read + hidden) * kernel * kernel;
      total = total + Cost{.parameters = weights + 6LL * hidden,
                           .multiply_adds = weights * in.height * in.width,
                           .feature_maps = 7LL * hidden * in.height * in.width};
    }
    return total;
  }
};

/// torch.nn.GRU, for each pixel alone where maps have several.
template <int Hidden, class... Options>
struct Gru : ConvGru<Hidden, 1, Options...> {};

}  // namespace aurum
