#pragma once
#include <stdexcept>
#include <string>
#include <utility>

namespace aurum {

/// Root of everything aurum throws. `what()` says what was found, what was expected and where.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A value that the caller passed is outside its range (an intensity of 7, a batch of 0).
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A run-time shape differs from the one that the layer `path` needs.
class ShapeError : public Error {
 public:
  ShapeError(std::string layer_path, const std::string& wanted, const std::string& found)
      : Error("layer '" + layer_path + "': expected " + wanted + ", found " + found),
        path_(std::move(layer_path)) {}
  [[nodiscard]] const std::string& layer_path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A file cannot be read, written or understood. `file()` is its path as the caller gave it.
class FileError : public Error {
 public:
  FileError(std::string file, const std::string& problem)
      : Error(file + ": " + problem), file_(std::move(file)), problem_(problem) {}
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// What is wrong, without the path.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  std::string file_;
  std::string problem_;
};

/// An operation of a backend failed. A network that meets one adds the layer to the message.
class BackendError : public Error {
 public:
  explicit BackendError(const std::string& message) : Error(message), message_(message) {}
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  /// Where the parameter lies with which the operation worked, or its gradient; null: not known.
  [[nodiscard]] const void* parameter() const noexcept { return parameter_; }
  void set_parameter(const void* memory) noexcept { parameter_ = memory; }
  void set_layer(const std::string& path) { message_ = "layer '" + path + "': " + message_; }

 private:
  std::string message_;
  const void* parameter_ = nullptr;
};

/// A backend has no memory left for what was asked of it. What it holds is as it was: a smaller batch may do.
class OutOfMemoryError : public BackendError {
 public:
  using BackendError::BackendError;
};

/// Training met a number that is not finite; nothing of that step was applied.
class DivergenceError : public Error {
 public:
  using Error::Error;
};

}  // namespace aurum
