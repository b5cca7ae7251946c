#pragma once
// How the CPU runs plans: filters packed for its kernels, everything else of a convolution in its epilogue.
#include <memory>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/plan/program.hpp"

namespace aurum::plan {

template <Winograd Largest>
struct Kernels<BasicCpu<Largest>> : PlainKernels<BasicCpu<Largest>> {
  using C = Context<BasicCpu<Largest>>;
  static constexpr bool needs_spare = false;
  /// One image's maps stay closer to the cores than a batch's, and threads with an image each need not wait
  /// for one another.
  static constexpr bool image_by_image = true;

  /// A context of one thread for each worker of `context`, if a batch of `images` gives each one of them.
  static std::vector<std::shared_ptr<C>> solos(C& context, int images) {
    std::vector<std::shared_ptr<C>> all;
    const int workers = context.team().size();
    while (workers > 1 && images >= workers && static_cast<int>(all.size()) < workers)
      all.push_back(std::make_shared<C>(1));
    return all;
  }
  /// Calls f(image, worker) for image in [0, images) in the context's threads.
  template <class F>
  static void share_out(C& context, int images, const F& f) {
    context.team().run(images, [&](std::ptrdiff_t image, int worker) { f(static_cast<int>(image), worker); });
  }

  template <class T>
  static constexpr std::ptrdiff_t packed_size(Window w, const Shape& in, const Shape& out) {
    return cpu::packed_size<T>(cpu::choose(w, in, out, Largest), w, in.channels, out.channels);
  }
  template <class T>
  static void pack(C& context, Window w, const Shape& in, const Shape& out, const T* filter, T* packed) {
    cpu::pack_filter<Largest>(context.team(), cpu::choose(w, in, out, Largest), w, in.channels, out.channels,
                              filter, packed);
  }
  template <class T>
  static void convolve(C& context, const Convolution<T>& c, T*) {
    cpu::convolve<Largest>(context.team(), cpu::choose(c.window, c.x.data.shape(), c.y.shape(), Largest),
                           c.window, c.x, c.filter,
                           cpu::Epilogue<T>{c.bias, c.activation, c.residual, c.copy}, c.y);
  }
  /// Which worker does what changes from run to run: each gets as much memory as any needed.
  static void settle(C& context) { context.team().level(); }
};

}  // namespace aurum::plan
