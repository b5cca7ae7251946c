#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "aurum/core/error.hpp"

namespace aurum {

/// The bytes of a file, which the system brings into memory where they are read and drops where it needs the
/// room. Nobody may shorten the file meanwhile.
class MappedFile {
 public:
  /// Throws FileError where it cannot be opened or is not a regular file.
  explicit MappedFile(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(path);
    struct ::stat facts {};
    const bool known = ::fstat(descriptor, &facts) == 0;
    if (!known || !S_ISREG(facts.st_mode)) {
      ::close(descriptor);
      if (known) throw FileError(path.string(), "not a regular file");
      fail(path);
    }
    size_ = static_cast<std::size_t>(facts.st_size);
    if (size_ > 0) data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int problem = errno;
    ::close(descriptor);  // the mapping stays
    if (data_ != MAP_FAILED) return;
    errno = problem;
    fail(path);
  }
  MappedFile(MappedFile&& other) noexcept
      : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile() {
    if (size_ > 0) ::munmap(data_, size_);
  }

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(data_), size_};
  }

 private:
  [[noreturn]] static void fail(const std::filesystem::path& path) {
    throw FileError(path.string(), "cannot be opened: " + std::system_category().message(errno));
  }

  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace aurum
