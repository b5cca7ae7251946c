#include "aurum/data/sets/label_files.hpp"

#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return aurum::fuzz::run(data, size, [](std::string_view bytes) {
    using namespace aurum;
    std::vector<Problem> problems;
    const LabelRules intensity{LabelKind::intensity, 9}, occurrence{LabelKind::occurrence, -1};
    (void)parse_frame_labels(bytes, "fuzzed", intensity, problems);
    (void)parse_label_table(bytes, "fuzzed", occurrence, problems);
    (void)parse_picture_labels(bytes, "fuzzed", intensity, problems);
    (void)parse_label_rows(bytes, "fuzzed", 12, occurrence, problems);
  });
}
