#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/io/atomic_file.hpp"
#include "aurum/io/safetensors.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using aurum::test::contains;

namespace {

void write_text(const std::filesystem::path& path, const std::string& text) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Version v of a file: a tensor full of v, whose size varies with v, and v in the metadata.
void write_version(const std::filesystem::path& path, std::int64_t version) {
  const std::vector<std::int64_t> values(static_cast<std::size_t>(5000 + version % 7 * 10000), version);
  write_safetensors(path,
                    std::vector{TensorRecord{"values",
                                             DType::i64,
                                             {static_cast<std::int64_t>(values.size())},
                                             std::as_bytes(std::span(values))}},
                    {{"version", std::to_string(version)}});
}

/// The version in the file, or -1 if it is not exactly one version.
std::int64_t read_version(const std::filesystem::path& path) {
  const SafetensorsFile file = SafetensorsFile::read(path);
  const std::int64_t version = std::stoll(file.metadata().at("version"));
  const TensorRecord& record = *file.find("values");
  std::vector<std::int64_t> values(record.bytes.size() / 8);
  decode<std::int64_t>(record.dtype, record.bytes, values);
  if (values.size() != static_cast<std::size_t>(5000 + version % 7 * 10000)) return -1;
  for (const std::int64_t value : values)
    if (value != version) return -1;
  return version;
}

/// Runs `work` in a child process; its result is the exit status.
template <class Work>
::pid_t start_child(Work work) {
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  return child;
}

int exit_status(::pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("a committed file replaces the one before", "[io]") {
  const test::TemporaryDirectory directory;
  write_text(directory / "file", "first, and longer");
  CHECK(text_of(directory / "file") == "first, and longer");
  write_text(directory / "file", "second");
  CHECK(text_of(directory / "file") == "second");
  CHECK(directory.files() == 1);
}

TEST_CASE("a file that is not committed changes nothing and leaves nothing behind", "[io]") {
  const test::TemporaryDirectory directory;
  write_text(directory / "file", "first");
  {
    AtomicFile file(directory / "file");
    file.write(std::as_bytes(std::span("second", 6)));
    CHECK(directory.files() == 2);
  }
  CHECK(text_of(directory / "file") == "first");
  CHECK(directory.files() == 1);
}

TEST_CASE("a new file has the permissions of any other new file", "[io]") {
  const test::TemporaryDirectory directory;
  write_text(directory / "ours", "");
  std::ofstream(directory / "plain") << "";
  const auto permissions = [](const std::filesystem::path& path) {
    return std::filesystem::status(path).permissions();
  };
  CHECK(permissions(directory / "ours") == permissions(directory / "plain"));
}

TEST_CASE("a place that cannot be written is a FileError and stays clean", "[io]") {
  const test::TemporaryDirectory directory;
  const auto attempt = [](const std::filesystem::path& path) {
    return test::message<FileError>([&] { write_text(path, "text"); });
  };
  CHECK(contains(attempt(directory / "none/file"), "none/file: cannot be written: No such file"));
  write_text(directory / "file", "text");
  CHECK(contains(attempt(directory / "file/below"), "Not a directory"));
  std::filesystem::create_directories(directory / "folder/below");
  CHECK(contains(attempt(directory / "folder"), "cannot be replaced"));
  CHECK(directory.files() == 2);
}

TEST_CASE("a disk that fills up leaves the file before and no litter", "[io]") {
  const test::TemporaryDirectory directory;
  write_version(directory / "file", 3);
  // A limit on the size of files fails in the middle of a write, as a full disk does.
  const ::pid_t child = start_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit limit{100'000, 100'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    const std::string message = test::message<FileError>([&] { write_version(directory / "file", 4); });
    return contains(message, "File too large") ? 0 : 1;
  });
  CHECK(exit_status(child) == 0);
  CHECK(read_version(directory / "file") == 3);
  CHECK(directory.files() == 1);
}

TEST_CASE("a writer killed at any moment leaves a whole file", "[io]") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "file";
  std::int64_t last = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 7; ++i) write_version(path, last);
  const auto seven_writes = std::chrono::steady_clock::now() - begin;
  Random random{Seed{11}};
  int left_partial = 0;
  // (Until one was caught, however the machine shares its time out: else the test has shown nothing.)
  for (int round = 0; round < 50 || (left_partial == 0 && round < 5000); ++round) {
    const ::pid_t child = start_child([&]() -> int {
      for (std::int64_t version = last + 1;; ++version) write_version(path, version);
    });
    std::this_thread::sleep_for(seven_writes * random.uniform());
    ::kill(child, SIGKILL);
    REQUIRE(exit_status(child) == 128 + SIGKILL);
    const std::int64_t version = read_version(path);
    REQUIRE(version >= last);
    last = version;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
      if (entry.path().extension() == ".partial") left_partial += std::filesystem::remove(entry) ? 1 : 0;
    REQUIRE(directory.files() == 1);
  }
  CHECK(last > 0);          // the writers did write
  CHECK(left_partial > 0);  // and were caught at it
}

TEST_CASE("two writers of one file do not mix", "[io]") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "file";
  write_version(path, 0);
  const auto writer = [&](std::int64_t first) {
    for (std::int64_t version = first; version < 20; version += 2) write_version(path, version);
  };
  std::thread odd(writer, 1);
  std::thread even(writer, 2);
  bool whole = true;
  for (int i = 0; i < 20; ++i) whole = whole && read_version(path) >= 0;
  odd.join();
  even.join();
  CHECK(whole);
  CHECK(read_version(path) >= 18);
  CHECK(directory.files() == 1);
}
