// test: optimised
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/io/safetensors.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using aurum::test::contains;

namespace {

std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

SafetensorsFile parse(const std::string& bytes) {
  return SafetensorsFile::parse(std::as_bytes(std::span(bytes)), "test");
}

/// A file from its header's text and its data.
std::string file_of(const std::string& header, std::size_t data_size) {
  std::uint64_t size = header.size();
  std::string bytes(sizeof(size), '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  return bytes + header + std::string(data_size, '\1');
}

std::string refusal(const std::string& bytes) {
  return test::message<FileError>([&] { (void)parse(bytes); });
}
std::string refusal(const std::string& header, std::size_t data_size) {
  return refusal(file_of(header, data_size));
}

template <class T>
std::vector<T> values(const TensorRecord& record) {
  std::vector<T> values(record.bytes.size() / size_of(record.dtype));
  decode<T>(record.dtype, record.bytes, values);
  return values;
}

const std::string golden = AURUM_GOLDEN "/safetensors_python.safetensors";

}  // namespace

TEST_CASE("a mapped file holds what one read into memory does", "[io]") {
  const SafetensorsFile whole = SafetensorsFile::read(golden);
  SafetensorsFile mapped = SafetensorsFile::map(golden);
  const SafetensorsFile moved = std::move(mapped);
  CHECK(moved.metadata() == whole.metadata());
  REQUIRE(moved.tensors().size() == whole.tensors().size());
  for (const TensorRecord& record : whole.tensors()) {
    const TensorRecord* const same = moved.find(record.name);
    REQUIRE(same != nullptr);
    CHECK(same->shape == record.shape);
    CHECK(std::ranges::equal(same->bytes, record.bytes));
  }
  const test::TemporaryDirectory folder;
  const auto refused = [&](const std::string& bytes) {
    write_bytes(folder / "x", bytes);
    return test::message<FileError>([&] { (void)SafetensorsFile::map(folder / "x"); });
  };
  const std::string bytes = bytes_of_file(golden);
  CHECK(contains(refused(bytes.substr(0, bytes.size() - 1)),
                 "lie outside the 164 bytes of data: is the file cut short?"));
  CHECK(contains(refused(bytes.substr(0, 100)), "expected a header of"));
  CHECK(contains(refused(""), "found only 0 bytes"));
  CHECK(contains(test::message<FileError>([&] { (void)SafetensorsFile::map(folder / "none"); }),
                 "cannot be opened: No such file"));
  CHECK(contains(test::message<FileError>([&] { (void)SafetensorsFile::map(folder.path()); }),
                 "not a regular file"));
}

TEST_CASE("a file of Python's safetensors package is read as it was meant", "[io]") {
  const SafetensorsFile file = SafetensorsFile::read(golden);
  CHECK(file.metadata() == Metadata{{"note", "Größe \"1\"\n"}});
  REQUIRE(file.tensors().size() == 10);
  const auto record = [&](const std::string& name) {
    const TensorRecord* found = file.find(name);
    REQUIRE(found != nullptr);
    return *found;
  };
  const auto weight = record("conv1.weight");
  CHECK(weight.dtype == DType::f32);
  CHECK(weight.shape == std::vector<std::int64_t>{2, 3, 2, 2});
  for (std::size_t i = 0; i < 24; ++i) CHECK(values<float>(weight)[i] == static_cast<float>(i) / 8);
  CHECK(values<float>(record("conv1.bias")) == std::vector{-0.0F, 1e-45F, 3.4028235e38F});
  CHECK(values<float>(record("half")) == std::vector{1.0F, -2.0F, 65504.0F, 0x1p-24F, HUGE_VALF});
  CHECK(values<float>(record("brain")) == std::vector{1.0F, -2.0F, 0x1p-133F, HUGE_VALF});
  CHECK(record("bn1.num_batches_tracked").shape.empty());
  CHECK(values<std::int64_t>(record("bn1.num_batches_tracked")) == std::vector<std::int64_t>{1234567890123});
  CHECK(values<double>(record("double")) == std::vector{0.1, -1e300});
  CHECK(values<std::int64_t>(record("index")) == std::vector<std::int64_t>{-2147483648, 2147483647});
  CHECK(values<std::int64_t>(record("byte")) == std::vector<std::int64_t>{0, 255, 7});
  CHECK(record("empty").shape == std::vector<std::int64_t>{0, 3});
  CHECK(record("empty").bytes.empty());
  CHECK(values<float>(record("größe")) == std::vector{2.5F});
  CHECK(file.find("conv1") == nullptr);
}

TEST_CASE("the same tensors are written byte for byte as Python's safetensors package does", "[io]") {
  const SafetensorsFile file = SafetensorsFile::read(golden);
  std::vector<TensorRecord> records(file.tensors().begin(), file.tensors().end());
  Random random{Seed{1}};
  shuffle(records, random);
  const test::TemporaryDirectory directory;
  write_safetensors(directory / "copy", records, file.metadata());
  CHECK(bytes_of_file(directory / "copy") == bytes_of_file(golden));
  CHECK(directory.files() == 1);
}

TEST_CASE("a file without tensors or metadata is a file", "[io]") {
  const test::TemporaryDirectory directory;
  write_safetensors(directory / "none", {});
  const SafetensorsFile file = SafetensorsFile::read(directory / "none");
  CHECK(file.tensors().empty());
  CHECK(file.metadata().empty());
}

TEST_CASE("tensors and metadata keep their place when a file object moves", "[io]") {
  SafetensorsFile first = SafetensorsFile::read(golden);
  const SafetensorsFile second = std::move(first);
  CHECK(values<float>(*second.find("größe")) == std::vector{2.5F});
}

TEST_CASE("records that no file can hold are not written", "[io]") {
  const test::TemporaryDirectory directory;
  const std::array<std::byte, 8> bytes{};
  const auto write = [&](std::vector<TensorRecord> records, Metadata metadata = {}) {
    return test::message<ValueError>([&] { write_safetensors(directory / "bad", records, metadata); });
  };
  CHECK(contains(write({{"a", DType::f32, {2}, bytes}, {"a", DType::f32, {2}, bytes}}), "tensor 'a'"));
  CHECK(contains(write({{"__metadata__", DType::f32, {2}, bytes}}), "taken"));
  CHECK(contains(write({{"a", DType::f32, {3}, bytes}}), "F32 3 does not describe 8 bytes"));
  CHECK(contains(write({{"a", DType::f32, {-2}, bytes}}), "-2"));
  CHECK(contains(write({{"\xFF", DType::f32, {2}, bytes}}), "UTF-8"));
  CHECK(contains(write({}, {{"key", "\xC3"}}), "UTF-8"));
  CHECK(directory.files() == 0);
}

TEST_CASE("what is not there, or not a file, is said so", "[io]") {
  const test::TemporaryDirectory directory;
  const auto read = [&](const std::filesystem::path& path) {
    return test::message<FileError>([&] { (void)SafetensorsFile::read(path); });
  };
  CHECK(read(directory / "none") == (directory / "none").string() + ": there is no such file");
  CHECK(contains(read(directory.path()), "is not a file"));
  write_bytes(directory / "empty", "");
  CHECK(contains(read(directory / "empty"), "found only 0 bytes"));
}

TEST_CASE("a wrong header length is refused before anything is read", "[io]") {
  CHECK(contains(refusal("1234567"), "found only 7 bytes"));
  CHECK(
      contains(refusal("\x10" + std::string(7, '\0') + "{}"), "expected a header of 16 bytes, found only 2"));
  CHECK(contains(refusal(std::string(8, '\xFF') + "{}"), "found a length of 18446744073709551615"));
  CHECK(contains(refusal("GIF89a, a picture"), "safetensors header"));
  CHECK(contains(refusal(std::string(8, '\0')), "begins with '{'"));
  CHECK(contains(refusal("\1" + std::string(7, '\0') + "{}"), "not JSON"));
}

TEST_CASE("a malformed header is refused", "[io]") {
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  REQUIRE(parse(file_of(good, 8)).tensors().size() == 1);
  REQUIRE(parse(file_of(good + "   ", 8)).tensors().size() == 1);
  const auto with = [](const std::string& entry) { return R"({"a":)" + entry + "}"; };

  CHECK(contains(refusal("", 8), "begins with '{'"));
  CHECK(contains(refusal(" " + good, 8), "begins with '{'"));
  CHECK(contains(refusal("[]", 0), "begins with '{'"));
  CHECK(contains(refusal(good + "x", 8), "not JSON"));
  CHECK(contains(refusal(good.substr(0, 20), 8), "not JSON"));
  CHECK(contains(refusal("{\"\xFF\":{}}", 8), "not JSON"));
  CHECK(contains(refusal("{\"a\":" + std::string(100000, '['), 8), "nested too deeply"));
  CHECK(contains(refusal(with("{\"a\":1e999}"), 8), "not JSON"));

  SECTION("duplicate keys") {
    CHECK(contains(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                               "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                           8),
                   "key 'a' twice"));
    CHECK(contains(refusal(with(R"({"dtype":"F16","dtype":"F32","shape":[2],"data_offsets":[0,8]})"), 8),
                   "key 'dtype' twice"));
    CHECK(contains(refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "key 'k' twice"));
    CHECK(contains(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), "twice"));
  }
  SECTION("metadata") {
    CHECK(contains(refusal(R"({"__metadata__":{"epoch":3}})", 0),
                   "metadata 'epoch': expected a string, found number"));
    CHECK(contains(refusal(R"({"__metadata__":["a"]})", 0),
                   "expected __metadata__ to be an object, found array"));
    CHECK(contains(refusal(R"({"__metadata__":null})", 0), "found null"));
  }
  SECTION("entries") {
    for (const std::string entry : {"3", "null", "[]", "{}", R"({"dtype":"F32","shape":[2]})",
                                    R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1})",
                                    R"({"dtype":"F32","shape":[2],"offsets":[0,8]})"})
      CHECK(contains(refusal(with(entry), 8), "tensor 'a': expected an object with"));
    CHECK(contains(refusal(with(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})"), 8),
                   "unknown dtype F31"));
    CHECK(contains(refusal(with(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})"), 8),
                   "dtype to be a string"));
  }
  SECTION("shapes") {
    for (const std::string shape :
         {"2", "\"2\"", "[-2]", "[2.0]", "[null]", "{\"2\":2}", "[-0]", "[18446744073709551616]"}) {
      INFO(shape);
      CHECK(contains(refusal(with(R"({"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]})"), 8),
                     "tensor 'a': expected shape to be a list of whole numbers"));
    }
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]})"), 8),
                   "too large"));
    // 2^62 x 4 bytes and 2^32 x 2^32 are 0 modulo 2^64.
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]})"), 0),
                   "too large"));
    CHECK(contains(refusal(with(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})"), 0),
                   "shape 4294967296x4294967296 is too large"));
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), 8),
                   "expected 12 bytes for F32 3, found data_offsets [0, 8]"));
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[],"data_offsets":[0,8]})"), 8),
                   "expected 4 bytes for F32 scalar"));
  }
  SECTION("offsets") {
    for (const std::string offsets : {"[0]", "[0,8,8]", "[]"})
      CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[2],"data_offsets":)" + offsets + "}"), 8),
                     "tensor 'a': expected 2 data_offsets"));
    CHECK(
        contains(refusal(with(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"), 8), "whole numbers"));
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), 8),
                   "[8, 0] lie outside"));
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})"), 8),
                   "outside the 8 bytes"));
    CHECK(contains(refusal(with(R"({"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0]})"), 8),
                   "outside the 8 bytes"));
  }
}

