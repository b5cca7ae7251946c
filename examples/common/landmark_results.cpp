#include "landmark_results.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

#include "aurum/data/file.hpp"
#include "aurum/metrics/landmark_error.hpp"
#include "results.hpp"

namespace examples {
namespace {

constexpr double threshold = 0.1;

double mean_of_finite(std::span<const double> values) {
  double sum = 0;
  int count = 0;
  for (const double value : values)
    if (!std::isnan(value)) sum += value, ++count;
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

aurum::Landmarks mean_face(const AnyData& data) {
  aurum::Landmarks mean(aurum::landmark_count);
  const float weight = 1 / static_cast<float>(data.size());
  for (int i = 0; i < data.size(); ++i) {
    const aurum::Landmarks points = data.sample(i).landmarks;
    const aurum::Square square = aurum::face_square(points);
    for (std::size_t k = 0; k < mean.size(); ++k)
      mean[k] = mean[k] + (weight / square.side) * (points[k] - square.centre);
  }
  for (aurum::Point& p : mean) p = p + aurum::Point{0.5F, 0.5F};
  return mean;
}

aurum::Landmarks place_mean_face(std::span<const aurum::Point> mean, const aurum::Square& square) {
  aurum::Landmarks points;
  for (const aurum::Point p : mean)
    points.push_back(square.centre + square.side * (p - aurum::Point{0.5F, 0.5F}));
  return points;
}

void LandmarkErrors::add(std::span<const aurum::Point> predicted, std::span<const aurum::Point> truth) {
  nme.push_back(aurum::normalised_mean_error(predicted, truth, aurum::FaceSize::outer_eyes));
  pixels.push_back(aurum::point_to_point_error(predicted, truth));
}
void LandmarkErrors::add_missed() {
  nme.push_back(std::numeric_limits<double>::quiet_NaN());
  pixels.push_back(std::numeric_limits<double>::quiet_NaN());
}
int LandmarkErrors::found() const {
  return static_cast<int>(std::ranges::count_if(nme, [](double e) { return !std::isnan(e); }));
}
double LandmarkErrors::mean_nme() const { return mean_of_finite(nme); }
double LandmarkErrors::mean_pixels() const { return mean_of_finite(pixels); }
double LandmarkErrors::failure_rate() const { return aurum::CumulativeErrors{nme}.failure_rate(threshold); }
double LandmarkErrors::area_under_curve() const {
  return aurum::CumulativeErrors{nme}.area_under_curve(threshold);
}

void draw_cumulative_errors(const std::filesystem::path& folder,
                            const std::vector<std::pair<std::string, std::vector<double>>>& nme) {
  std::string table = "name,nme,share\n", plot;
  for (const auto& [name, errors] : nme) {
    const aurum::CumulativeErrors curve{errors};
    for (int i = 0; i <= 200; ++i) {
      char line[64];
      const double at = threshold * i / 200;
      std::snprintf(line, sizeof line, ",%.5f,%.5f\n", at, curve.fraction(at));
      table += name + line;
    }
    char title[32];
    std::snprintf(title, sizeof title, ", area %.3f", curve.area_under_curve(threshold));
    plot += (plot.empty() ? "plot " : ", ") + std::string("'< grep \"^") + name +
            ",\" errors.csv' using 2:3 with lines lw 2 title '" + name + title + "'";
  }
  aurum::write_file(folder / "errors.csv", table);
  gnuplot(folder, "errors",
          "set key bottom right box opaque\nset grid\nset yrange [0:1]\n"
          "set xlabel 'normalised mean error (outer eye distance)'\nset ylabel 'share of faces'\n" +
              plot + "\n");
}

std::string errors_header() {
  char line[160];
  std::snprintf(line, sizeof line, "%-34s %9s %8s %8s %9s %9s\n", "", "faces", "NME", "pixels", "NME > 0.1",
                "AUC 0.1");
  return line;
}

std::string errors_row(const std::string& name, const LandmarkErrors& errors) {
  const std::string faces = std::to_string(errors.found()) + "/" + std::to_string(errors.nme.size());
  char line[160];
  std::snprintf(line, sizeof line, "%-34s %9s %8.4f %8.2f %9.3f %9.3f\n", name.c_str(), faces.c_str(),
                errors.mean_nme(), errors.mean_pixels(), errors.failure_rate(), errors.area_under_curve());
  return line;
}

}  // namespace examples
