#include <cstdio>

#include "aurum/train/landmark_rival.hpp"
#include "results.hpp"

namespace examples {

std::string add_rival(aurum::AuTable& table, const Split& split, int epochs, int threads) {
  std::fprintf(stderr, "training the rival on %d faces' exact landmarks\n", split.train.size());
  const aurum::RivalReport rival = aurum::train_landmark_rival(
      split.train, split.validation, split.test,
      {.epochs = epochs, .threads = threads, .on_trial = [](const std::string& line) {
         std::fprintf(stderr, "  %s\n", line.c_str());
       }});
  const aurum::AuTable results = aurum::au_table(rival.test, split.train.action_units());
  const auto icc = results.column();
  table.add_column(rival_column, {icc.begin(), icc.end()});
  return rival.chosen;
}

}  // namespace examples
