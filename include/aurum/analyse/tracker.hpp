#pragma once
// Who is who in a video: faces that a detector finds frame by frame get identities that stay.
#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/crop.hpp"

namespace aurum {

struct TrackerOptions {
  /// Least overlap (intersection over union) of a face with where its person was expected.
  float least_overlap = 0.2F;
  /// A person who is not found for longer is given up; somebody found there later is somebody new.
  double memory_seconds = 1;
  /// How far a person who is not found may have drifted: the place where they are looked for grows by this
  /// part of its side every second.
  float growth_per_second = 1;
};

/// Gives faces identities: 0, 1, ... in the order of their first appearance, none of them twice. A face is
/// the person whose expected place, the last one moved on with its speed, it overlaps most; pairs are made
/// greedily, the best first. Knows places and nothing of looks, so people who change places while nobody
/// sees them are taken for each other.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options = {}) : options_{options} {
    if (!(options.least_overlap > 0) || options.least_overlap > 1 || options.memory_seconds < 0)
      throw ValueError("tracker: expected an overlap of 0 to 1 and a memory of 0 s or more");
  }

  /// The identities of the faces of a frame, in their order; valid until the next call. `seconds`: when that
  /// frame was. Throws ValueError where it is before the last one's.
  std::span<const int> update(std::span<const Square> faces, double seconds) {
    if (seconds < now_) throw ValueError("tracker: frames must come in the order of their time");
    now_ = seconds;
    std::erase_if(people_, [&](const Person& p) { return now_ - p.seen > options_.memory_seconds; });
    pairs_.clear();
    for (std::size_t person = 0; person < people_.size(); ++person) {
      const Square place = expected(people_[person]);
      for (std::size_t face = 0; face < faces.size(); ++face)
        if (const float shared = overlap(place, faces[face]); shared >= options_.least_overlap)
          pairs_.push_back({shared, person, face});
    }
    std::ranges::sort(pairs_, {}, [](const Pair& p) { return std::tuple(-p.overlap, p.person, p.face); });
    identities_.assign(faces.size(), -1);
    for (Person& p : people_) p.found = false;
    for (const Pair& pair : pairs_) {
      Person& person = people_[pair.person];
      if (person.found || identities_[pair.face] >= 0) continue;
      identities_[pair.face] = person.identity;
      move(person, faces[pair.face]);
    }
    for (std::size_t face = 0; face < faces.size(); ++face) {
      if (identities_[face] >= 0) continue;
      identities_[face] = next_;
      people_.push_back({next_++, faces[face], {}, now_, true});
    }
    return identities_;
  }

  /// How many people there were so far.
  [[nodiscard]] int people() const { return next_; }

 private:
  struct Person {
    int identity;
    Square last;
    Point speed;  ///< pixels a second
    double seen;
    bool found;
  };
  struct Pair {
    float overlap;
    std::size_t person, face;
  };

  [[nodiscard]] Square expected(const Person& person) const {
    const auto passed = static_cast<float>(now_ - person.seen);
    // Somebody who was not found in the last frame has stopped moving, as far as is known.
    return {person.last.centre + std::min(passed, longest_frame) * person.speed,
            person.last.side * (1 + options_.growth_per_second * std::max(0.0F, passed - longest_frame))};
  }
  void move(Person& person, const Square& face) const {
    const auto passed = static_cast<float>(now_ - person.seen);
    const Point moved = face.centre - person.last.centre;
    person.speed =
        passed > 0 && passed <= longest_frame ? 0.5F * (person.speed + (1 / passed) * moved) : Point{};
    person.last = face;
    person.seen = now_;
    person.found = true;
  }

  static constexpr float longest_frame = 0.25F;  ///< seconds between frames that belong together

  TrackerOptions options_;
  double now_ = 0;
  int next_ = 0;
  std::vector<Person> people_;
  std::vector<Pair> pairs_;
  std::vector<int> identities_;
};

}  // namespace aurum
