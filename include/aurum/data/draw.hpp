#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/font5x7.hpp"
#include "aurum/data/image.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "aurum/heatmap/render.hpp"

namespace aurum {

/// An 8-bit RGB colour.
struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend constexpr bool operator==(const Colour&, const Colour&) = default;
};

inline constexpr Colour black{0, 0, 0};
inline constexpr Colour white{255, 255, 255};
inline constexpr Colour gold{255, 200, 40};

/// Blue, green, yellow, red for 0..1 (values outside are held to it).
[[nodiscard]] inline Colour heat_colour(float value) {
  const auto channel = [&](float centre) {
    const float height = 1.5F - std::abs(4 * std::clamp(value, 0.0F, 1.0F) - centre);
    return detail::to_byte(255 * std::clamp(height, 0.0F, 1.0F));
  };
  return {channel(3), channel(2), channel(1)};
}

/// Mixes `colour` into pixel (x, y); `alpha` 0 leaves it, 1 replaces it. Nothing outside the picture.
inline void blend(Image& image, int x, int y, Colour colour, float alpha = 1) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  std::uint8_t* pixel = image.at(x, y);
  const auto mix = [&](std::uint8_t& old, std::uint8_t fresh) {
    old = static_cast<std::uint8_t>(
        std::lround((1 - alpha) * static_cast<float>(old) + alpha * static_cast<float>(fresh)));
  };
  mix(pixel[0], colour.red);
  mix(pixel[1], colour.green);
  mix(pixel[2], colour.blue);
}

/// Fills a rectangle of pixels, clipped to the picture.
inline void fill(Image& image, int left, int top, int width, int height, Colour colour, float alpha = 1) {
  for (int y = std::max(top, 0); y < std::min(top + height, image.height); ++y)
    for (int x = std::max(left, 0); x < std::min(left + width, image.width); ++x)
      blend(image, x, y, colour, alpha);
}

/// A disc of `radius` pixels.
inline void draw_point(Image& image, Point p, Colour colour, float radius = 1.5F) {
  if (!std::isfinite(p.x) || !std::isfinite(p.y) || std::abs(p.x) > 1e6F || std::abs(p.y) > 1e6F) return;
  for (int y = static_cast<int>(p.y - radius); y <= static_cast<int>(p.y + radius) + 1; ++y)
    for (int x = static_cast<int>(p.x - radius); x <= static_cast<int>(p.x + radius) + 1; ++x) {
      const float distance = std::hypot(static_cast<float>(x) - p.x, static_cast<float>(y) - p.y);
      blend(image, x, y, colour, std::clamp(radius + 0.5F - distance, 0.0F, 1.0F));
    }
}

inline void draw_points(Image& image, std::span<const Point> points, Colour colour, float radius = 1.5F) {
  for (const Point p : points) draw_point(image, p, colour, radius);
}

/// A line, `width` pixels wide; points further than a million pixels away or not finite are left out.
inline void draw_line(Image& image, Point from, Point to, Colour colour, float width = 1) {
  const Point step = to - from;
  const float length = std::hypot(step.x, step.y);
  if (!std::isfinite(length) || length > 1e6F) return;
  const int steps = std::max(1, static_cast<int>(std::ceil(length)));
  for (int i = 0; i <= steps; ++i)
    draw_point(image, from + (static_cast<float>(i) / static_cast<float>(steps)) * step, colour, width / 2);
}

/// Lines from point to point, and back to the first if `closed`.
inline void draw_polyline(Image& image, std::span<const Point> points, Colour colour, bool closed = false,
                          float width = 1) {
  for (std::size_t i = 1; i < points.size(); ++i) draw_line(image, points[i - 1], points[i], colour, width);
  if (closed && points.size() > 2) draw_line(image, points.back(), points.front(), colour, width);
}

inline void draw_box(Image& image, const Box& box, Colour colour, float width = 1) {
  const float right = box.left + box.width - 1;
  const float bottom = box.top + box.height - 1;
  const std::array<Point, 4> corners = {
      {{box.left, box.top}, {right, box.top}, {right, bottom}, {box.left, bottom}}};
  draw_polyline(image, corners, colour, true, width);
}

