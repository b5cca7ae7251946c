#pragma once
// Frames with what was measured drawn over them.
#include <optional>
#include <span>
#include <vector>

#include "aurum/analyse/recording.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/image.hpp"
#include "journal.hpp"

namespace examples {

/// Draws frames of one size: the picture with heatmaps, squares and numbers of the faces, and beside it a
/// panel of bars, intensities and names of the AUs for as many people as there is room for.
class Overlay {
 public:
  /// Of pictures of that size. Width and height of what is drawn are even, as videos need.
  Overlay(int width, int height, std::vector<int> action_units);
  [[nodiscard]] int width() const { return picture_width_ + panel_width_; }
  [[nodiscard]] int height() const { return height_; }
  /// `heat`: one per face, or none at all. A picture of another size is cut off or has a margin.
  [[nodiscard]] aurum::Image draw(const aurum::Image& picture, std::span<const aurum::MeasuredFace> faces,
                                  std::span<const Heat> heat) const;

 private:
  void draw_panel(aurum::Image& canvas, const aurum::MeasuredFace& face, int top) const;
  [[nodiscard]] int block_height() const;

  int picture_width_, height_;
  std::vector<int> action_units_;
  int scale_, panel_width_;
};

/// A crop of a face, `size` pixels wide, one AU's map laid over it. `maps`: of one image; nothing: the crop
/// alone.
[[nodiscard]] aurum::Image draw_keyframe(const aurum::Image& picture, const aurum::Square& square,
                                         const std::optional<aurum::View<const float>>& maps, int channel,
                                         int size);

/// Everything about one face: its crop with its landmarks, a bar for every AU, and every AU's map over the
/// crop. `maps`: of one image.
[[nodiscard]] aurum::Image draw_sheet(const aurum::Image& picture, const aurum::MeasuredFace& face,
                                      aurum::View<const float> maps, std::span<const int> action_units);

}  // namespace examples
