#include "overlay.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "aurum/data/crop.hpp"
#include "aurum/data/draw.hpp"
#include "aurum/data/warp.hpp"
#include "faces.hpp"

namespace examples {
namespace {

constexpr int bar = 50;         ///< width of a bar at 5, times the scale
constexpr int name_chars = 21;  ///< room for the names of AUs
constexpr aurum::Colour ground{20, 20, 24}, dim{170, 170, 170};

constexpr aurum::Colour colours[] = {{255, 200, 40},  {80, 200, 255},  {255, 120, 160},
                                     {140, 230, 120}, {200, 150, 255}, {255, 150, 70}};
aurum::Colour colour_of(int identity) {
  return colours[static_cast<std::size_t>(identity) % std::size(colours)];
}

int even(int size) { return size + size % 2; }

}  // namespace

Overlay::Overlay(int width, int height, std::vector<int> action_units)
    : picture_width_{width}, height_{height}, action_units_{std::move(action_units)} {
  scale_ = std::max(1, height / 360);
  height_ = even(std::max(height, block_height()));
  const int text = aurum::text_width("AU00 0.0 ", scale_);
  panel_width_ = text + scale_ * (bar + 8) + aurum::text_width(std::string(name_chars, ' '), scale_);
  panel_width_ += (picture_width_ + panel_width_) % 2;
}

int Overlay::block_height() const { return scale_ * (12 * static_cast<int>(action_units_.size()) + 22); }

void Overlay::draw_panel(aurum::Image& canvas, const aurum::MeasuredFace& face, int top) const {
  char title[48];
  std::snprintf(title, sizeof title, "FACE %d  FOUND %.2f", face.identity,
                static_cast<double>(face.confidence));
  const int left = picture_width_ + 4 * scale_;
  aurum::draw_text(canvas, left, top + 4 * scale_, title, colour_of(face.identity), scale_);
  const aurum::Image bars = aurum::intensity_bars(action_units_, face.intensities, bar, scale_);
  aurum::paste(canvas, bars, picture_width_ + 2 * scale_, top + 14 * scale_);
  for (std::size_t i = 0; i < action_units_.size(); ++i) {
    const aurum::ActionUnit* const unit = aurum::lookup_action_unit(action_units_[i]);
    if (unit == nullptr) continue;
    aurum::draw_text(canvas, picture_width_ + 2 * scale_ + bars.width,
                     top + scale_ * (14 + 12 * static_cast<int>(i) + 4), unit->name, dim, scale_);
  }
}

aurum::Image Overlay::draw(const aurum::Image& picture, std::span<const aurum::MeasuredFace> faces,
                           std::span<const Heat> heat) const {
  aurum::Image canvas(width(), height());
  aurum::Image left = picture;
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const aurum::MeasuredFace& face = faces[i];
    if (i < heat.size() && heat[i].size > 0) {
      const int size = heat[i].size;
      std::vector<float> values;
      for (const std::uint8_t value : heat[i].pixels)
        values.push_back(static_cast<float>(value) * (aurum::greatest_intensity / 255));
      const aurum::View<const float> map =
          aurum::make_view(static_cast<const float*>(values.data()), 1, {1, size, size});
      aurum::overlay_heatmap(left, map, 0, inverse(aurum::crop_transform(face.square, size)));
    }
    const aurum::Box box = box_of(face.square);
    const aurum::Colour colour = colour_of(face.identity);
    aurum::draw_box(left, box, colour, static_cast<float>(scale_));
    if (!face.landmarks.empty())
      aurum::draw_points(left, face.landmarks, colour, 0.8F * static_cast<float>(scale_));
    aurum::draw_label(left, static_cast<int>(box.left), std::max(0, static_cast<int>(box.top) - 10 * scale_),
                      std::to_string(face.identity), colour, scale_);
  }
  aurum::paste(canvas, left, 0, 0);
  aurum::fill(canvas, picture_width_, 0, panel_width_, height(), ground);  // over what is too wide
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const int top = static_cast<int>(i) * block_height();
    if (top + block_height() > height()) break;
    draw_panel(canvas, faces[i], top);
  }
  return canvas;
}

aurum::Image draw_keyframe(const aurum::Image& picture, const aurum::Square& square,
                           const std::optional<aurum::View<const float>>& maps, int channel, int size) {
  aurum::Image crop = aurum::warp(picture, aurum::crop_transform(square, size), size, size);
  if (maps) aurum::overlay_heatmap(crop, *maps, channel, aurum::map_over_crop(maps->width, size));
  return crop;
}

aurum::Image draw_sheet(const aurum::Image& picture, const aurum::MeasuredFace& face,
                        aurum::View<const float> maps, std::span<const int> action_units) {
  constexpr int size = 256;
  const aurum::Affine to_crop = aurum::crop_transform(face.square, size);
  aurum::Image crop = aurum::warp(picture, to_crop, size, size);
  if (!face.landmarks.empty()) aurum::draw_face(crop, to_crop(face.landmarks), aurum::gold);
  std::vector<aurum::Image> sheet{std::move(crop),
                                  aurum::intensity_bars(action_units, face.intensities, 170)};
  for (std::size_t i = 0; i < action_units.size(); ++i) {
    sheet.push_back(draw_keyframe(picture, face.square, maps, static_cast<int>(i), size));
    aurum::draw_label(sheet.back(), 4, 4, aurum::intensity_label(action_units[i], face.intensities[i]),
                      aurum::white, 2);
  }
  return aurum::montage(sheet, 4);
}

}  // namespace examples
