#pragma once
// A page about a recording: one HTML file, its pictures inside.
#include <string>
#include <utility>
#include <vector>

#include "aurum/analyse/recording.hpp"
#include "aurum/data/image.hpp"

namespace examples {

/// A keyframe with its picture.
struct Figure {
  aurum::Keyframe keyframe;
  aurum::Image picture;
};

struct ReportFacts {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;  ///< name and text, in their order
  std::vector<std::string> complaints;
  bool moving = true;  ///< people's curves over time; else a table of pictures
};

[[nodiscard]] std::string report_html(const aurum::Recording& recording, const std::vector<Figure>& figures,
                                      const ReportFacts& facts);

}  // namespace examples
