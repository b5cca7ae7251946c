#pragma once
// Direct convolution, any kernel, stride and padding: sums over a window's rows straight from a strip.
#include "aurum/backend/cpu/epilogue.hpp"
#include "aurum/backend/cpu/filter.hpp"
#include "aurum/backend/cpu/strip.hpp"

namespace aurum::cpu {

/// Pixels of a piece of work of a convolution whose window has one pixel, and of a strip.
inline constexpr int pixels_of_piece = 192;

/// Whether a convolution maps pixel to pixel, so that images and rows need not be told apart.
constexpr bool maps_pixels(Window w) { return w.kernel == 1 && w.stride == 1 && w.padding == 0; }

/// The pixels of all images as one row, for convolutions that map pixel to pixel.
template <class T>
View<T> as_one_row(View<T> v) {
  v.width = v.batch * v.height * v.width;
  v.batch = v.height = 1;
  return v;
}

/// The pixels [first, first + width) of one row.
template <class T>
Signal<T> part_of_row(Signal<T> x, std::ptrdiff_t first, int width) {
  x.data.data = x.data.pixel(first);
  x.data.width = width;
  return x;
}

/// Calls f(first pixel, pixels, windows, stride, jump) for pieces of y: row `ky` of the p-th pixel's window
/// is the `kernel * channels` values at windows + p * stride + ky * jump.
template <class T, class F>
void for_each_window(Team& team, Window w, const Signal<T>& x, const View<const T>& y, const F& f) {
  const std::ptrdiff_t channels = x.data.channels;
  if (maps_pixels(w)) {
    const View<const T> all = as_one_row(x.data);
    const Reader<T> read(x);
    const int pieces = (all.width + pixels_of_piece - 1) / pixels_of_piece;
    team.run(pieces, [&](std::ptrdiff_t piece, Scratch& scratch) {
      const std::ptrdiff_t first = piece * pixels_of_piece;
      const int pixels = static_cast<int>(std::min<std::ptrdiff_t>(pixels_of_piece, all.width - first));
      if (!x.pending()) return f(first, pixels, all.pixel(first), all.pixel_stride, std::ptrdiff_t{0});
      T* const values = scratch.get<T>(pixels_of_piece * channels);
      for (int p = 0; p < pixels; ++p)
        apply_pixel(read, all.pixel(first + p), values + p * channels, all.channels);
      f(first, pixels, values, channels, std::ptrdiff_t{0});
    });
    return;
  }
  const Strips strips(y.batch, y.height, y.width, pixels_of_piece);
  const std::ptrdiff_t pitch = strip_pitch(w, x.data);
  team.run(strips.count, [&](std::ptrdiff_t i, Scratch& scratch) {
    const auto strip = strips.at(i, y.height);
    T* const memory = scratch.get<T>(strip_size(w, x.data, strips.rows));
    gather_strip(w, x, strip, memory);
    for (int r = 0; r < strip.rows; ++r)
      f(pixel_of(y, strip.image, strip.first + r, 0), y.width, memory + r * w.stride * pitch,
        w.stride * channels, pitch);
  });
}

/// y = epilogue(filter * x), `packed` by pack_direct.
template <class T>
void direct_convolve(Team& team, Window w, const Signal<T>& x, const T* packed, const Epilogue<T>& epilogue,
                     const View<T>& y) {
  const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(w.kernel) * x.data.channels;
  for_each_window<T>(
      team, w, x, y,
      [&](std::ptrdiff_t first, int pixels, const T* windows, std::ptrdiff_t stride, std::ptrdiff_t jump) {
        constexpr int group = 6 * block_rows;
        alignas(64) Line<T, group * panel_width<T>> sums;
        for (int j = 0; j < panels<T>(y.channels); ++j)
          for (int p = 0; p < pixels; p += group) {
            const int count = std::min(group, pixels - p), channel = j * panel_width<T>;
            const int columns = std::min(panel_width<T>, y.channels - channel);
            multiply_panel(windows + p * stride, stride, count, w.kernel, jump, row,
                           packed + j * w.kernel * row * panel_width<T>, columns, sums, panel_width<T>);
            for_each_vector<T>(columns, [&](int c, auto part) {
              const Writer write(epilogue, y, channel + c, part);
              for (int i = 0; i < count; ++i) write(first + p + i, load(sums + i * panel_width<T> + c));
            });
          }
      });
}

/// dfilter += the gradient of the filter {C_out, k, k, C_in}.
template <class T>
void direct_filter_gradient(Team& team, Window w, const Signal<T>& whole, const View<const T>& whole_dy,
                            T* dfilter) {
  const bool pixelwise = maps_pixels(w);
  Signal<T> x = whole;
  View<const T> dy = whole_dy;
  if (pixelwise) x.data = as_one_row(x.data), dy = as_one_row(dy);
  const int in = x.data.channels, out = dy.channels, row = w.kernel * in;
  // Pixel to pixel, a strip is a part of the one row there is; else it is some rows.
  const Strips strips(dy.batch, dy.height, dy.width, pixels_of_piece);
  const std::ptrdiff_t pieces = pixelwise ? (dy.width + pixels_of_piece - 1) / pixels_of_piece : strips.count;
  const std::ptrdiff_t width = round_up(row, lanes<T>), size_of_sum = w.kernel * out * width;
  const std::ptrdiff_t sums = std::min<std::ptrdiff_t>(pieces, 8);
  T* const all = team.shared<T>(sums * size_of_sum);
  team.run(sums, [&](std::ptrdiff_t s, Scratch& scratch) {
    T* const sum = all + s * size_of_sum;
    std::fill(sum, sum + size_of_sum, T{0});
    for (std::ptrdiff_t piece = s * pieces / sums; piece < (s + 1) * pieces / sums; ++piece) {
      if (pixelwise) {
        const std::ptrdiff_t first = piece * pixels_of_piece;
        const int pixels = static_cast<int>(std::min<std::ptrdiff_t>(pixels_of_piece, dy.width - first));
        const Signal<T> part = part_of_row(x, first, pixels);
        const T* values = part.data.data;
        std::ptrdiff_t stride = part.data.pixel_stride;
        if (x.pending() || in % lanes<T> != 0) {
          T* const memory = scratch.get<T>(strip_size(w, part.data, 1));
          gather_strip(w, part, {0, 0, 1}, memory);
          values = memory, stride = in;
        }
        add_products(dy.pixel(first), dy.pixel_stride, values, stride, pixels, out, row, sum, width);
        continue;
      }
      const auto strip = strips.at(piece, dy.height);
      const std::ptrdiff_t pitch = strip_pitch(w, x.data);
      T* const memory = scratch.get<T>(strip_size(w, x.data, strips.rows));
      gather_strip(w, x, strip, memory);
      for (int r = 0; r < strip.rows; ++r)
        for (int ky = 0; ky < w.kernel; ++ky)
          add_products(&dy.at(strip.image, strip.first + r, 0, 0), dy.pixel_stride,
                       memory + (r * w.stride + ky) * pitch, static_cast<std::ptrdiff_t>(w.stride) * in,
                       dy.width, out, row, sum + ky * out * width, width);
    }
  });
  team.run(out, [&](std::ptrdiff_t o) {
    for (int ky = 0; ky < w.kernel; ++ky)
      for_each_vector<T>(row, [&](int i, auto part) {
        const T* from = all + (ky * out + o) * width + i;
        Vector<T> total = load(from);
        for (std::ptrdiff_t s = 1; s < sums; ++s) total = total + load(from += size_of_sum);
        T* const to = dfilter + (o * w.kernel + ky) * row + i;
        store(to, load(to, part) + total, part);
      });
  });
}

/// The gradient of the input where the window steps over pixels: the gradients of each output row's windows
/// are added where the windows lie. `packed`: the filter as [panel of window values][C_out][panel_width].
template <class T>
void scatter_data_gradient(Team& team, Window w, const View<const T>& dy, const T* filter, Target<T> dx) {
  const View<T>& in = dx.view;
  const int channels = in.channels, taps = w.kernel * w.kernel, values = taps * channels;
  // The filter is {C_out}{taps x C_in}: as it stands, a 1x1 filter from C_out to taps x C_in, turned.
  T* const packed =
      team.shared<T>(static_cast<std::ptrdiff_t>(panels<T>(values)) * panel_width<T> * dy.channels);
  pack_direct(team, Filter<T>{filter, 1, dy.channels, values, true}, packed);
  const std::ptrdiff_t padded = static_cast<std::ptrdiff_t>(panels<T>(values)) * panel_width<T>;
  team.run(in.batch, [&](std::ptrdiff_t n, Scratch& scratch) {
    const int image = static_cast<int>(n);
    const std::ptrdiff_t pixels = static_cast<std::ptrdiff_t>(in.height) * in.width;
    for (std::ptrdiff_t p = n * pixels; p < (n + 1) * pixels; ++p)
      for_each_vector<T>(channels, [&](int c, auto part) { put(dx, p, c, Vector<T>(T{0}), part); });
    constexpr int group = 2 * block_rows;
    T* const windows = scratch.get<T>(group * padded);
    for (int oy = 0; oy < dy.height; ++oy)
      for (int first = 0; first < dy.width; first += group) {
        const int count = std::min(group, dy.width - first);
        for (int j = 0; j < panels<T>(values); ++j)
          multiply_panel(&dy.at(image, oy, first, 0), dy.pixel_stride, count, 1, 0, dy.channels,
                         packed + static_cast<std::ptrdiff_t>(j) * dy.channels * panel_width<T>,
                         values - j * panel_width<T>,
                         windows + static_cast<std::ptrdiff_t>(j) * panel_width<T>, padded);
        for (int i = 0; i < count; ++i)
          for (int tap = 0; tap < taps; ++tap) {
            const int y = oy * w.stride - w.padding + tap / w.kernel;
            const int x = (first + i) * w.stride - w.padding + tap % w.kernel;
            if (y >= 0 && y < in.height && x >= 0 && x < in.width)
              add_row(windows + i * padded + static_cast<std::ptrdiff_t>(tap) * channels,
                      &in.at(image, y, x, 0), channels);
          }
      }
  });
}

}  // namespace aurum::cpu
