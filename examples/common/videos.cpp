#include "videos.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "aurum/backend/cpu/threads.hpp"
#include "aurum/data/cached_videos.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/synthetic_video.hpp"
#include "aurum/data/video_file.hpp"
#include "aurum/data/video_folder.hpp"
#include "aurum/train/progress.hpp"
#include "faces.hpp"

namespace examples {

AnyVideos synthetic_videos(const SyntheticVideoOptions& options, int threads) {
  const aurum::SyntheticVideos videos({.seed = options.seed,
                                       .videos = options.videos,
                                       .identities = options.identities,
                                       .first_identity = options.first_identity,
                                       .frames = options.frames,
                                       .frames_per_second = static_cast<float>(options.frames_per_second),
                                       .size = options.size,
                                       .turning = static_cast<float>(options.turning)});
  aurum::Progress progress("drawing", options.videos);
  progress.line("drawing " + describe(options));
  aurum::Threads workers(threads);
  return AnyVideos(std::shared_ptr<const aurum::CachedVideos>(
      std::make_shared<aurum::CachedVideos>(videos, workers, [&](int done) { progress.update(done); })));
}

std::string describe(const SyntheticVideoOptions& options) {
  char rate[32] = "";
  if (options.frames_per_second != 25)
    std::snprintf(rate, sizeof rate, ", %g a second", options.frames_per_second);
  char turning[32] = "";
  if (options.turning != 1) std::snprintf(turning, sizeof turning, ", %g of the turning", options.turning);
  return std::to_string(options.videos) + " synthetic videos v" +
         std::to_string(aurum::synthetic_videos_version) + " of " + std::to_string(options.identities) +
         " people, " + std::to_string(options.frames) + " frames each" + rate + turning + ", " +
         std::to_string(options.size) + " pixels, seed " + std::to_string(options.seed.value) +
         ", people from " + std::to_string(options.first_identity);
}

AnyVideos folder_videos(const std::string& folder, const VideoFolderOptions& options) {
  if (const auto files = aurum::video_files_below(folder); !files.empty()) {
    // Pictures beside the files are no videos: FrameFolders looks for them a folder further down.
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.is_directory() && std::ranges::any_of(files_in(entry.path()), aurum::is_picture))
        throw aurum::FileError(folder, "holds video files (" + files.front().generic_string() +
                                           ") and folders of pictures (" + entry.path().filename().string() +
                                           "); expected either the ones or the others");
    if (options.labels)
      throw aurum::FileError(folder,
                             "holds video files, which have no labels: there is nothing to learn from; "
                             "expected folders of their pictures, with a labels.csv");
    return decoded_videos(folder, options);
  }
  return AnyVideos(std::shared_ptr<const aurum::FrameFolders>(std::make_shared<aurum::FrameFolders>(folder)));
}

VideoSplit split_by_person(const AnyVideos& videos, double validation_share, double test_share,
                           aurum::Seed seed) {
  std::set<int> distinct;
  for (int v = 0; v < videos.size(); ++v) distinct.insert(videos.subject_of(v));
  std::vector<int> people(distinct.begin(), distinct.end());
  aurum::Random random = aurum::Random{seed}.fork(0x7065);
  aurum::shuffle(people, random);
  const auto count = [&](double share) {
    return share > 0 ? std::max<std::ptrdiff_t>(1, std::lround(share * static_cast<double>(people.size())))
                     : 0;
  };
  const std::ptrdiff_t validation = count(validation_share), test = count(test_share);
  if (validation + test >= std::ssize(people))
    throw aurum::ValueError("expected people to train on besides " + std::to_string(validation) +
                            " for validation and " + std::to_string(test) + " to test on, found " +
                            std::to_string(people.size()) + " in all");
  std::map<int, int> part;
  for (std::ptrdiff_t i = 0; i < std::ssize(people); ++i)
    part[people[static_cast<std::size_t>(i)]] = i < validation ? 1 : i < validation + test ? 2 : 0;
  std::vector<int> of[3];
  for (int v = 0; v < videos.size(); ++v) of[part[videos.subject_of(v)]].push_back(v);
  return {videos.part(of[0]), videos.part(of[1]), videos.part(of[2])};
}

}  // namespace examples