TEST_CASE("tensors that overlap or leave holes are refused", "[io]") {
  const auto pair = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + a +
           R"(},"b":{"dtype":"F32","shape":[2],"data_offsets":)" + b + "}}";
  };
  REQUIRE(parse(file_of(pair("[8,16]", "[0,8]"), 16)).tensors()[0].name == "b");
  CHECK(contains(refusal(pair("[0,8]", "[4,12]"), 12),
                 "tensor 'b': expected its data to begin at 8 (the end of 'a'), found 4: they overlap"));
  CHECK(contains(refusal(pair("[0,8]", "[0,8]"), 8), "overlap"));
  CHECK(contains(refusal(pair("[0,8]", "[12,20]"), 20), "tensor 'b'"));
  CHECK(contains(refusal(pair("[0,8]", "[12,20]"), 20), "a hole"));
  CHECK(contains(refusal(pair("[4,12]", "[12,20]"), 20), "at 0 (the start of the data), found 4: a hole"));
  CHECK(contains(refusal(pair("[0,8]", "[8,16]"), 17), "expected 16 bytes of tensor data, found 17"));
  CHECK(contains(refusal("{}", 1), "expected 0 bytes of tensor data, found 1"));
}

TEST_CASE("a file cut off anywhere is refused", "[io]") {
  const std::string whole = bytes_of_file(golden);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string message = refusal(whole.substr(0, size));
    REQUIRE(message != "nothing was thrown");
  }
  CHECK(contains(refusal(whole + "x"), "bytes of tensor data"));
}

