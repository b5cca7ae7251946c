#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aurum/core/error.hpp"

namespace aurum {

/// A file that appears whole or not at all. What is written goes to a file beside `path` (same directory,
/// "<name>.<process>-<number>.partial"); `commit` makes it durable and renames it over `path`. A process
/// that dies before leaves the previous file as it was (and, if it was killed, the partial one beside it).
/// Without `commit` the destructor removes the partial file. A symbolic link at `path` is replaced.
/// Every failure (no such directory, no permission, disk full) throws FileError.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
    static std::atomic<unsigned> number{0};
    do {
      partial_ = path_;
      partial_ += "." + std::to_string(::getpid()) + "-" + std::to_string(number++) + ".partial";
      descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && (errno == EEXIST || errno == EINTR));
    if (descriptor_ < 0) fail("cannot be written");
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!committed_) ::unlink(partial_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ::ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written >= 0)
        bytes = bytes.subspan(static_cast<std::size_t>(written));
      else if (errno != EINTR)
        fail("cannot be written");
    }
  }

  /// Puts the file in place, on the disk as well. Call once, last.
  void commit() {
    synchronise(descriptor_);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;  // close releases it even where it fails
    if (closed != 0) fail("cannot be written");
    if (::rename(partial_.c_str(), path_.c_str()) != 0) fail("cannot be replaced");
    committed_ = true;
    const std::filesystem::path parent = path_.has_parent_path() ? path_.parent_path() : ".";
    const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;  // a directory that may be written but not read: nothing to synchronise with
    ::fsync(directory);         // best effort: the file is whole whether or not the name is on the disk yet
    ::close(directory);
  }

 private:
  void synchronise(int descriptor) const {
    while (::fsync(descriptor) != 0)
      if (errno == EINVAL)
        return;  // a file system that has no such thing
      else if (errno != EINTR)
        fail("cannot be written");
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw FileError(path_.string(), problem + ": " + std::system_category().message(errno));
  }

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
  bool committed_ = false;
};

/// Writes a text as a file that appears whole or not at all, in place of one of that name. Throws FileError.
inline void write_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

}  // namespace aurum
