#pragma once
// Convolution and its filter gradient by Winograd tiles. Blocks of tiles are transformed into planes, one
// matrix product per plane does the work, and the result is transformed back: all within the cache.
#include "aurum/backend/cpu/filter.hpp"
#include "aurum/backend/cpu/rows.hpp"
#include "aurum/backend/cpu/winograd_tiles.hpp"

namespace aurum::cpu {

/// Tiles of a block, `most` or as many as leave its planes in so many bytes of cache: enough for the products
/// to reuse a filter panel, few enough for the planes and the images they come from to stay in the
/// second-level cache together.
template <class T>
std::ptrdiff_t fitting_tiles(int planes, int channels, std::ptrdiff_t cache, std::ptrdiff_t most) {
  const auto bytes = static_cast<std::ptrdiff_t>(sizeof(T)) * planes * channels;
  return std::clamp<std::ptrdiff_t>(cache / bytes / 8 * 8, 8, most);
}

/// The same for a convolution's blocks, which have one set of planes, with enough blocks for all threads. 32
/// tiles cut maps of a power of two into equal blocks, so that threads finish together.
template <class T>
std::ptrdiff_t block_tiles(std::ptrdiff_t tiles, int planes, int channels, int threads) {
  const std::ptrdiff_t fit = fitting_tiles<T>(planes, channels, std::ptrdiff_t{640} << 10, 32);
  const std::ptrdiff_t share = round_up((tiles + 2 * threads - 1) / (2 * threads), 8);
  return threads == 1 ? fit : std::clamp<std::ptrdiff_t>(share, 8, fit);
}

/// y = epilogue(filter * x), `packed` by pack_winograd<M>.
template <int M, class T>
void winograd_convolve(Team& team, Window w, const Signal<T>& x, const T* packed, const Epilogue<T>& epilogue,
                       const View<T>& y) {
  constexpr int planes = (M + 2) * (M + 2);
  const int in = x.data.channels, out = y.channels;
  const TileGrid<M> grid(y.batch, y.height, y.width);
  const std::ptrdiff_t most = block_tiles<T>(grid.count, planes, std::max(in, out), team.size());
  const std::ptrdiff_t blocks = (grid.count + most - 1) / most;
  // Few blocks: the threads share out the panels too, each transforming the block's input for itself.
  const int splits = blocks >= team.size() ? 1 : std::min(panels<T>(out), team.size());
  team.run(blocks * splits, [&](std::ptrdiff_t chunk, Scratch& scratch) {
    const std::ptrdiff_t first = chunk / splits * most, last = std::min(grid.count, first + most);
    const int split = static_cast<int>(chunk % splits);
    const int begin = panels<T>(out) * split / splits, end = panels<T>(out) * (split + 1) / splits;
    const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(end - begin) * panel_width<T>;
    // The products of a plane take the place of the plane before, whose inputs nobody needs any more: less
    // memory, and in the cache already.
    const Planes places(std::max(round_up(in, lanes<T>), width), most);
    T* const to = scratch.get<T>((planes + 1) * places.plane);
    T* const from = to + places.plane;
    transform_inputs(x, grid, w.padding, first, last, from, places);
    for (int p = 0; p < planes; ++p)
      for (int j = begin; j < end; ++j)
        multiply_panel(from + p * places.plane, places.tile, last - first, 1, 0, in,
                       packed + (static_cast<std::ptrdiff_t>(p) * panels<T>(out) + j) * in * panel_width<T>,
                       out - j * panel_width<T>,
                       to + p * places.plane + static_cast<std::ptrdiff_t>(j - begin) * panel_width<T>,
                       places.tile);
    write_outputs(to, places, grid, first, last, begin * panel_width<T>, std::min(out, end * panel_width<T>),
                  epilogue, y);
  });
}

/// Into how many sums, added in order at the end, a filter gradient is cut: a matter of its size alone, so
/// that the result has the same bits for any number of threads. `elements`: of one sum's planes; large ones
/// are transformed back less often.
constexpr std::ptrdiff_t gradient_sums(std::ptrdiff_t blocks, std::ptrdiff_t elements) {
  return std::min<std::ptrdiff_t>(blocks, elements > (std::ptrdiff_t{1} << 17) ? 4 : 8);
}

/// dfilter += the gradient of the filter {C_out, 3, 3, C_in}. Each sum is kept as planes by its worker alone
/// and transformed to nine taps before others read it.
template <int M, class T>
void winograd_filter_gradient(Team& team, Window w, const Signal<T>& x, const View<const T>& dy, T* dfilter) {
  constexpr int size = M + 2, planes = size * size;
  using V = Vector<T>;
  const int in = x.data.channels, out = dy.channels;
  const TileGrid<M> grid(dy.batch, dy.height, dy.width);
  const std::ptrdiff_t most = fitting_tiles<T>(planes, in + out, std::ptrdiff_t{1} << 19, 24);
  const std::ptrdiff_t blocks = (grid.count + most - 1) / most;
  const Planes inputs(round_up(in, lanes<T>), most), gradients(round_up(out, lanes<T>), most);
  const std::ptrdiff_t width = round_up(in, lanes<T>), size_of_sum = planes * out * width;
  const std::ptrdiff_t elements = static_cast<std::ptrdiff_t>(out) * 9 * in;
  const std::ptrdiff_t sums = gradient_sums(blocks, size_of_sum);
  T* const all = team.shared<T>(sums * elements);
  team.run(sums, [&](std::ptrdiff_t s, Scratch& scratch) {
    T* const sum = scratch.get<T>(size_of_sum + planes * (inputs.plane + gradients.plane));
    T* const from = sum + size_of_sum;
    T* const by = from + planes * inputs.plane;
    std::fill(sum, sum + size_of_sum, T{0});
    for (std::ptrdiff_t b = s * blocks / sums; b < (s + 1) * blocks / sums; ++b) {
      const std::ptrdiff_t first = b * most, last = std::min(grid.count, first + most);
      transform_inputs(x, grid, w.padding, first, last, from, inputs);
      transform_output_gradients(dy, grid, first, last, by, gradients);
      for (int p = 0; p < planes; ++p)
        add_products(by + p * gradients.plane, gradients.tile, from + p * inputs.plane, inputs.tile,
                     last - first, out, in, sum + p * out * width, width);
    }
    for (int o = 0; o < out; ++o)
      for_each_vector<T>(in, [&](int i, auto part) {
        Square<V, size, size> total;
        Square<V, 3, 3> taps;
        unroll<planes>([&](auto p) { total[p / size][p % size] = load(sum + (p * out + o) * width + i); });
        transform_square<size, 3, V>(
            total, taps, [](const V* u, V* g) __attribute__((always_inline)) {
              WinogradTransform<M>::filter_gradient(u, g);
            });
        T* const to = all + s * elements + static_cast<std::ptrdiff_t>(o) * 9 * in + i;
        unroll<9>([&](auto tap) { store(to + tap * in, taps[tap / 3][tap % 3], part); });
      });
  });
  add_sums(team, all, sums, elements, dfilter);
}

}  // namespace aurum::cpu
