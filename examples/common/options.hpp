#pragma once
// The options that several programs have. They are a source of their own, so that no other pays for parsing
// CLI11, which takes longer than most of them.
#include <string>

#include "data.hpp"
#include "dataset.hpp"
#include "methods.hpp"
#include "training.hpp"

namespace CLI {
class App;
}

namespace examples {

/// Adds --backend and --threads.
void add_machine_options(CLI::App& app, Machine& machine, const std::string& group = "Options");

/// Adds the options to a program's command line.
void add_training_options(CLI::App& app, TrainingOptions& options);

void add_method_options(CLI::App& app, MethodOptions& options);

void add_dataset_options(CLI::App& app, DatasetOptions& options);

/// Adds the options of a synthetic data set.
void add_synthetic_options(CLI::App& app, SyntheticOptions& options);

/// Adds --folder, which says `about`, and the shares of it that are for validation and test: of its `what`.
void add_folder_options(CLI::App& app, FolderOptions& options, const std::string& about,
                        const std::string& what);
/// What --folder says where it holds AU labels.
inline constexpr const char* labelled_folder_help =
    "pictures with .pts landmarks and a labels.csv (columns: file, subject, AU01, AU02...) in place of "
    "synthetic faces; split by subject";

}  // namespace examples
