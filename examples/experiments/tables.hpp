#pragma once
// The tables and plots of a comparison of methods, laid out as those of Ntinou et al. 2020.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "run.hpp"

namespace examples {

/// Writes into `folder` what the runs that are finished show: results.md (ICC and MSE per AU as Tables 2 and
/// 3, cost as Table 5, scarce labels, wrong face boxes), results.csv (a row for each run and AU),
/// misalignment.csv, and the plots methods.png, scarcity.png and misalignment.png. `about` stands at the top,
/// `milliseconds`, by the runs' titles, in the table of costs, as far as they were measured.
void write_tables(const std::filesystem::path& folder, const std::vector<RunResult>& results,
                  const std::string& about, const std::map<std::string, double>& milliseconds);

}  // namespace examples
