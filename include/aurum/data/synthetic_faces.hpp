#pragma once
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/synthetic/renderer.hpp"

namespace aurum {

/// Pictures of the same version, seed and options are the same. The generator is an exam: it is not changed
/// to suit a network, and any change of its pictures is another version.
inline constexpr int synthetic_faces_version = 1;

/// One drawn face and everything that is known about it.
struct SyntheticFace {
  Image image;
  Landmarks landmarks;  ///< 68 points in pixels of `image`; of hidden points too
  /// 0 to 5, in the order of `synthetic_action_units`: the halves of the face on the *picture's* left and
  /// right, and the label, the stronger of the two.
  std::array<float, synthetic_action_units.size()> intensities{}, left{}, right{};
  int identity = 0;
  float yaw_degrees = 0;    ///< positive: the nose points to the picture's right; -45 to 45
  float pitch_degrees = 0;  ///< positive: up; -25 to 25
  float roll_degrees = 0;   ///< positive: clockwise in the picture; -20 to 20
  bool occluded = false;    ///< something hides a part of the face
  bool glasses = false;
};

/// Procedural faces: a sculpted head, deformed and shaded by 14 AUs, with exact 68 points. A data set in the
/// sense of data/sample.hpp. Picture `index` depends on the seed and the index alone, its person on the seed
/// and the identity's number alone: sets with `first_identity` 0 and N share no person where the first has N
/// identities. `sample` and `face` may be called from many threads.
class SyntheticFaces {
 public:
  struct Options {
    Seed seed{};
    int images = 1000;
    int identities = 100;
    int first_identity = 0;
    int size = 128;           ///< side of the square pictures in pixels
    float occlusion = 0.12F;  ///< probability of a hand or thing before the face
    float asymmetry = 0;  ///< probability that an AU is weaker on one side, beyond the faces' own unevenness
  };

  /// Throws ValueError for an AU that is not drawn, sizes and counts below 1 (pictures below 16 pixels), a
  /// negative first identity, or a probability outside [0, 1].
  SyntheticFaces(std::span<const int> action_units, Options options)
      : action_units_(action_units.begin(), action_units.end()), options_(options) {
    for (const int number : action_units_) {
      const std::size_t place = synthetic::action_unit_index(number);
      if (place == synthetic::not_an_action_unit)
        throw ValueError("synthetic faces: AU " + std::to_string(number) +
                         " is not drawn; expected one of 1 2 4 5 6 9 10 12 14 15 17 20 25 26");
      places_.push_back(place);
    }
    const auto at_least = [](const char* what, int found, int least) {
      if (found < least)
        throw ValueError("synthetic faces: " + std::string(what) + " is " + std::to_string(found) +
                         ", expected at least " + std::to_string(least));
    };
    at_least("images", options.images, 1);
    at_least("identities", options.identities, 1);
    at_least("first_identity", options.first_identity, 0);
    at_least("size", options.size, 16);
    const auto probability = [](const char* what, float found) {
      if (!(found >= 0 && found <= 1))
        throw ValueError("synthetic faces: " + std::string(what) + " is " + std::to_string(found) +
                         ", expected a probability");
    };
    probability("occlusion", options.occlusion);
    probability("asymmetry", options.asymmetry);
  }
  explicit SyntheticFaces(Options options) : SyntheticFaces(synthetic_action_units, options) {}

  [[nodiscard]] int size() const { return options_.images; }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  [[nodiscard]] const Options& options() const { return options_; }

  /// Picture `index` with the labels of this data set's AUs, of their sides too. Throws ValueError outside
  /// [0, size()).
  [[nodiscard]] Sample sample(int index) const {
    SyntheticFace drawn = face(index);
    Sample sample{.image = std::move(drawn.image),
                  .landmarks = std::move(drawn.landmarks),
                  .intensities = {},
                  .subject = drawn.identity,
                  .name = "synthetic face " + std::to_string(index)};
    for (const std::size_t place : places_) {
      sample.intensities.push_back(drawn.intensities[place]);
      sample.sides.push_back({drawn.left[place], drawn.right[place]});
    }
    return sample;
  }

  /// Picture `index` with everything known about it. Throws ValueError outside [0, size()).
  [[nodiscard]] SyntheticFace face(int index) const {
    const Random random = stream(index);
    synthetic::Expression expression = synthetic::Expression::random(random.fork(1));
    expression.make_uneven(options_.asymmetry, random.fork(3));
    return draw(identity_of(index), expression,
                synthetic::Circumstances::draw(random.fork(2), options_.occlusion));
  }

  /// A chosen person, expression and scene, for sheets that vary one thing at a time.
  [[nodiscard]] SyntheticFace draw(int identity, const synthetic::Expression& expression,
                                   const synthetic::Circumstances& scene) const {
    const synthetic::Identity person(options_.seed, identity);
    synthetic::Rendering rendering = synthetic::render(person, expression, scene, options_.size);
    SyntheticFace face{.image = std::move(rendering.image), .landmarks = std::move(rendering.landmarks)};
    for (std::size_t i = 0; i < face.intensities.size(); ++i) {
      face.left[i] = expression.intensity[0][i];
      face.right[i] = expression.intensity[1][i];
      face.intensities[i] = expression.strongest(i);
    }
    face.identity = identity;
    face.yaw_degrees = scene.yaw_degrees;
    face.pitch_degrees = scene.pitch_degrees;
    face.roll_degrees = scene.roll_degrees;
    face.occluded = scene.occluded;
    face.glasses = person.wears_glasses;
    return face;
  }

 private:
  [[nodiscard]] Random stream(int index) const {
    if (index < 0 || index >= size())
      throw ValueError("synthetic faces: picture " + std::to_string(index) + " of " + std::to_string(size()));
    return Random{options_.seed}.fork(0x1A6E).fork(
        (static_cast<std::uint64_t>(options_.first_identity) << 32) | static_cast<std::uint64_t>(index));
  }
  [[nodiscard]] int identity_of(int index) const {
    Random random = stream(index).fork(0);
    return options_.first_identity +
           static_cast<int>(random.below(static_cast<std::uint32_t>(options_.identities)));
  }

  std::vector<int> action_units_;
  std::vector<std::size_t> places_;
  Options options_;
};

}  // namespace aurum
