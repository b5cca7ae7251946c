#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aurum/core/diagnosis.hpp"

namespace aurum {

/// Where a parameter lives: what an optimiser moves, what is kept as it is, and running statistics.
enum class Storage { trainable, frozen, buffer };

/// What a parameter does; decides its initial value and its order in a file. `gates`: a filter of a recurrent
/// layer.
enum class Role { filter, bias, norm_weight, norm_bias, running_mean, running_variance, projection, gates };
/// Whether a parameter is {C_out, C_in, k, k} in files and {C_out, k, k, C_in} in memory.
constexpr bool is_filter(Role role) { return role == Role::filter || role == Role::gates; }

/// One named parameter. `shape` is PyTorch's ({C_out, C_in, k, k} for filters, {C_out, C_out} for
/// projections, {C} otherwise). In memory a filter is stored output channel, kernel row, column, input
/// channel.
struct Parameter {
  std::string path;
  std::vector<int> shape;
  Role role = Role::filter;
  Storage storage = Storage::trainable;
  std::ptrdiff_t offset = 0;  ///< elements from the start of its storage
  std::ptrdiff_t count = 0;
};

/// Whether a parameter belongs to the layer with that path or to one within it; all belong to "".
[[nodiscard]] inline bool belongs_to(const Parameter& p, std::string_view layer) {
  return layer.empty() ||
         (p.path.starts_with(layer) && (p.path.size() == layer.size() || p.path[layer.size()] == '.'));
}

/// Where one parameter's values and gradient are; `gradient` is null where none is kept.
template <class T>
struct ParameterPointer {
  T* value = nullptr;
  T* gradient = nullptr;
};

/// Every parameter starts at a multiple of this many elements (a 64-byte line of floats); gaps stay zero.
inline constexpr std::ptrdiff_t parameter_alignment = 16;

constexpr std::ptrdiff_t aligned_count(std::ptrdiff_t count) {
  return (count + parameter_alignment - 1) / parameter_alignment * parameter_alignment;
}

/// Lays parameters out while modules are made: each module asks for its parameters in order under the path of
/// the layers around it. The first pass (no memory yet) only lists them; the second hands out pointers.
template <class T>
class ParameterLayout {
 public:
  struct Memory {
    T* trainable = nullptr;
    T* gradient = nullptr;
    T* frozen = nullptr;
    T* buffer = nullptr;
  };
  explicit ParameterLayout(Memory memory = {}) : memory_{memory} {}

  ParameterPointer<T> add(std::string_view name, std::vector<int> shape, Role role, Storage storage) {
    if (frozen_ && storage == Storage::trainable) storage = Storage::frozen;
    Parameter p;
    p.path = path_.empty() ? std::string{name} : path_ + "." + std::string{name};
    p.count = 1;
    for (const int extent : shape) p.count *= extent;
    p.shape = std::move(shape);
    p.role = role;
    p.storage = storage;
    std::ptrdiff_t& end = sizes_[static_cast<std::size_t>(storage)];
    p.offset = end;
    end += aligned_count(p.count);
    parameters_.push_back(p);
    const auto at = [&](T* base) { return base == nullptr ? nullptr : base + p.offset; };
    switch (storage) {
      case Storage::trainable:
        return {at(memory_.trainable), at(memory_.gradient)};
      case Storage::frozen:
        return {at(memory_.frozen), nullptr};
      case Storage::buffer:
        return {at(memory_.buffer), nullptr};
    }
    return {};
  }

  /// Names for the children of the next composite that is made; it takes them.
  void set_names(Names names) { names_ = names; }
  Names take_names() { return std::exchange(names_, Names{}); }

  /// Runs `make` with the path extended by child `index` of a composite with these names.
  template <class F>
  auto inside(Names names, int index, F make) {
    const std::size_t outer = enter(names, index);
    auto made = make();
    leave(outer);
    return made;
  }

  /// Runs `make`; what it adds to be trained is frozen instead.
  template <class F>
  auto freezing(F make) {
    const bool outer = std::exchange(frozen_, true);
    auto made = make();
    frozen_ = outer;
    return made;
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::ptrdiff_t size(Storage s) const { return sizes_[static_cast<std::size_t>(s)]; }
  [[nodiscard]] std::vector<Parameter> take_parameters() { return std::move(parameters_); }

 private:
  // Never inlined: every child of every composite calls them.
  [[gnu::noinline]] std::size_t enter(Names names, int index) {
    const std::size_t outer = path_.size();
    with_child_name(names, index, [&](std::string_view name) {
      if (name.empty()) return;
      if (!path_.empty()) path_ += '.';
      path_ += name;
    });
    return outer;
  }
  [[gnu::noinline]] void leave(std::size_t outer) {
    path_.resize(outer);
    names_ = {};
  }

  Memory memory_;
  std::string path_;
  Names names_{};
  bool frozen_ = false;
  std::array<std::ptrdiff_t, 3> sizes_{};
  std::vector<Parameter> parameters_;
};

}  // namespace aurum
