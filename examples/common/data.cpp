#include "data.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>

#include "aurum/backend/cpu/threads.hpp"
#include "aurum/data/cached.hpp"
#include "aurum/data/folder.hpp"
#include "aurum/data/landmark_folder.hpp"
#include "aurum/data/synthetic_faces.hpp"

namespace examples {
namespace {

/// A random order of what a folder holds: the first `test` are for the test, the next for validation.
struct Parts {
  std::vector<int> order;
  int test = 0;
  int validation = 0;
};

/// At least one for each part. Throws ValueError, with `what` they are, where they are too few.
Parts divide(const std::string& folder, int count, const char* what, double validation_share,
             double test_share, aurum::Random& random) {
  const auto share = [&](double part) { return std::max(1, static_cast<int>(std::lround(part * count))); };
  Parts parts{.order = {}, .test = share(test_share), .validation = share(validation_share)};
  if (parts.test + parts.validation >= count)
    throw aurum::ValueError(folder + ": " + std::to_string(count) + " " + what + " cannot be split into " +
                            std::to_string(parts.test) + " for testing, " + std::to_string(parts.validation) +
                            " for validation and the rest for training");
  parts.order.resize(static_cast<std::size_t>(count));
  std::iota(parts.order.begin(), parts.order.end(), 0);
  aurum::shuffle(parts.order, random);
  return parts;
}

}  // namespace

Split synthetic_faces(const SyntheticOptions& options, int threads) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  aurum::Threads workers(threads);
  int next_identity = 0;
  const auto draw = [&](int images, int identities) {
    const aurum::SyntheticFaces faces({.seed = options.seed,
                                       .images = images,
                                       .identities = identities,
                                       .first_identity = next_identity,
                                       .size = options.size});
    next_identity += identities;
    std::fprintf(stderr, "drawing %d synthetic faces of %d people, %d pixels wide\n", images, identities,
                 options.size);
    return AnyData{std::make_shared<const aurum::CachedData>(faces, workers)};
  };
  Split split;
  split.train = draw(options.images, options.identities);
  split.validation = draw(options.validation_images, options.validation_identities);
  split.test = draw(options.test_images, options.test_identities);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const int images = split.train.size() + split.validation.size() + split.test.size();
  std::fprintf(stderr, "drawn in %.0f s, %.0f images/s\n", seconds, images / seconds);
  split.synthetic_version = std::to_string(aurum::synthetic_faces_version);
  split.description = "synthetic faces v" + split.synthetic_version + ", " + std::to_string(options.images) +
                      " images of " + std::to_string(options.identities) + " people, " +
                      std::to_string(options.size) + " pixels, seed " + std::to_string(options.seed.value);
  return split;
}

Split folder_faces(const std::string& folder, double validation_share, double test_share, aurum::Seed seed) {
  const auto faces = std::make_shared<const aurum::FolderFaces>(folder);
  const int people = static_cast<int>(faces->subjects().size());
  aurum::Random random{seed, 0x5B117};
  const Parts parts = divide(folder, people, "subjects (column 'subject' of labels.csv)", validation_share,
                             test_share, random);
  const int test = parts.test, validation = parts.validation;
  std::vector<int> place(parts.order.size());  // of every person in that order
  for (int i = 0; i < people; ++i)
    place[static_cast<std::size_t>(parts.order[static_cast<std::size_t>(i)])] = i;

  std::vector<int> train_images, validation_images, test_images;
  for (int i = 0; i < faces->size(); ++i) {
    const int at = place[static_cast<std::size_t>(faces->subject_of(i))];
    (at < test ? test_images : at < test + validation ? validation_images : train_images).push_back(i);
  }
  aurum::shuffle(train_images, random);
  const AnyData all{faces};
  return {.train = all.part(std::move(train_images)),
          .validation = all.part(std::move(validation_images)),
          .test = all.part(std::move(test_images)),
          .description = std::filesystem::path(folder).filename().string() + ", " +
                         std::to_string(people - test - validation) + " subjects",
          .synthetic_version = {}};
}

Split folder_landmarks(const std::string& folder, double validation_share, double test_share,
                       aurum::Seed seed) {
  const auto faces = std::make_shared<const aurum::LandmarkFolder>(folder);
  const int pictures = faces->size();
  aurum::Random random{seed, 0x5B117};
  const auto [order, test, validation] =
      divide(folder, pictures, "pictures", validation_share, test_share, random);
  const auto middle = order.begin() + test, end = middle + validation;
  const AnyData all{faces};
  return {.train = all.part({end, order.end()}),
          .validation = all.part({middle, end}),
          .test = all.part({order.begin(), middle}),
          .description = std::filesystem::path(folder).filename().string() + ", " +
                         std::to_string(pictures - test - validation) + " pictures",
          .synthetic_version = {}};
}

}  // namespace examples
