#pragma once
// What the networks of model/fan.hpp are called in weights files.
#include <string>

#include "aurum/model/fan.hpp"

namespace aurum {

/// `layout_name<Fan<12>>()` is "ntinou2020"; options that differ from the paper's follow after a dot.
template <class Net>
struct LayoutName;

template <int Maps, class... Options>
struct LayoutName<Fan<Maps, Options...>> {
  static std::string text() {
    constexpr int features = detail::option_or<Features, Options...>(128);
    constexpr int depth = detail::option_or<Depth, Options...>(4);
    std::string name = "ntinou2020";
    if (features != 128) name += ".features" + std::to_string(features);
    if (depth != 4) name += ".depth" + std::to_string(depth);
    return name;
  }
};

template <int Maps, int Stacks>
struct LayoutName<StackedFan<Maps, Stacks>> {
  static std::string text() { return "bulat2017.stacks" + std::to_string(Stacks); }
};

template <int Maps>
struct LayoutName<BottleneckFan<Maps>> {
  static std::string text() { return "bmvc2018"; }
};

template <class Net>
[[nodiscard]] std::string layout_name() {
  return LayoutName<Net>::text();
}

}  // namespace aurum
