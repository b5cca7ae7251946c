#pragma once
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

namespace aurum::test {

/// A directory of its own for one test, gone with all that is in it at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("aurum-test-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] int files() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) count += entry.exists() ? 1 : 0;
    return count;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace aurum::test
