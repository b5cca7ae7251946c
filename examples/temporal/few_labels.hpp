#pragma once
// Stage 2 of learning from video: AU intensity from few labelled frames.
#include <optional>

#include "results.hpp"
#include "temporal/video_options.hpp"

namespace examples {

struct FewLabelOptions : VideoOptions {
  double labels = 0.02;        ///< share of the frames whose labels are used
  std::string labelled;        ///< a file that lists the labelled frames, in the place of a share
  std::string pretrained;      ///< weights of pretrain_video; empty: none
  double pretrained_rate = 1;  ///< learning rate of what was pre-trained, a multiple of the others'
  bool frames_only = false;    ///< a network of the same size that sees each frame by itself
  int window = 8;              ///< frames that are read, the labelled one included
  int steps = 100;             ///< of an epoch
};

void add_few_label_options(CLI::App& app, FewLabelOptions& options);

/// What came of a training, on all frames of the people held back to test on.
struct FewLabelResult {
  int labelled = 0;  ///< frames whose labels were used
  int best_epoch = 0;
  AuAnswers answers;
};

/// Trains on the labelled frames of `data`, back-propagating through time from them alone, and evaluates the
/// best epoch; leaves weights, labelled.csv, tables and pictures in `options.output`. Nothing: it was
/// stopped. Throws FileError for videos without labels, ValueError where the network was not compiled.
[[nodiscard]] std::optional<FewLabelResult> train_on_few_labels(const FewLabelOptions& options,
                                                                const VideoData& data);

}  // namespace examples
