// Puts files through a fuzz target where there is no libFuzzer:  fuzz_pts <files or folders>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "aurum/data/file.hpp"
#include "fuzz.hpp"

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(arguments[i])) files.emplace_back(arguments[i]);
    if (fs::is_directory(arguments[i]))
      for (const auto& entry : fs::directory_iterator(arguments[i])) files.push_back(entry.path());
  }
  long long runs = 0;
  for (const fs::path& file : files) {
    const std::string bytes = aurum::read_file(file);
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // so that the last line names the file that crashed
    // Whole, cut short at every place, and with every byte changed once.
    const auto give = [&](const std::string& text) {
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
      ++runs;
    };
    give(bytes);
    for (std::size_t i = 0; i < bytes.size() && i < 4096; ++i) {
      give(bytes.substr(0, i));
      for (const char mask : {'\x01', '\x80', '\xFF'}) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ mask);
        give(changed);
      }
    }
  }
  std::printf("%lld runs over %zu files\n", runs, files.size());
  return files.empty() ? 1 : 0;
}
