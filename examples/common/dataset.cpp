#include "dataset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "aurum/data/sets/splits.hpp"
#include "aurum/train/progress.hpp"

namespace examples {
namespace {

/// Only each so many-th labelled frame of every video.
void thin_out(aurum::AnnotatedSet& set, int every) {
  for (aurum::AnnotatedVideo& video : set.videos) {
    std::vector<aurum::AnnotatedFrame> frames;
    std::vector<float> labels;
    for (std::size_t i = 0; i < video.frames.size(); i += static_cast<std::size_t>(every)) {
      frames.push_back(video.frames[i]);
      const auto row = video.labels_of(i, set.action_units.size());
      labels.insert(labels.end(), row.begin(), row.end());
    }
    video.frames = std::move(frames);
    video.labels = std::move(labels);
  }
}

/// Whether a layout holds intensities, which is what these programs train on.
bool has_intensities(const aurum::SetLayout& layout) {
  const std::string name = layout.name;
  return !name.ends_with("-occurrence") && name != "aff-wild2";
}

std::string trainable_sets() {
  std::string names;
  for (const aurum::SetLayout& layout : aurum::set_layouts)
    if (has_intensities(layout)) names += (names.empty() ? "" : ", ") + std::string(layout.name);
  return names;
}

std::shared_ptr<const aurum::AnnotatedFaces> cut_out(const aurum::AnnotatedSet& set,
                                                     const DatasetOptions& options, int side) {
  aurum::AnnotatedFaces::Options how{.cache = options.cache, .frames = frame_source()};
  // What augmentation may show, at the resolution of its closest view.
  how.faces.side = static_cast<int>(std::lround(1.2 * static_cast<double>(how.faces.margin) * side));
  if (!options.landmarks.empty()) how.landmarks = aurum::openface_landmarks(options.landmarks);
  std::size_t total = 0;
  for (const aurum::AnnotatedVideo& video : set.videos) total += video.frames.size();
  std::fprintf(stderr, "%s: faces of %zu frames of %zu videos, kept in %s\n", set.name.c_str(), total,
               set.videos.size(), options.cache.c_str());
  aurum::Progress progress("cutting out faces", static_cast<double>(total));
  std::size_t before = 0;
  how.on_frame = [&](const aurum::AnnotatedVideo& video, std::size_t frame) {
    progress.update(static_cast<double>(before + frame + 1), video.name);
  };
  int without_landmarks = 0, without_picture = 0;
  auto faces = std::make_shared<aurum::AnnotatedFaces>(set);
  for (const aurum::AnnotatedVideo& video : set.videos) {
    const aurum::PreparedVideo prepared = faces->add(video, how);
    without_landmarks += prepared.without_landmarks;
    without_picture += prepared.without_picture;
    before += video.frames.size();
    progress.update(static_cast<double>(before), video.name);
  }
  progress.line(std::to_string(faces->size()) + " labelled faces of " +
                std::to_string(faces->subjects().size()) +
                " people; left out: " + std::to_string(without_landmarks) + " frames without landmarks, " +
                std::to_string(without_picture) + " without a picture");
  return faces;
}

/// What of the options the faces depend on: a training goes on with no others.
std::string faces_of(const DatasetOptions& options) {
  std::string text = options.landmarks.empty() ? "" : ", landmarks of OpenFace";
  if (options.every > 1) text += ", one frame in " + std::to_string(options.every);
  if (options.name == "disfa" && options.set.disfa.right_camera) text += ", right camera";
  if (options.name == "disfa" && options.set.disfa.frame_offset != 0)
    text += ", frame offset " + std::to_string(options.set.disfa.frame_offset);
  if (options.name == "fera2017") {
    text += ", views";
    for (const int view : options.set.fera2017.views) text += " " + std::to_string(view);
  }
  return text;
}

/// Splits by people: those of `test` are tested on, a sixth of the others choose the best epoch.
Fold fold_of(const std::shared_ptr<const aurum::AnnotatedFaces>& faces, const std::set<std::string>& test,
             std::string name, const aurum::AnnotatedSet& set, const DatasetOptions& options,
             std::uint64_t seed) {
  std::vector<int> others;
  for (int i = 0; i < static_cast<int>(faces->subjects().size()); ++i)
    if (!test.contains(faces->subjects()[static_cast<std::size_t>(i)])) others.push_back(i);
  const int tested = static_cast<int>(faces->subjects().size()) - static_cast<int>(others.size());
  if (tested == 0 || others.size() < 2)
    throw aurum::ValueError(set.name + (name.empty() ? "" : ", " + name) +
                            ": expected two people to train on and one "
                            "to test on at least, found " +
                            std::to_string(others.size()) + " and " + std::to_string(tested));
  aurum::Random random{aurum::Seed{seed}, 0x5B117};
  aurum::shuffle(others, random);
  const std::size_t choosing = std::max<std::size_t>(1, (others.size() + 3) / 6);
  const std::set<int> validation(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(choosing));
  std::vector<int> train_faces, validation_faces, test_faces;
  for (int i = 0; i < faces->size(); ++i) {
    const int person = faces->subject_of(i);
    (test.contains(faces->subjects()[static_cast<std::size_t>(person)]) ? test_faces
     : validation.contains(person)                                      ? validation_faces
                                                                        : train_faces)
        .push_back(i);
  }
  aurum::shuffle(train_faces, random);
  const AnyData all{faces};
  for (const auto& [part, faces_of_part] : {std::pair{"to train on", &train_faces},
                                            {"to choose the best epoch by", &validation_faces},
                                            {"to test on", &test_faces}})
    if (faces_of_part->empty())
      throw aurum::ValueError(set.name + (name.empty() ? "" : ", " + name) + ": no faces " + part + ", of " +
                              std::to_string(faces->size()) + " in all (those left out are named above)");
  Fold fold{.name = std::move(name), .split = {}};
  fold.split.train = all.part(std::move(train_faces));
  fold.split.validation = all.part(std::move(validation_faces));
  fold.split.test = all.part(std::move(test_faces));
  fold.split.description = set.name + (fold.name.empty() ? "" : ", " + fold.name) + ", " +
                           std::to_string(others.size() - choosing) + " people" + faces_of(options);
  return fold;
}

}  // namespace

aurum::AnnotatedSet open_dataset(const DatasetOptions& options) {
  if (options.root.empty()) throw aurum::ValueError("--dataset: expected the folder of the set after --root");
  const aurum::SetLayout& layout = aurum::find_set_layout(options.name);
  if (!has_intensities(layout))
    throw aurum::ValueError("--dataset " + options.name + ": has labels of occurrence; expected one of " +
                            trainable_sets());
  if (options.fold != 0 && options.name != "disfa") throw aurum::ValueError("--fold: only DISFA has folds");
  aurum::AnnotatedSet set = layout.open(options.root, options.set);
  aurum::require_sound(set);
  const auto has_landmarks = [](const aurum::AnnotatedVideo& video) {
    return std::ranges::any_of(video.frames, [](const auto& frame) { return !frame.landmarks.empty(); });
  };
  if (options.landmarks.empty() && std::ranges::none_of(set.videos, has_landmarks))
    throw aurum::ValueError(set.name + " in " + options.root +
                            " has no landmarks: expected a folder of OpenFace's CSV files after --landmarks");
  return set;
}

std::vector<Fold> dataset_folds(aurum::AnnotatedSet set, const DatasetOptions& options, int side,
                                std::uint64_t seed) {
  thin_out(set, options.every);
  const auto faces = cut_out(set, options, side);
  std::vector<Fold> folds;
  if (options.name == "disfa") {
    for (int k = 1; k <= 3; ++k) {
      if (options.fold != 0 && options.fold != k) continue;
      std::set<std::string> test;
      for (const std::string& person : faces->subjects())
        if (aurum::disfa_fold(person) == k - 1) test.insert(person);
      folds.push_back(fold_of(faces, test, "fold " + std::to_string(k), set, options, seed));
    }
    return folds;
  }
  std::set<std::string> test;
  for (const aurum::AnnotatedVideo& video : set.videos)
    if (video.part == "development" || video.part == "validation") test.insert(video.subject);
  if (options.name == "disfa+") {  // has no split of its own: a third of the people, always the same
    std::vector<std::string> people(faces->subjects().begin(), faces->subjects().end());
    std::ranges::sort(people);
    aurum::Random random{aurum::Seed{1}, 0xD15FA};
    aurum::shuffle(people, random);
    test.insert(people.begin(), people.begin() + static_cast<std::ptrdiff_t>((people.size() + 2) / 3));
  }
  folds.push_back(fold_of(faces, test, "", set, options, seed));
  return folds;
}

void add_dataset_options(CLI::App& app, DatasetOptions& options) {
  const char* group = "Published data sets";
  auto* dataset = app.add_option("--dataset", options.name,
                                 "train on this set, by its customary split: " + trainable_sets())
                      ->group(group);
  const auto add = [&](auto* option) { option->needs(dataset)->group(group); };
  add(app.add_option("--root", options.root, "the folder of the set")->check(CLI::ExistingDirectory));
  add(app.add_option("--landmarks", options.landmarks,
                     "folder with an OpenFace CSV for each video, for sets that come without landmarks")
          ->check(CLI::ExistingDirectory));
  add(app.add_option("--cache", options.cache, "folder for the faces that are cut out [faces, in --output]"));
  add(app.add_option("--fold", options.fold, "DISFA: only this one of the three folds [all]")
          ->check(CLI::Range(1, 3)));
  add(app.add_option("--every", options.every, "use each so many-th labelled frame")
          ->check(CLI::PositiveNumber)
          ->capture_default_str());
  add(app.add_option("--frame-offset", options.set.disfa.frame_offset,
                     "DISFA: added to a label's frame to find its landmarks and its frame of the video")
          ->capture_default_str());
  add(app.add_flag("--right-camera", options.set.disfa.right_camera, "DISFA: the right video"));
  add(app.add_option("--views", options.set.fera2017.views, "FERA 2017: which of the views 1 to 9 [all]")
          ->check(CLI::Range(1, 9)));
}

}  // namespace examples