/// The 68 landmarks joined as jaw, brows, nose, eyes and lips.
inline void draw_face(Image& image, std::span<const Point> landmarks, Colour colour, float width = 1) {
  check_landmarks(landmarks);
  struct Part {
    std::size_t first, count;
    bool closed;
  };
  for (const Part part : {Part{0, 17, false},
                          {17, 5, false},
                          {22, 5, false},
                          {27, 4, false},
                          {31, 5, false},
                          {36, 6, true},
                          {42, 6, true},
                          {48, 12, true},
                          {60, 8, true}})
    draw_polyline(image, landmarks.subspan(part.first, part.count), colour, part.closed, width);
}

/// Text in capitals from its top left corner, each character 6 x 8 pixels times `scale`. Characters that the
/// font lacks show as a box.
inline void draw_text(Image& image, int left, int top, std::string_view text, Colour colour, int scale = 1) {
  for (const char character : text) {
    const Glyph& glyph = glyph_of(character);
    for (int row = 0; row < 7; ++row)
      for (int column = 0; column < 5; ++column)
        if ((glyph[static_cast<std::size_t>(row)] >> (4 - column) & 1) != 0)
          fill(image, left + scale * column, top + scale * row, scale, scale, colour);
    left += 6 * scale;
  }
}

/// Width of a text in pixels.
[[nodiscard]] inline int text_width(std::string_view text, int scale = 1) {
  return 6 * scale * static_cast<int>(text.size());
}

/// Text on a dark ground, readable over a photograph; (left, top) is the corner of the ground.
inline void draw_label(Image& image, int left, int top, std::string_view text, Colour colour, int scale = 1) {
  fill(image, left, top, text_width(text, scale) + scale, 9 * scale, black, 0.6F);
  draw_text(image, left + scale, top + scale, text, colour, scale);
}

/// Lays channel `channel` of one image's heatmaps over a picture: the colour tells the value up to
/// `greatest`, and so does the opacity, up to `alpha`. `map_to_image` takes pixels of the map to pixels of
/// the picture (see `map_over_crop`); outside the map nothing is drawn.
inline void overlay_heatmap(Image& image, View<const float> maps, int channel, const Affine& map_to_image,
                            float greatest = greatest_intensity, float alpha = 0.7F) {
  if (channel < 0 || channel >= maps.channels || maps.batch != 1)
    throw ValueError("overlay: expected one image's maps and a channel of 0.." +
                     std::to_string(maps.channels - 1) + ", found channel " + std::to_string(channel));
  const Affine back = inverse(map_to_image);
  // Most of a large picture lies outside the map.
  float left_edge = 1e9F, right_edge = -1e9F, upper_edge = 1e9F, lower_edge = -1e9F;
  for (const float u : {-0.5F, static_cast<float>(maps.width) - 0.5F})
    for (const float v : {-0.5F, static_cast<float>(maps.height) - 0.5F}) {
      const Point corner = map_to_image({u, v});
      left_edge = std::min(left_edge, corner.x);
      right_edge = std::max(right_edge, corner.x);
      upper_edge = std::min(upper_edge, corner.y);
      lower_edge = std::max(lower_edge, corner.y);
    }
  const auto pixel = [](float edge, int size) {
    return static_cast<int>(std::clamp(edge, 0.0F, static_cast<float>(size)));
  };
  for (int y = pixel(upper_edge, image.height); y < pixel(lower_edge + 1, image.height); ++y)
    for (int x = pixel(left_edge, image.width); x < pixel(right_edge + 1, image.width); ++x) {
      const Point p = back({static_cast<float>(x), static_cast<float>(y)});
      // Half a pixel around the outer pixels' centres belongs to the map.
      if (p.x < -0.5F || p.y < -0.5F || p.x > static_cast<float>(maps.width) - 0.5F ||
          p.y > static_cast<float>(maps.height) - 0.5F)
        continue;
      const float u = std::clamp(p.x, 0.0F, static_cast<float>(maps.width - 1));
      const float v = std::clamp(p.y, 0.0F, static_cast<float>(maps.height - 1));
      const int left = std::min(static_cast<int>(u), std::max(maps.width - 2, 0));
      const int top = std::min(static_cast<int>(v), std::max(maps.height - 2, 0));
      const int right = std::min(left + 1, maps.width - 1);
      const int bottom = std::min(top + 1, maps.height - 1);
      const float a = u - static_cast<float>(left);
      const float b = v - static_cast<float>(top);
      const float value =
          (1 - b) * ((1 - a) * maps.at(0, top, left, channel) + a * maps.at(0, top, right, channel)) +
          b * ((1 - a) * maps.at(0, bottom, left, channel) + a * maps.at(0, bottom, right, channel));
      const float part = std::clamp(value / greatest, 0.0F, 1.0F);
      if (part > 0) blend(image, x, y, heat_colour(part), alpha * std::min(1.0F, 2 * part));  // not for NaN
    }
}

