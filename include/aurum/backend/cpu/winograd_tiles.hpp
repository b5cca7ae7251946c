#pragma once
// Tiles between images and the planes that the products work on.
#include "aurum/backend/cpu/epilogue.hpp"
#include "aurum/backend/cpu/winograd.hpp"

namespace aurum::cpu {

/// Transforms the input tiles of a run, one vector of channels from `c` on, what is pending applied, zeros
/// outside the image. Neighbouring tiles share two columns, which are transformed once.
template <int M, bool Apply, class T, class Lanes>
void transform_input(const View<const T>& in, const Pending<T>& pending, const typename TileGrid<M>::Run& run,
                     int padding, int c, Lanes part, T* to, const Planes& planes) {
  constexpr int size = M + 2;
  using V = Vector<T>;
  const int top = run.row * M - padding;
  const int first = std::max(0, -top), last = std::min(size, in.height - top);
  const bool whole = first == 0 && last == size;
  const std::ptrdiff_t pitch = in.width * in.pixel_stride;
  const T* const image =
      in.data + static_cast<std::ptrdiff_t>(run.image) * in.height * pitch + c + top * pitch;
  Square<V, size, size> columns;  // [column][row]
  const auto fetch = [&](int x, Line<V, size>& column) __attribute__((always_inline)) {
    const V zero(T{0});
    if (x < 0 || x >= in.width) {
      unroll<size>([&](auto r) { column[r] = zero; });
      return;
    }
    const T* const from = image + x * in.pixel_stride;
    const auto value = [&](const T* pixel) __attribute__((always_inline)) {
      if constexpr (Apply)
        return pending(load(pixel, part), c, part);
      else
        return load(pixel, part);
    };
    Line<V, size> d;
    if (whole)
      unroll<size>([&](auto r) { d[r] = value(from + r * pitch); });
    else
      unroll<size>([&](auto r) { d[r] = r >= first && r < last ? value(from + r * pitch) : zero; });
    WinogradTransform<M>::input(d, column);
  };
  const int left = run.column * M - padding;
  fetch(left, columns[0]);
  fetch(left + 1, columns[1]);
  for (int t = 0; t < run.tiles; ++t, to += planes.tile) {
    for (int j = 2; j < size; ++j) fetch(left + t * M + j, columns[j]);
    unroll<size>([&](auto row) {
      Line<V, size> line, out;
      unroll<size>([&](auto column) { line[column] = columns[column][row]; });
      WinogradTransform<M>::input(line, out);
      unroll<size>([&](auto column) { store(to + (row * size + column) * planes.plane, out[column]); });
    });
    unroll<size>([&](auto r) {
      columns[0][r] = columns[M][r];
      columns[1][r] = columns[M + 1][r];
    });
  }
}

/// All channels of the input tiles [first, last).
template <int M, class T>
void transform_inputs(const Signal<T>& x, const TileGrid<M>& grid, int padding, std::ptrdiff_t first,
                      std::ptrdiff_t last, T* to, const Planes& planes) {
  const Pending<T> pending(x);
  grid.for_each_run(first, last, [&](const auto& run, std::ptrdiff_t before) {
    for_each_vector<T>(x.data.channels, [&](int c, auto part) {
      T* const tile = to + before * planes.tile + c;
      // Parts of vectors are rare: they apply nothing where nothing is pending, for one copy of the code
      // less.
      if (std::is_same_v<decltype(part), FirstLanes> || x.pending())
        transform_input<M, true>(x.data, pending, run, padding, c, part, tile, planes);
      else
        transform_input<M, false>(x.data, pending, run, padding, c, AllLanes{}, tile, planes);
    });
  });
}

/// Writes the part of a tile that lies inside the image. (Copies: what is handed over by address here would
/// have to lie in memory for whole tiles too.)
template <int M, class Write, class V>
[[gnu::always_inline]] inline void write_edge(const Write& write, const Square<V, M, M>& out,
                                              std::ptrdiff_t corner, int width, int rows, int columns) {
  Line<V, M * M> tile;
  unroll<M * M>([&](auto i) { tile[i] = out[i / M][i % M]; });
  const V* const from = tile;
  [&](const Write* w, const V* values) __attribute__((noinline)) {
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column)
        (*w)(corner + static_cast<std::ptrdiff_t>(row) * width + column, values[row * M + column]);
  }
  (&write, from);
}

