#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/data/image.hpp"
#include "aurum/data/synthetic/backdrop.hpp"

namespace aurum::synthetic {

/// What a camera and a file do to a scene: exposure, colour, blur, noise, low resolution, compression.
class Photograph {
 public:
  /// From linear colours at twice the size. `exposure` maps them to [0, 1]. The noise in the pixels is drawn
  /// from `grain`, if given, and all else from `random`: pictures of one camera share the latter.
  static Image develop(const Painting& scene, float exposure, Random random,
                       std::optional<Random> grain = std::nullopt) {
    Photograph photo(scene, exposure, random);
    if (random.chance(0.25F)) photo.shrink(random.uniform(0.4F, 0.9F));
    if (random.chance(0.4F)) {
      const float sigma = random.uniform(0.3F, 1.1F) * photo.scale();
      photo.blur(sigma, random.chance(0.2F) ? random.uniform(0, 3.14F) : -1);
    }
    const float noise = random.chance(0.6F) ? 0.03F * square(random.uniform()) : 0;
    if (noise > 0) photo.add_noise(noise, random, grain ? *grain : random);
    if (random.chance(0.4F)) photo.compress(random.uniform(0.01F, 0.06F));
    return photo.bytes();
  }

 private:
  Photograph(const Painting& scene, float exposure, Random& random)
      : width_(scene.width / 2),
        height_(scene.height / 2),
        pixels_(static_cast<std::size_t>(width_ * height_)) {
    const float contrast = random.uniform(0.85F, 1.2F), lift = std::max(0.F, random.normal(0, 0.025F));
    const float saturation = random.chance(0.12F) ? 0 : random.uniform(0.7F, 1.2F);
    const Colour cast{random.uniform(0.93F, 1.07F), 1, random.uniform(0.9F, 1.1F)};
    const std::vector<float>& encoded = tone();
    const auto encode = [&](float linear) {
      const float t = std::min(linear, 3.999F) * 1024;
      const int i = static_cast<int>(t);
      return mix(encoded[static_cast<std::size_t>(i)], encoded[static_cast<std::size_t>(i + 1)],
                 t - static_cast<float>(i));
    };
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x) {
        Colour c = scene.at(2 * x, 2 * y) + scene.at(2 * x + 1, 2 * y) + scene.at(2 * x, 2 * y + 1) +
                   scene.at(2 * x + 1, 2 * y + 1);
        c = (0.25F * exposure) * (c * cast);
        c = {encode(std::max(0.F, c.x)), encode(std::max(0.F, c.y)), encode(std::max(0.F, c.z))};
        const float grey = 0.299F * c.x + 0.587F * c.y + 0.114F * c.z;
        c = mix(Colour{grey, grey, grey}, c, saturation);
        const auto shape = [&](float v) { return lift + (1 - lift) * (0.45F + contrast * (v - 0.45F)); };
        at(x, y) = {shape(c.x), shape(c.y), shape(c.z)};
      }
  }
  [[nodiscard]] float scale() const { return static_cast<float>(width_) / 128; }
  [[nodiscard]] Colour& at(int x, int y) { return pixels_[static_cast<std::size_t>(y * width_ + x)]; }
  /// The sRGB curve with a soft shoulder instead of clipped lights.
  static const std::vector<float>& tone() {
    static const std::vector<float> table = [] {
      std::vector<float> values;
      for (int i = 0; i <= 4096; ++i) {
        float t = static_cast<float>(i) / 1024;
        if (t > 0.6F) t = 0.6F + 0.4F * (1 - std::exp(-(t - 0.6F) / 0.4F));
        values.push_back(t < 0.0031308F ? 12.92F * t : 1.055F * std::pow(t, 1 / 2.4F) - 0.055F);
      }
      return values;
    }();
    return table;
  }
  void shrink(float factor) {
    const int w = std::max(8, static_cast<int>(factor * static_cast<float>(width_))),
              h = std::max(8, static_cast<int>(factor * static_cast<float>(height_)));
    pixels_ = resize(w, h, resize(width_, height_, pixels_, w, h), width_, height_);
  }
  // Bilinear, pixel centres kept.
  static std::vector<Colour> resize(int from_w, int from_h, const std::vector<Colour>& from, int w, int h) {
    std::vector<Colour> to(static_cast<std::size_t>(w * h));
    const auto place = [](int i, int from_size, int size) {
      return std::clamp(
          (static_cast<float>(i) + 0.5F) * static_cast<float>(from_size) / static_cast<float>(size) - 0.5F,
          0.F, static_cast<float>(from_size) - 1.001F);
    };
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        const float fx = place(x, from_w, w), fy = place(y, from_h, h);
        const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
        const Colour* p = from.data() + (iy * from_w + ix);
        to[static_cast<std::size_t>(y * w + x)] =
            mix(mix(p[0], p[1], fx - static_cast<float>(ix)),
                mix(p[from_w], p[from_w + 1], fx - static_cast<float>(ix)), fy - static_cast<float>(iy));
      }
    return to;
  }
  /// Gaussian of `sigma` pixels, or a motion blur along `direction` (radians) if that is not negative.
  void blur(float sigma, float direction) {
    const int reach = std::max(1, static_cast<int>(std::ceil(2.3F * sigma)));
    std::vector<float> weight;
    float sum = 0;
    for (int i = -reach; i <= reach; ++i) {
      weight.push_back(std::exp(-0.5F * square(static_cast<float>(i) / sigma)));
      sum += weight.back();
    }
    const auto pass = [&](float dx, float dy) {
      std::vector<Colour> out(pixels_.size());
      for (int y = 0; y < height_; ++y)
        for (int x = 0; x < width_; ++x) {
          Colour c;
          for (int i = -reach; i <= reach; ++i) {
            const int sx =
                std::clamp(x + static_cast<int>(std::lround(dx * static_cast<float>(i))), 0, width_ - 1);
            const int sy =
                std::clamp(y + static_cast<int>(std::lround(dy * static_cast<float>(i))), 0, height_ - 1);
            c += weight[static_cast<std::size_t>(i + reach)] * at(sx, sy);
          }
          out[static_cast<std::size_t>(y * width_ + x)] = (1 / sum) * c;
        }
      pixels_.swap(out);
    };
    if (direction >= 0) return pass(std::cos(direction), std::sin(direction));
    pass(1, 0);
    pass(0, 1);
  }
  void add_noise(float deviation, Random& random, Random& grain) {
    // Sums of uniform numbers: cheaper than normal ones, and nobody can tell.
    const auto draw = [&] { return (grain.uniform() + grain.uniform() - 1) * 2.45F * deviation; };
    const float colourful = random.uniform();
    for (Colour& c : pixels_) {
      const float grey = draw(), tint = colourful * draw();
      c += Colour{grey + tint, grey - 0.5F * tint, grey - 0.7F * tint};
    }
  }
  /// Rounds the cosine coefficients of blocks of 8 x 8, as JPEG does, coarser where frequencies are higher.
  void compress(float step) {
    static const std::array<std::array<float, 8>, 8> basis = [] {
      std::array<std::array<float, 8>, 8> b{};
      for (std::size_t k = 0; k < 8; ++k)
        for (std::size_t n = 0; n < 8; ++n)
          b[k][n] = (k == 0 ? std::sqrt(0.125F) : 0.5F) *
                    std::cos(3.14159265F * (static_cast<float>(n) + 0.5F) * static_cast<float>(k) / 8);
      return b;
    }();
    using Block = std::array<std::array<float, 8>, 8>;
    const auto transform = [&](const Block& in, bool forward) {  // rows, transposed
      Block out{};
      for (std::size_t r = 0; r < 8; ++r)
        for (std::size_t k = 0; k < 8; ++k) {
          float sum = 0;
          for (std::size_t n = 0; n < 8; ++n) sum += in[r][n] * (forward ? basis[k][n] : basis[n][k]);
          out[k][r] = sum;
        }
      return out;
    };
    for (int y0 = 0; y0 + 8 <= height_; y0 += 8)
      for (int x0 = 0; x0 + 8 <= width_; x0 += 8) {
        Block block, luma;
        for (int y = 0; y < 8; ++y)
          for (int x = 0; x < 8; ++x) {
            const Colour c = at(x0 + x, y0 + y);
            luma[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
                0.299F * c.x + 0.587F * c.y + 0.114F * c.z;
          }
        block = transform(transform(luma, true), true);
        for (std::size_t k = 0; k < 8; ++k)
          for (std::size_t n = 0; n < 8; ++n) {
            const float unit = step * (1 + 0.7F * static_cast<float>(k + n));
            block[k][n] = unit * std::nearbyint(block[k][n] / unit);
          }
        block = transform(transform(block, false), false);
        for (int y = 0; y < 8; ++y)
          for (int x = 0; x < 8; ++x) {
            const float change = block[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] -
                                 luma[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
            at(x0 + x, y0 + y) += Colour{change, change, change};
          }
      }
  }
  [[nodiscard]] Image bytes() const {
    Image image(width_, height_);
    std::uint8_t* out = image.pixels.data();
    for (const Colour& c : pixels_)
      for (const float v : {c.x, c.y, c.z}) *out++ = detail::to_byte(255 * unit_clamp(v));
    return image;
  }

  int width_, height_;
  std::vector<Colour> pixels_;
};

}  // namespace aurum::synthetic
