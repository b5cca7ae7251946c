#pragma once
// How good predicted landmarks are, and the baseline that they have to beat.
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/crop.hpp"
#include "data.hpp"

namespace examples {

/// The mean of a data set's landmarks in their crops, the crop's corners being (0, 0) and (1, 1): a guess
/// that needs no picture.
[[nodiscard]] aurum::Landmarks mean_face(const AnyData& data);

/// That guess for a crop, in pixels of the picture.
[[nodiscard]] aurum::Landmarks place_mean_face(std::span<const aurum::Point> mean,
                                               const aurum::Square& square);

/// Errors over many faces. Faces that were not found have error NaN: they count as failures and in the area,
/// not in the means.
struct LandmarkErrors {
  std::vector<double> nme;     ///< one per face, by the outer eye distance
  std::vector<double> pixels;  ///< mean distance of the points

  void add(std::span<const aurum::Point> predicted, std::span<const aurum::Point> truth);
  void add_missed();
  [[nodiscard]] int found() const;
  [[nodiscard]] double mean_nme() const;
  [[nodiscard]] double mean_pixels() const;
  [[nodiscard]] double failure_rate() const;      ///< NME above 0.1
  [[nodiscard]] double area_under_curve() const;  ///< up to 0.1
};

/// Writes the cumulative error curves (share of faces with an error of at most so much, up to NME 0.1) as
/// errors.csv (name,nme,share) and draws them as errors.png with gnuplot, areas in the legend. Says so on
/// stderr where there is no gnuplot, or it fails.
void draw_cumulative_errors(const std::filesystem::path& folder,
                            const std::vector<std::pair<std::string, std::vector<double>>>& nme);

/// The header of a table of such errors, and a row of it.
[[nodiscard]] std::string errors_header();
[[nodiscard]] std::string errors_row(const std::string& name, const LandmarkErrors& errors);

}  // namespace examples