TEST_CASE("a file with any bytes changed is either valid or refused", "[io]") {
  const std::string whole = bytes_of_file(golden);
  const std::size_t header_end = whole.size() - 165;
  const std::string tokens = "{}[]\",:0123456789-eE.\\u\xC3 ";
  Random random{Seed{7}};
  const auto below = [&](std::size_t count) { return random.below(static_cast<std::uint32_t>(count)); };
  int valid = 0;
  int refused = 0;
  double sum = 0;  // reads every value, so that a wrong span is seen by the sanitiser
  for (int trial = 0; trial < 20000; ++trial) {
    std::string bytes = whole;
    for (auto changes = 1 + below(3); changes > 0; --changes) {
      const std::size_t place = below(random.chance(0.9F) ? header_end : bytes.size());
      switch (below(5)) {
        case 0:
          bytes[place] = static_cast<char>(random.bits() & 0xFFU);
          break;
        case 1:
          bytes[place] = tokens[below(tokens.size())];
          break;
        case 2:
          bytes.erase(place, 1 + below(4));
          break;
        case 3:
          bytes.insert(place, 1, tokens[below(tokens.size())]);
          break;
        default:
          bytes.insert(place, bytes.substr(below(bytes.size()), below(40)));
          break;
      }
      bytes.resize(std::max(bytes.size(), header_end));
      // Half of the time the length is put right, so that the header is looked at.
      if (random.chance(0.5F)) {
        const std::uint64_t length = bytes.size() - 165 - 8;
        std::memcpy(bytes.data(), &length, sizeof(length));
      }
    }
    try {
      const SafetensorsFile file = parse(bytes);
      for (const TensorRecord& record : file.tensors())
        for (const double value : values<double>(record)) sum += value == value ? 1 : 0;
      ++valid;
    } catch (const FileError&) {
      ++refused;
    }
  }
  CHECK(valid > 200);
  CHECK(refused > 10000);
  CHECK(sum > 0);
}
