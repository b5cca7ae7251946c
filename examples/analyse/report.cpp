#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <span>
#include <string_view>

#include "aurum/data/image_file.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/train/progress.hpp"

namespace examples {
namespace {

constexpr std::string_view style = R"(
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1080px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.7em; margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 2px solid #c8901e; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25em .9em; text-align: right; } th:first-child, td:first-child { text-align: left; }
th { border-bottom: 2px solid #222; } .note, figcaption { color: #666; font-size: .9em; } .fault { color: #a02020; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1.2em; } dt { color: #666; } dd { margin: 0; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: .8em 1.4em; }
figure { margin: 0; } figure img { width: 100%; border-radius: 4px; } svg { width: 100%; height: auto; display: block; }
svg text { font: 10px system-ui, sans-serif; fill: #666; } .au { font-weight: 600; } .scroll { overflow-x: auto; }
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  return result;
}

std::string number(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return std::isnan(value) ? "&ndash;" : text;
}

/// RFC 4648.
std::string base64(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? letters[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string label_of(int au) {
  const aurum::ActionUnit* const unit = aurum::lookup_action_unit(au);
  const std::string label = aurum::action_unit_label(au);
  return unit == nullptr ? label : label + " " + std::string(unit->name);
}

/// A curve of one AU of one person: at most `most` points, each the greatest of those that it stands for,
/// with gaps where the person was away.
std::string curve(const aurum::AuTrack& track, std::size_t unit, double from, double to, double gap,
                  const std::string& label) {
  constexpr double width = 320, height = 84, left = 16, right = 4, top = 16, bottom = 14;
  constexpr std::size_t most = 500;
  const double span = std::max(to - from, 1e-3);
  const auto x = [&](double seconds) { return left + (width - left - right) * (seconds - from) / span; };
  const auto y = [&](double value) {
    return height - bottom -
           (height - top - bottom) * std::clamp(value / aurum::greatest_intensity, 0.0, 1.0);
  };
  std::string svg = "<svg viewBox=\"0 0 320 84\" role=\"img\"><title>" + escaped(label) + "</title>";
  for (const int level : {0, 1, 2, 3, 4, 5}) {
    const std::string at = number(y(level), 1);
    svg += "<line x1=\"16\" x2=\"316\" y1=\"" + at + "\" y2=\"" + at + "\" stroke=\"#e4e4e4\"/>";
    if (level % 5 == 0)
      svg += "<text x=\"4\" y=\"" + number(y(level) + 3, 1) + "\">" + std::to_string(level) + "</text>";
  }
  const std::size_t step = std::max<std::size_t>(1, (track.frames() + most - 1) / most);
  std::string points;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count == 1) points += points;  // a line of no length, whose round ends show
    count = 0;
    if (!points.empty())
      svg +=
          "<polyline fill=\"none\" stroke=\"#b9770e\" stroke-width=\"1.4\" stroke-linecap=\"round\" "
          "points=\"" +
          points + "\"/>";
    points.clear();
  };
  float greatest = 0;
  for (std::size_t first = 0; first < track.frames(); first += step) {
    const std::size_t last = std::min(first + step, track.frames());
    float value = std::nanf("");
    for (std::size_t i = first; i < last; ++i) {
      if (i > 0 && track.seconds[i] - track.seconds[i - 1] > gap) flush();
      value = std::fmax(value, track.frame(i)[unit]);
    }
    if (std::isnan(value)) continue;
    ++count;
    greatest = std::max(greatest, value);
    points += number(x(track.seconds[first]), 1) + "," + number(y(static_cast<double>(value)), 1) + " ";
  }
  flush();
  svg += "<text class=\"au\" x=\"16\" y=\"11\">" + escaped(label) +
         "</text><text x=\"316\" y=\"11\" text-anchor=\"end\">max " +
         number(static_cast<double>(greatest), 1) + "</text><text x=\"16\" y=\"82\">" +
         aurum::clock_text(from) + "</text><text x=\"316\" y=\"82\" text-anchor=\"end\">" +
         aurum::clock_text(to) + "</text></svg>";
  return svg;
}

/// "<td>mean</td><td>greatest</td>" and the share of values that are at least 1.
std::string summary(std::span<const float> values) {
  double sum = 0, greatest = std::nan("");
  int known = 0, shown = 0;
  for (const float value : values) {
    if (std::isnan(value)) continue;
    ++known;
    shown += value >= 1 ? 1 : 0;
    sum += static_cast<double>(value);
    greatest = std::fmax(greatest, static_cast<double>(value));
  }
  const double count = known > 0 ? known : std::nan("");
  return "<td>" + number(sum / count, 2) + "</td><td>" + number(greatest, 1) + "</td><td>" +
         number(100 * shown / count, 0) + (known > 0 ? " %" : "") + "</td>";
}

/// Of every AU over the frames of a track, or of all pictures.
std::string table_of_means(const std::vector<int>& action_units, const aurum::AuTrack& track,
                           std::string_view of) {
  std::string html = "<table><tr><th>AU</th><th>mean</th><th>greatest</th><th>1 or more, of " +
                     std::string(of) + "</th></tr>";
  std::vector<float> values(track.frames());
  for (std::size_t unit = 0; unit < action_units.size(); ++unit) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = track.frame(i)[unit];
    html += "<tr><td>" + escaped(label_of(action_units[unit])) + "</td>" + summary(values) + "</tr>";
  }
  return html + "</table>";
}

std::string curves(const aurum::Recording& recording, const std::map<int, aurum::AuTrack>& tracks) {
  std::string html;
  const double from = recording.frames.empty() ? 0 : recording.frames.front().seconds;
  const double to = recording.frames.empty() ? 0 : recording.frames.back().seconds;
  // Away is who is missed for longer than half a second, or a frame where those are further apart.
  const double gap = std::max(
      0.5, 2.5 * (to - from) / static_cast<double>(std::max<std::size_t>(1, recording.frames.size() - 1)));
  constexpr std::size_t most_people = 20;  // a page that opens
  std::vector<int> people;
  for (const auto& [identity, track] : tracks) people.push_back(identity);
  std::ranges::stable_sort(people, std::greater{}, [&](int who) { return tracks.at(who).frames(); });
  for (std::size_t i = 0; i < std::min(people.size(), most_people); ++i) {
    const aurum::AuTrack& track = tracks.at(people[i]);
    html += "<h2>Face " + std::to_string(people[i]) + "</h2><p class=\"note\">seen in " +
            std::to_string(track.frames()) + " of " + std::to_string(recording.frames.size()) +
            " frames, from " + aurum::clock_text(track.seconds.front()) + " to " +
            aurum::clock_text(track.seconds.back()) + "; intensity 0 to 5 over time</p><div class=\"grid\">";
    for (std::size_t unit = 0; unit < recording.action_units.size(); ++unit)
      html += curve(track, unit, from, to, gap, label_of(recording.action_units[unit]));
    html += "</div>" + table_of_means(recording.action_units, track, "frames");
  }
  if (people.size() > most_people)
    html += "<p class=\"note\">" + std::to_string(people.size() - most_people) +
            " more faces were seen in fewer frames; the tables have them.</p>";
  return html;
}

std::string table_of_pictures(const aurum::Recording& recording) {
  std::string html = "<h2>Pictures</h2><div class=\"scroll\"><table><tr><th>picture</th><th>face</th>";
  for (const int au : recording.action_units) html += "<th>" + aurum::action_unit_label(au) + "</th>";
  html += "</tr>";
  for (const aurum::MeasuredFrame& frame : recording.frames) {
    const std::string name = escaped(std::filesystem::path(frame.file).filename().string());
    if (frame.faces.empty())
      html += "<tr><td>" + name + "</td><td class=\"fault\">" +
              escaped(frame.fault.empty() ? "no face" : frame.fault) + "</td></tr>";
    for (std::size_t i = 0; i < frame.faces.size(); ++i) {
      html += "<tr><td>" + name + "</td><td>" + std::to_string(i) + "</td>";
      for (const float value : frame.faces[i].intensities)
        html += "<td>" + number(static_cast<double>(value), 1) + "</td>";
      html += "</tr>";
    }
  }
  html += "</table></div>";
  aurum::AuTrack all{.units = recording.action_units.size(), .seconds = {}, .intensities = {}};
  for (const aurum::MeasuredFrame& frame : recording.frames)
    for (const aurum::MeasuredFace& face : frame.faces) {
      all.seconds.push_back(frame.seconds);
      all.intensities.insert(all.intensities.end(), face.intensities.begin(), face.intensities.end());
    }
  return html + "<h2>All faces</h2>" + table_of_means(recording.action_units, all, "faces");
}

std::string gallery(const aurum::Recording& recording, const std::vector<Figure>& figures, bool moving) {
  if (figures.empty()) return {};
  std::string html = "<h2>Strongest moments</h2><div class=\"grid\">";
  for (const Figure& figure : figures) {
    const aurum::MeasuredFrame& frame = recording.frames[figure.keyframe.frame];
    const std::string where = moving ? "face " + std::to_string(frame.faces[figure.keyframe.face].identity) +
                                           ", frame " + std::to_string(frame.number) + " (" +
                                           aurum::clock_text(frame.seconds) + ")"
                                     : std::filesystem::path(frame.file).filename().string();
    const std::string caption = label_of(recording.action_units[figure.keyframe.unit]) + " " +
                                number(static_cast<double>(figure.keyframe.intensity), 1) + ": " + where;
    html += "<figure><img alt=\"" + escaped(caption) + "\" src=\"data:image/jpeg;base64," +
            base64(aurum::encode_jpeg(figure.picture, 88)) + "\"><figcaption>" + escaped(caption) +
            "</figcaption></figure>";
  }
  return html + "</div>";
}

}  // namespace

std::string report_html(const aurum::Recording& recording, const std::vector<Figure>& figures,
                        const ReportFacts& facts) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" +
                     escaped(facts.title) + "</title><style>" + std::string(style) + "</style>\n<h1>" +
                     escaped(facts.title) + "</h1>\n<dl>";
  for (const auto& [name, text] : facts.facts)
    if (!text.empty()) html += "<dt>" + escaped(name) + "</dt><dd>" + escaped(text) + "</dd>";
  html += "</dl>\n";
  for (const std::string& complaint : facts.complaints)
    html += "<p class=\"fault\">" + escaped(complaint) + "</p>\n";
  html += gallery(recording, figures, facts.moving);
  html += facts.moving ? curves(recording, aurum::tracks_of(recording)) : table_of_pictures(recording);
  html +=
      "\n<p class=\"note\">Intensities are estimates by a network, 0 (absent) to 5 (greatest). They say how "
      "a face "
      "moves, not what somebody feels, and are for no decision about a person.</p></html>\n";
  return html;
}

}  // namespace examples