/// The map that lays `map_size`-wide heatmaps over a crop `crop_size` pixels wide. Compose with the inverse
/// of `crop_transform` to lay them over the source picture.
[[nodiscard]] inline Affine map_over_crop(int map_size, int crop_size) {
  const double scale = static_cast<double>(crop_size) / map_size;
  return {.xx = scale, .x0 = scale / 2 - 0.5, .yy = scale, .y0 = scale / 2 - 0.5};
}

/// A label such as "AU12 3.4"; NaN shows as "-".
[[nodiscard]] inline std::string intensity_label(int action_unit, float intensity) {
  char number[16] = "-";
  if (!std::isnan(intensity)) std::snprintf(number, sizeof number, "%.1f", static_cast<double>(intensity));
  return action_unit_label(action_unit) + " " + number;
}

/// A bar for every AU, 0 to 5, with its label, 12 pixels each times `scale`, on black. Throws ValueError
/// unless there is one intensity per AU.
[[nodiscard]] inline Image intensity_bars(std::span<const int> aus, std::span<const float> intensities,
                                          int bar_width = 100, int scale = 1) {
  if (aus.size() != intensities.size())
    throw ValueError("bars: expected " + std::to_string(aus.size()) + " intensities, found " +
                     std::to_string(intensities.size()));
  const int label_width = text_width("AU00 0.0 ", scale);
  Image image(label_width + scale * bar_width + 4 * scale, scale * (12 * static_cast<int>(aus.size()) + 4));
  for (std::size_t i = 0; i < aus.size(); ++i) {
    const int top = scale * (12 * static_cast<int>(i) + 4);
    const float part =
        std::isnan(intensities[i]) ? 0 : std::clamp(intensities[i] / greatest_intensity, 0.0F, 1.0F);
    draw_text(image, 2 * scale, top, intensity_label(aus[i], intensities[i]), white, scale);
    fill(image, label_width, top, scale * bar_width, 7 * scale, {48, 48, 48});
    const int filled = static_cast<int>(std::lround(part * static_cast<float>(scale * bar_width)));
    fill(image, label_width, top, filled, 7 * scale, heat_colour(part));
  }
  return image;
}

/// Copies `part` into `image` with its top left corner at (left, top), clipped.
inline void paste(Image& image, const Image& part, int left, int top) {
  for (int y = std::max(0, -top); y < std::min(part.height, image.height - top); ++y)
    for (int x = std::max(0, -left); x < std::min(part.width, image.width - left); ++x)
      std::copy_n(part.at(x, y), 3, image.at(left + x, top + y));
}

/// Pictures side by side, `columns` to a row, each in a cell of the largest one's size, on black, `gap`
/// pixels apart. Throws ValueError for no pictures or no columns.
[[nodiscard]] inline Image montage(std::span<const Image> images, int columns, int gap = 2) {
  if (images.empty() || columns < 1) throw ValueError("montage: no pictures or no columns");
  const int width = std::ranges::max(images, {}, &Image::width).width;
  const int height = std::ranges::max(images, {}, &Image::height).height;
  const int count = static_cast<int>(images.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  Image sheet(columns * (width + gap) - gap, rows * (height + gap) - gap);
  for (int i = 0; i < count; ++i)
    paste(sheet, images[static_cast<std::size_t>(i)], i % columns * (width + gap),
          i / columns * (height + gap));
  return sheet;
}

}  // namespace aurum
