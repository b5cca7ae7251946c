#include <cstdio>

#include "aurum/train/calibrate.hpp"
#include "aurum/train/landmark_rival.hpp"
#include "results.hpp"

namespace examples {

std::string add_rival(aurum::AuTable& table, const Split& split, int epochs, int threads, bool calibrate,
                      bool mirrored) {
  std::fprintf(stderr, "training the rival on %d faces' exact landmarks\n", split.train.size());
  aurum::RivalReport rival = aurum::train_landmark_rival(
      split.train, split.validation, split.test,
      {.epochs = epochs, .threads = threads, .mirrored = mirrored, .on_trial = [](const std::string& line) {
         std::fprintf(stderr, "  %s\n", line.c_str());
       }});
  if (calibrate) {
    const int aus = static_cast<int>(split.train.action_units().size());
    const auto lines = aurum::intensity_scales(rival.validation, aus);
    for (aurum::AuResult& r : rival.test)
      for (std::size_t i = 0; i < lines.size(); ++i)
        r.prediction[i] = aurum::rescaled(r.prediction[i], lines[i]);
  }
  const aurum::AuTable results = aurum::au_table(rival.test, split.train.action_units());
  const auto icc = results.column();
  table.add_column(rival_column, {icc.begin(), icc.end()});
  return rival.chosen;
}

}  // namespace examples
