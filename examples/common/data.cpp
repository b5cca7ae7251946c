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
#include "aurum/optim/options.hpp"

namespace examples {
namespace {

/// A random order of what a folder holds: the first `test` are for the test, the next for validation.
struct Parts {
  std::vector<int> order;
  int test = 0;
  int validation = 0;
};

/// At least one for each part. Throws ValueError, with `what` they are, where they are too few.
Parts divide(const FolderOptions& options, int count, const char* what, aurum::Random& random) {
  const auto share = [&](double part) { return std::max(1, static_cast<int>(std::lround(part * count))); };
  Parts parts{.order = {}, .test = share(options.test_share), .validation = share(options.validation_share)};
  if (parts.test + parts.validation >= count)
    throw aurum::ValueError(options.folder + ": " + std::to_string(count) + " " + what +
                            " cannot be split into " + std::to_string(parts.test) + " for testing, " +
                            std::to_string(parts.validation) + " for validation and the rest for training");
  parts.order.resize(static_cast<std::size_t>(count));
  std::iota(parts.order.begin(), parts.order.end(), 0);
  aurum::shuffle(parts.order, random);
  return parts;
}

AnyData draw_faces(const SyntheticOptions& options, int images, int identities, int first_identity,
                   aurum::Threads& workers) {
  const aurum::SyntheticFaces faces({.seed = options.seed,
                                     .images = images,
                                     .identities = identities,
                                     .first_identity = first_identity,
                                     .size = options.size,
                                     .asymmetry = static_cast<float>(options.asymmetry)});
  std::fprintf(stderr, "drawing %d synthetic faces of %d people, %d pixels wide\n", images, identities,
               options.size);
  return AnyData{std::make_shared<const aurum::CachedData>(faces, workers)};
}

int first_test_identity(const SyntheticOptions& options) {
  return options.identities + options.validation_identities;
}

}  // namespace

Split synthetic_faces(const SyntheticOptions& options, int threads) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  aurum::Threads workers(threads);
  Split split;
  split.train = draw_faces(options, options.images, options.identities, 0, workers);
  split.validation = draw_faces(options, options.validation_images, options.validation_identities,
                                options.identities, workers);
  split.test = draw_faces(options, options.test_images, options.test_identities, first_test_identity(options),
                          workers);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const int images = split.train.size() + split.validation.size() + split.test.size();
  std::fprintf(stderr, "drawn in %.0f s, %.0f images/s\n", seconds, images / seconds);
  split.synthetic_version = std::to_string(aurum::synthetic_faces_version);
  split.description = describe(options);
  return split;
}

AnyData synthetic_test_faces(const SyntheticOptions& options, int threads) {
  aurum::Threads workers(threads);
  return draw_faces(options, options.test_images, options.test_identities, first_test_identity(options),
                    workers);
}

std::string describe(const SyntheticOptions& options) {
  return "synthetic faces v" + std::to_string(aurum::synthetic_faces_version) + ", " +
         std::to_string(options.images) + " images of " + std::to_string(options.identities) + " people, " +
         std::to_string(options.size) + " pixels, seed " + std::to_string(options.seed.value) +
         (options.asymmetry > 0 ? ", asymmetry " + aurum::detail::shortest(options.asymmetry) : "");
}

Split folder_faces(const FolderOptions& options, aurum::Seed seed) {
  const auto faces = std::make_shared<const aurum::FolderFaces>(options.folder);
  const int people = static_cast<int>(faces->subjects().size());
  aurum::Random random{seed, 0x5B117};
  const Parts parts = divide(options, people, "subjects (column 'subject' of labels.csv)", random);
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
          .description = std::filesystem::path(options.folder).filename().string() + ", " +
                         std::to_string(people - test - validation) + " subjects",
          .synthetic_version = {}};
}

AnyData all_folder_faces(const std::string& folder) {
  return AnyData{std::make_shared<const aurum::FolderFaces>(folder)};
}

Split folder_landmarks(const FolderOptions& options, aurum::Seed seed) {
  const auto faces = std::make_shared<const aurum::LandmarkFolder>(options.folder);
  const int pictures = faces->size();
  aurum::Random random{seed, 0x5B117};
  const auto [order, test, validation] = divide(options, pictures, "pictures", random);
  const auto middle = order.begin() + test, end = middle + validation;
  const AnyData all{faces};
  return {.train = all.part({end, order.end()}),
          .validation = all.part({middle, end}),
          .test = all.part({order.begin(), middle}),
          .description = std::filesystem::path(options.folder).filename().string() + ", " +
                         std::to_string(pictures - test - validation) + " pictures",
          .synthetic_version = {}};
}

}  // namespace examples
