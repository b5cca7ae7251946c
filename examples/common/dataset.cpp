#include "dataset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include "aurum/data/sets/annotated_videos.hpp"
#include "aurum/data/sets/places.hpp"
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

/// Leaves out AUs of which no table says where they show.
void keep_placed(aurum::AnnotatedSet& set) {
  std::vector<std::size_t> kept;
  std::vector<int> numbers;
  std::string others;
  for (std::size_t i = 0; i < set.action_units.size(); ++i) {
    const int au = set.action_units[i];
    if (std::ranges::count(aurum::placed_action_units, au, &aurum::ActionUnit::number) > 0) {
      kept.push_back(i);
      numbers.push_back(au);
    } else {
      others += (others.empty() ? "" : ", ") + aurum::action_unit_label(au);
    }
  }
  if (others.empty()) return;
  std::fprintf(stderr, "%s: left out, since no table says where they show: %s\n", set.name.c_str(),
               others.c_str());
  for (aurum::AnnotatedVideo& video : set.videos) {
    std::vector<float> labels;
    for (std::size_t i = 0; i < video.frames.size(); ++i)
      for (const std::size_t au : kept) labels.push_back(video.labels_of(i, set.action_units.size())[au]);
    video.labels = std::move(labels);
  }
  set.action_units = std::move(numbers);
}

/// Whether a set's own split tests on a video. The labels of the parts called "test" are nobody's.
bool is_tested(const aurum::AnnotatedVideo& video) {
  return video.part == "development" || video.part == "validation";
}

/// Leaves out videos of parts that are neither trained nor tested on, and those to train on of people who are
/// tested on too.
void keep_parts(aurum::AnnotatedSet& set) {
  std::set<std::string> tested;
  for (const aurum::AnnotatedVideo& video : set.videos)
    if (is_tested(video)) tested.insert(video.subject);
  const std::size_t others = std::erase_if(set.videos, [&](const aurum::AnnotatedVideo& video) {
    const bool trained = video.part.empty() || video.part == "train";
    return !is_tested(video) && (!trained || tested.contains(video.subject));
  });
  if (others > 0)
    std::fprintf(stderr,
                 "%s: %zu videos left out: of parts that are neither to train nor to test on, or of "
                 "people in both\n",
                 set.name.c_str(), others);
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

std::string full_name(const aurum::AnnotatedSet& set, const TestPart& test) {
  return set.name + (test.name.empty() ? "" : ", " + test.name);
}

void require_faces(const std::vector<int>& part, const std::string& purpose, const std::string& name,
                   int all) {
  if (part.empty())
    throw aurum::ValueError(name + ": no faces " + purpose + ", of " + std::to_string(all) +
                            " in all (those left out are named above)");
}

/// Who is tested on and who chooses the best epoch, a sixth of the others; numbers of the set's people.
struct People {
  std::set<int> tested, choosing;
  std::size_t training = 0;
};

People choose_people(std::span<const std::string> subjects, const TestPart& test, const std::string& name,
                     aurum::Random& random) {
  People people;
  std::vector<int> others;
  for (int i = 0; i < static_cast<int>(subjects.size()); ++i)
    if (test.people.contains(subjects[static_cast<std::size_t>(i)]))
      people.tested.insert(i);
    else
      others.push_back(i);
  if (people.tested.empty() || others.size() < 2)
    throw aurum::ValueError(name + ": expected two people to train on and one to test on at least, found " +
                            std::to_string(others.size()) + " and " + std::to_string(people.tested.size()));
  aurum::shuffle(others, random);
  const std::size_t choosing = std::max<std::size_t>(1, (others.size() + 3) / 6);
  people.choosing = {others.begin(), others.begin() + static_cast<std::ptrdiff_t>(choosing)};
  people.training = others.size() - choosing;
  return people;
}

/// The numbers 0 to `count` - 1 of faces, or of videos, by the part of their person.
struct Parts {
  std::vector<int> train, validation, test;

  Parts(const People& people, int count, const auto& person_of, const std::string& name) {
    for (int i = 0; i < count; ++i) {
      const int person = person_of(i);
      (people.tested.contains(person)     ? test
       : people.choosing.contains(person) ? validation
                                          : train)
          .push_back(i);
    }
    require_faces(train, "to train on", name, count);
    require_faces(validation, "to choose the best epoch by", name, count);
    require_faces(test, "to test on", name, count);
  }
};

std::string describe(const std::string& name, const People& people, const aurum::AnnotatedSet& set,
                     const DatasetOptions& options) {
  return name + ", " + std::to_string(people.training) + " people" + faces_of(set, options);
}

constexpr std::uint64_t split_stream = 0x5B117;

/// Splits by people: those of `test` are tested on, a sixth of the others choose the best epoch.
Fold fold_of(const std::shared_ptr<const aurum::AnnotatedFaces>& faces, const TestPart& test,
             const aurum::AnnotatedSet& set, const DatasetOptions& options, std::uint64_t seed) {
  const std::string name = full_name(set, test);
  aurum::Random random{aurum::Seed{seed}, split_stream};
  const People people = choose_people(faces->subjects(), test, name, random);
  Parts parts(
      people, faces->size(), [&](int i) { return faces->subject_of(i); }, name);
  aurum::shuffle(parts.train, random);
  const AnyData all{faces};
  Fold fold{.name = test.name, .split = {}};
  fold.split.train = all.part(std::move(parts.train));
  fold.split.validation = all.part(std::move(parts.validation));
  fold.split.test = all.part(std::move(parts.test));
  fold.split.description = describe(name, people, set, options);
  fold.split.labels = set.labels;
  return fold;
}

}  // namespace

