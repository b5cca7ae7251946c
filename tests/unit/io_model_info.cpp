#include <string>

#include "aurum/io/model_info.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using aurum::test::contains;

namespace {

const ModelInfo au_net{.layout = "ntinou2020.adaptation",
                       .maps = 3,
                       .action_units = {12, 1, 25},
                       .input = {3, 256, 192},
                       .crop = "tight",
                       .normalisation = "min-max per image",
                       .training_data = "DISFA, folds 1 and 2",
                       .synthetic_data = "",
                       .licence = "CC-BY-4.0",
                       .aurum_version = "0.0.7"};

SafetensorsFile file_with(const Metadata& metadata) {
  const test::TemporaryDirectory directory;
  write_safetensors(directory / "model", {}, metadata);
  return SafetensorsFile::read(directory / "model");
}

}  // namespace

TEST_CASE("a file says which model it holds", "[io]") {
  const SafetensorsFile file = file_with(to_metadata(au_net));
  CHECK(has_model_info(file));
  CHECK(read_model_info(file) == au_net);
  CHECK(file.metadata().at("aurum.action_units") == "12,1,25");
  CHECK(file.metadata().at("aurum.input") == "3x256x192");

  ModelInfo landmarks = au_net;
  landmarks.action_units = {};
  landmarks.maps = 68;
  CHECK(read_model_info(file_with(to_metadata(landmarks))) == landmarks);

  ModelInfo sides = au_net;
  sides.sides = true;
  CHECK(read_model_info(file_with(to_metadata(sides))) == sides);
  CHECK(ModelInfo{}.aurum_version == version());
}

TEST_CASE("keys of others in the metadata do no harm", "[io]") {
  Metadata metadata = to_metadata(au_net);
  metadata["format"] = "pt";
  metadata["aurum.of_the_future"] = "?";
  CHECK(read_model_info(file_with(metadata)) == au_net);
  CHECK_FALSE(has_model_info(file_with({{"format", "pt"}})));
}

TEST_CASE("missing and unreadable metadata are listed together", "[io]") {
  Metadata metadata = to_metadata(au_net);
  metadata.erase("aurum.crop");
  metadata.erase("aurum.licence");
  metadata["aurum.input"] = "3x256";
  const std::string message = test::message<FileError>([&] { (void)read_model_info(file_with(metadata)); });
  CHECK(contains(message, "aurum.crop: missing"));
  CHECK(contains(message, "aurum.licence: missing"));
  CHECK(contains(message, "aurum.input: cannot be understood: '3x256'"));
  CHECK_FALSE(contains(message, "aurum.layout"));
}

TEST_CASE("numbers in the metadata are read strictly", "[io]") {
  const auto accepted = [](const std::string& key, const std::string& value) {
    Metadata metadata = to_metadata(au_net);
    metadata[key] = value;
    return test::message<FileError>([&] { (void)read_model_info(file_with(metadata)); }) ==
           "nothing was thrown";
  };
  CHECK(accepted("aurum.input", "1x2x3"));
  for (const std::string input : {"", "3x256x", "x3x4", "3x256x192x1", "3X256X192", "3x 256x192", "3x256x-1",
                                  "3x256x99999999999", "3x256x192 "})
    CHECK_FALSE(accepted("aurum.input", input));
  for (const std::string units : {"1,2", "1,2,3,4", "1,2,", ",1,2", "1;2;3", "AU1,AU2,AU3"})
    CHECK_FALSE(accepted("aurum.action_units", units));
  for (const std::string maps : {"", "3,3", "three", "-3", "4"}) CHECK_FALSE(accepted("aurum.maps", maps));
}

TEST_CASE("files from before sides were told apart do not tell them", "[io]") {
  Metadata metadata = to_metadata(au_net);
  metadata.erase("aurum.sides");
  CHECK(read_model_info(file_with(metadata)) == au_net);
  metadata["aurum.sides"] = "perhaps";
  CHECK(contains(test::message<FileError>([&] { (void)read_model_info(file_with(metadata)); }),
                 "aurum.sides: cannot be understood: 'perhaps'"));
}

TEST_CASE("another model is refused with every field that differs", "[io]") {
  ModelInfo found = au_net;
  CHECK_NOTHROW(require_match(au_net, found, "file"));
  found.sides = true;  // may start a training without
  found.licence = found.training_data = found.synthetic_data = found.aurum_version = "another";
  CHECK_NOTHROW(require_match(au_net, found, "file"));
  found.action_units = {1, 12, 25};
  found.crop = "loose";
  CHECK(test::message<FileError>([&] { require_match(au_net, found, "weights.safetensors"); }) ==
        "weights.safetensors: holds another model:"
        "\n  aurum.action_units: expected '12,1,25', found '1,12,25'"
        "\n  aurum.crop: expected 'tight', found 'loose'");
}

TEST_CASE("a model must have one action unit for each map", "[io]") {
  ModelInfo wrong = au_net;
  wrong.maps = 4;
  CHECK_THROWS_AS(to_metadata(wrong), ValueError);
}
