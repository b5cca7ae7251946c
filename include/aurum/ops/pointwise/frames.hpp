#pragma once
#include <cstddef>

#include "aurum/ops/signal.hpp"

// Frames of clips and blocks of frames, in the order of time (core/sequences.hpp).

namespace aurum::pointwise {

/// to[image] = from[place[image]] (null: the same image): what frames that are there take from a step by step
/// record of all clips.
template <class T>
struct GatherImages {
  View<const T> from;
  const int* place;
  Target<T> to;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t area = static_cast<std::ptrdiff_t>(from.height) * from.width;
    const std::ptrdiff_t pixel = i / from.channels, image = pixel / area;
    const int channel = static_cast<int>(i % from.channels);
    const std::ptrdiff_t source = place == nullptr ? image : place[image];
    store(to, pixel, channel, static_cast<real_t<T>>(from.pixel(source * area + pixel % area)[channel]));
  }
};

/// Means over blocks of `frames` successive steps of `clips` clips: an element of the blocks' features.
template <class T>
struct BlockMeans {
  Signal<T> from;  ///< (blocks x frames) x clips images
  int clips, frames;
  View<T> to;  ///< blocks x clips images
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t area = static_cast<std::ptrdiff_t>(to.height) * to.width;
    const std::ptrdiff_t pixel = i / to.channels, image = pixel / area;
    const int channel = static_cast<int>(i % to.channels);
    const std::ptrdiff_t first = (image / clips * frames * clips + image % clips) * area + pixel % area;
    real_t<T> sum{0};
    for (int f = 0; f < frames; ++f)
      sum += apply_pending(from, static_cast<real_t<T>>(from.data.pixel(first + f * clips * area)[channel]),
                           channel);
    to.pixel(pixel)[channel] = static_cast<T>(sum / static_cast<real_t<T>>(frames));
  }
};

/// The way back: an element of the frames' gradient.
template <class T>
struct BlockMeansBackward {
  View<const T> from;  ///< blocks x clips images
  int clips, frames;
  View<T> to;  ///< (blocks x frames) x clips images
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t area = static_cast<std::ptrdiff_t>(to.height) * to.width;
    const std::ptrdiff_t pixel = i / to.channels, image = pixel / area;
    const int channel = static_cast<int>(i % to.channels);
    const std::ptrdiff_t block = image / clips / frames * clips + image % clips;
    to.pixel(pixel)[channel] =
        static_cast<T>(static_cast<real_t<T>>(from.pixel(block * area + pixel % area)[channel]) /
                       static_cast<real_t<T>>(frames));
  }
};

}  // namespace aurum::pointwise