aurum::AnnotatedSet open_dataset(const DatasetOptions& options) {
  if (options.root.empty()) throw aurum::ValueError("--dataset: expected the folder of the set after --root");
  const aurum::SetLayout& layout = aurum::find_set_layout(options.name);
  if (options.fold != 0 && options.name != "disfa") throw aurum::ValueError("--fold: only DISFA has folds");
  aurum::AnnotatedSet set = layout.open(options.root, options.set);
  aurum::require_sound(set);
  const auto has_landmarks = [](const aurum::AnnotatedVideo& video) {
    return std::ranges::any_of(video.frames, [](const auto& frame) { return !frame.landmarks.empty(); });
  };
  if (options.landmarks.empty() && std::ranges::none_of(set.videos, has_landmarks))
    throw aurum::ValueError(set.name + " in " + options.root +
                            " has no landmarks: expected a folder of OpenFace's CSV files after --landmarks");
  keep_placed(set);
  keep_parts(set);
  return set;
}

std::string faces_of(const aurum::AnnotatedSet& set, const DatasetOptions& options) {
  std::string text = set.labels == aurum::LabelKind::occurrence ? ", occurrences" : "";
  if (!options.landmarks.empty()) text += ", landmarks of OpenFace";
  if (options.every > 1) text += ", one frame in " + std::to_string(options.every);
  if (options.name == "disfa" && options.set.disfa.right_camera) text += ", right camera";
  if (options.name == "disfa" && options.set.disfa.frame_offset != 0)
    text += ", frame offset " + std::to_string(options.set.disfa.frame_offset);
  if (options.name == "fera2017") {
    text += ", views";
    for (const int view : options.set.fera2017.views) text += " " + std::to_string(view);
    if (options.set.fera2017.first_number != 1)
      text += ", frames from " + std::to_string(options.set.fera2017.first_number);
  }
  return text;
}

std::vector<TestPart> test_parts(const aurum::AnnotatedSet& set, const DatasetOptions& options) {
  const std::vector<std::string> people = set.subjects();
  std::vector<TestPart> parts;
  if (options.name == "disfa") {
    for (int k = 1; k <= 3; ++k) {
      if (options.fold != 0 && options.fold != k) continue;
      parts.push_back({"fold " + std::to_string(k), {}});
      for (const std::string& person : people)
        if (aurum::disfa_fold(person) == k - 1) parts.back().people.insert(person);
    }
    return parts;
  }
  parts.emplace_back();
  for (const aurum::AnnotatedVideo& video : set.videos)
    if (is_tested(video)) parts.back().people.insert(video.subject);
  if (options.name == "disfa+") {
    std::vector<std::string> drawn = people;
    aurum::Random random{aurum::Seed{1}, 0xD15FA};
    aurum::shuffle(drawn, random);
    parts.back().people.insert(drawn.begin(),
                               drawn.begin() + static_cast<std::ptrdiff_t>((drawn.size() + 2) / 3));
  }
  return parts;
}

std::vector<Fold> dataset_folds(aurum::AnnotatedSet set, const DatasetOptions& options, int side,
                                std::uint64_t seed) {
  thin_out(set, options.every);
  const auto faces = cut_out(set, options, side);
  std::vector<Fold> folds;
  for (const TestPart& part : test_parts(set, options))
    folds.push_back(fold_of(faces, part, set, options, seed));
  return folds;
}

VideoData dataset_videos(aurum::AnnotatedSet set, const TestPart& test, const DatasetOptions& options,
                         int side, std::uint64_t seed) {
  thin_out(set, options.every);
  const auto faces = cut_out(set, options, side);
  const auto videos = std::make_shared<const aurum::AnnotatedVideos>(faces);
  const std::string name = full_name(set, test);
  aurum::Random random{aurum::Seed{seed}, split_stream};
  const People people = choose_people(faces->subjects(), test, name, random);
  const Parts parts(
      people, videos->size(), [&](int v) { return videos->subject_of(v); }, name);
  const AnyVideos all{videos};
  return {{all.part(parts.train), all.part(parts.validation), all.part(parts.test)},
          describe(name, people, set, options),
          ""};
}

std::vector<AnyData> test_faces(aurum::AnnotatedSet set, const std::vector<TestPart>& parts,
                                const DatasetOptions& options, int side) {
  std::erase_if(set.videos, [&](const aurum::AnnotatedVideo& video) {
    return std::ranges::none_of(parts, [&](const TestPart& p) { return p.people.contains(video.subject); });
  });
  thin_out(set, options.every);
  const auto faces = cut_out(set, options, side);
  std::vector<AnyData> result;
  for (const TestPart& part : parts) {
    std::vector<int> of_part;
    for (int i = 0; i < faces->size(); ++i)
      if (part.people.contains(faces->subjects()[static_cast<std::size_t>(faces->subject_of(i))]))
        of_part.push_back(i);
    require_faces(of_part, "to test on", full_name(set, part), faces->size());
    result.push_back(AnyData{faces}.part(std::move(of_part)));
  }
  return result;
}

}  // namespace examples