/// Transforms the products of tiles [first, last), channels [begin, end), back and writes the pixels.
template <int M, class T>
void write_outputs(const T* from, const Planes& planes, const TileGrid<M>& grid, std::ptrdiff_t first,
                   std::ptrdiff_t last, int begin, int end, const Epilogue<T>& epilogue, const View<T>& y) {
  constexpr int size = M + 2;
  using V = Vector<T>;
  grid.for_each_run(first, last, [&](const auto& run, std::ptrdiff_t before) {
    const int top = run.row * M, rows = std::min(M, y.height - top);
    const std::ptrdiff_t line = (static_cast<std::ptrdiff_t>(run.image) * y.height + top) * y.width;
    for_each_vector<T>(end - begin, [&](int c, auto part) {
      const T* tile = from + before * planes.tile + c;
      const Writer write(epilogue, y, begin + c, part);
      for (int t = 0; t < run.tiles; ++t, tile += planes.tile) {
        Square<V, size, size> products;
        Square<V, M, M> out;
        unroll<size * size>([&](auto i) { products[i / size][i % size] = load(tile + i * planes.plane); });
        transform_square<size, M, V>(
            products, out,
            [](const V* m, V* o) __attribute__((always_inline)) { WinogradTransform<M>::output(m, o); });
        const int left = (run.column + t) * M, columns = std::min(M, y.width - left);
        const std::ptrdiff_t corner = line + left;
        if (rows == M && columns == M)
          unroll<M * M>([&](auto i) { write(corner + i / M * y.width + i % M, out[i / M][i % M]); });
        else
          write_edge<M>(Writer(write), out, corner, y.width, rows, columns);
      }
    });
  });
}

/// Transforms the gradients of output tiles [first, last): A dy A^T, zeros beyond the image.
template <int M, class T>
void transform_output_gradients(const View<const T>& dy, const TileGrid<M>& grid, std::ptrdiff_t first,
                                std::ptrdiff_t last, T* to, const Planes& planes) {
  constexpr int size = M + 2;
  using V = Vector<T>;
  grid.for_each_run(first, last, [&](const auto& run, std::ptrdiff_t before) {
    const int top = run.row * M, rows = std::min(M, dy.height - top);
    for_each_vector<T>(dy.channels, [&](int c, auto part) {
      T* tile = to + before * planes.tile + c;
      for (int t = 0; t < run.tiles; ++t, tile += planes.tile) {
        const int left = (run.column + t) * M, columns = std::min(M, dy.width - left);
        const T* const corner = &dy.at(run.image, top, left, c);
        const std::ptrdiff_t pitch = dy.width * dy.pixel_stride;
        Square<V, M, M> gradient;
        Square<V, M, size> half;
        if (rows == M && columns == M)
          unroll<M * M>([&](auto i) {
            gradient[i / M][i % M] = load(corner + (i / M) * pitch + (i % M) * dy.pixel_stride, part);
          });
        else
          unroll<M * M>([&](auto i) {
            gradient[i / M][i % M] = i / M < rows && i % M < columns
                                         ? load(corner + (i / M) * pitch + (i % M) * dy.pixel_stride, part)
                                         : V(T{0});
          });
        unroll<M>([&](auto row) { WinogradTransform<M>::output_gradient(gradient[row], half[row]); });
        unroll<size>([&](auto column) {
          Line<V, M> line;
          Line<V, size> out;
          unroll<M>([&](auto row) { line[row] = half[row][column]; });
          WinogradTransform<M>::output_gradient(line, out);
          unroll<size>([&](auto row) { store(tile + (row * size + column) * planes.plane, out[row]); });
        });
      }
    });
  });
}

}  // namespace aurum::cpu
