#pragma once
// Data sets with their types hidden, and where they come from.
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/data/label_kind.hpp"
#include "aurum/data/sample.hpp"

namespace examples {

/// Any data set (see data/sample.hpp), or a part of one; copies share it.
class AnyData {
 public:
  AnyData() = default;
  template <class Data>
  explicit AnyData(std::shared_ptr<const Data> data) {
    set_ = std::make_shared<Model<Data>>(std::move(data));
    order_.resize(static_cast<std::size_t>(set_->size()));
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<int>(i);
  }
  [[nodiscard]] int size() const { return static_cast<int>(order_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return set_->action_units(); }
  [[nodiscard]] aurum::Sample sample(int index) const {
    return set_->sample(order_.at(static_cast<std::size_t>(index)));
  }
  /// The labels of a sample; where the set can tell them, without reading its picture.
  [[nodiscard]] std::vector<float> labels(int index) const {
    return set_->labels(order_.at(static_cast<std::size_t>(index)));
  }
  /// Whose picture a sample is, likewise.
  [[nodiscard]] int person(int index) const {
    return set_->person(order_.at(static_cast<std::size_t>(index)));
  }
  /// The samples of those indices.
  [[nodiscard]] AnyData part(std::vector<int> indices) const {
    AnyData result = *this;
    for (int& index : indices) index = order_.at(static_cast<std::size_t>(index));
    result.order_ = std::move(indices);
    return result;
  }

 private:
  struct Set {
    virtual ~Set() = default;
    [[nodiscard]] virtual int size() const = 0;
    [[nodiscard]] virtual std::span<const int> action_units() const = 0;
    [[nodiscard]] virtual aurum::Sample sample(int index) const = 0;
    [[nodiscard]] virtual std::vector<float> labels(int index) const = 0;
    [[nodiscard]] virtual int person(int index) const = 0;
  };
  template <class Data>
  struct Model : Set {
    explicit Model(std::shared_ptr<const Data> d) : data{std::move(d)} {}
    [[nodiscard]] int size() const override { return data->size(); }
    [[nodiscard]] std::span<const int> action_units() const override { return data->action_units(); }
    [[nodiscard]] aurum::Sample sample(int index) const override { return data->sample(index); }
    [[nodiscard]] std::vector<float> labels(int index) const override {
      if constexpr (requires { data->labels(index); })
        return {data->labels(index).begin(), data->labels(index).end()};
      else
        return data->sample(index).intensities;
    }
    [[nodiscard]] int person(int index) const override {
      if constexpr (requires { data->subject_of(index); })
        return data->subject_of(index);
      else
        return data->sample(index).subject;
    }
    std::shared_ptr<const Data> data;
  };

  std::shared_ptr<const Set> set_;
  std::vector<int> order_;
};

/// A data set in three parts that share no person.
struct Split {
  AnyData train;
  AnyData validation;             ///< chooses the best epoch
  AnyData test;                   ///< is looked at at the end, and chooses nothing
  std::string description;        ///< for the weights file and the report
  std::string synthetic_version;  ///< empty: not synthetic
  aurum::LabelKind labels = aurum::LabelKind::intensity;
};

/// How many synthetic faces, and of whom.
struct SyntheticOptions {
  aurum::Seed seed{1};
  int size = 128;        ///< of the pictures, in pixels
  double asymmetry = 0;  ///< probability that an AU is weaker on one side (aurum::SyntheticFaces)
  int images = 6000;
  int identities = 1000;
  int validation_images = 500;
  int validation_identities = 100;
  int test_images = 1000;
  int test_identities = 200;
};

/// Pictures for a network whose crops are so many pixels wide are a quarter larger than the crop.
[[nodiscard]] constexpr int synthetic_size(int input) { return input * 5 / 4; }

/// Draws all pictures, in parallel, and keeps them in memory. Reports its progress on stderr.
[[nodiscard]] Split synthetic_faces(const SyntheticOptions& options, int threads);

/// Only those of the test, the same as `synthetic_faces` has.
[[nodiscard]] AnyData synthetic_test_faces(const SyntheticOptions& options, int threads);

/// "synthetic faces v1, 6000 images of 1000 people, 128 pixels, seed 1": those to train on.
[[nodiscard]] std::string describe(const SyntheticOptions& options);

/// A folder of the user's, and what of it is not trained on.
struct FolderOptions {
  std::string folder{};  ///< empty: none
  double validation_share = 0.15;
  double test_share = 0.15;
};

/// A labelled folder (see aurum/data/folder.hpp), split by subject: the shares of the people, drawn with
/// `seed`, are for validation and test. Throws ValueError where it has no subjects or too few.
[[nodiscard]] Split folder_faces(const FolderOptions& options, aurum::Seed seed);

/// All of such a folder.
[[nodiscard]] AnyData all_folder_faces(const std::string& folder);

/// Annotated pictures (aurum/data/landmark_folder.hpp), the shares of them, drawn with `seed`, for
/// validation and test: who is on them is not known. Throws ValueError where they are too few.
[[nodiscard]] Split folder_landmarks(const FolderOptions& options, aurum::Seed seed);

}  // namespace examples
