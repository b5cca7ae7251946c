#include <png.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "aurum/core/random.hpp"
#include "aurum/data/image_file.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

Image smooth_picture(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      image.at(x, y)[0] = static_cast<std::uint8_t>(255 * x / width);
      image.at(x, y)[1] = static_cast<std::uint8_t>(255 * y / height);
      image.at(x, y)[2] = static_cast<std::uint8_t>(128);
    }
  return image;
}

/// A PNG in another pixel format, as other programs write it.
std::string encode_as(png_uint_32 format, int width, int height, const void* pixels, const void* palette) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(width);
  png.height = static_cast<png_uint_32>(height);
  png.format = format;
  png.colormap_entries = palette == nullptr ? 0 : 2;
  std::string bytes(100000, '\0');
  png_alloc_size_t size = bytes.size();
  REQUIRE(png_image_write_to_memory(&png, bytes.data(), &size, 0, pixels, 0, palette) != 0);
  bytes.resize(size);
  return bytes;
}

std::string problem(const std::string& bytes) {
  return message<FileError>([&] { (void)decode_image(bytes, "picture"); });
}

}  // namespace

TEST_CASE("a PNG gives the same pixels back, a JPEG nearly the same", "[data]") {
  const Image image = smooth_picture(37, 21);
  const Image png = decode_image(encode_png(image));
  CHECK(png.width == 37);
  CHECK(png.height == 21);
  CHECK(png.pixels == image.pixels);

  const Image jpeg = decode_image(encode_jpeg(image, 100));
  REQUIRE(jpeg.pixels.size() == image.pixels.size());
  int worst = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    worst = std::max(worst, std::abs(jpeg.pixels[i] - image.pixels[i]));
  CHECK(worst <= 8);
  CHECK(encode_jpeg(image, 30).size() < encode_jpeg(image, 95).size());
}

TEST_CASE("files are told apart by their content, not by their names", "[data]") {
  const auto path = std::filesystem::temp_directory_path() / "aurum_misnamed.jpg";
  const Image image = smooth_picture(8, 8);
  write_png(path, image);
  CHECK(read_image(path).pixels == image.pixels);
  write_jpeg(path, image);
  CHECK(read_image(path).width == 8);
  std::filesystem::remove(path);
}

TEST_CASE("grey, transparent, 16-bit and palette PNGs become 8-bit RGB", "[data]") {
  const std::array<std::uint8_t, 2> grey = {10, 200};
  const Image from_grey = decode_image(encode_as(PNG_FORMAT_GRAY, 2, 1, grey.data(), nullptr));
  CHECK(from_grey.pixels == std::vector<std::uint8_t>{10, 10, 10, 200, 200, 200});

  const std::array<std::uint8_t, 8> alpha = {10, 20, 30, 255, 200, 100, 50, 0};
  const Image from_alpha = decode_image(encode_as(PNG_FORMAT_RGBA, 2, 1, alpha.data(), nullptr));
  CHECK(from_alpha.pixels == std::vector<std::uint8_t>{10, 20, 30, 0, 0, 0});

  const std::array<std::uint8_t, 2> index = {1, 0};
  const std::array<std::uint8_t, 6> palette = {1, 2, 3, 4, 5, 6};
  const Image from_palette =
      decode_image(encode_as(PNG_FORMAT_RGB_COLORMAP, 2, 1, index.data(), palette.data()));
  CHECK(from_palette.pixels == std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3});

  // libpng's simplified writer marks 16-bit data as linear light; such a file is converted by its own mark.
  const std::array<std::uint16_t, 6> deep = {0, 0, 0, 65535, 65535, 65535};
  const Image from_deep = decode_image(encode_as(PNG_FORMAT_LINEAR_RGB, 2, 1, deep.data(), nullptr));
  CHECK(from_deep.pixels == std::vector<std::uint8_t>{0, 0, 0, 255, 255, 255});
}

TEST_CASE("16-bit PNGs without a mark keep their tones", "[data]") {
  const Image image = read_image(std::string(AURUM_TEST_DATA) + "/ramp16.png");
  REQUIRE(image.width == 256);
  for (int x = 0; x < 256; ++x) {
    INFO("tone " << x);
    CHECK(std::abs(image.at(x, 0)[0] - x) <= 1);
    CHECK(image.at(x, 0)[0] == image.at(x, 0)[2]);
  }
}

TEST_CASE("a JPEG is turned as its EXIF orientation says", "[data]") {
  // The corner that is up and left when the picture is looked at, for orientations 1 to 8: EXIF 2.3's table.
  Image stored(40, 24);
  const auto paint = [&](int left, int top, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    for (int y = top; y < top + 12; ++y)
      for (int x = left; x < left + 20; ++x) {
        std::uint8_t* const p = stored.at(x, y);
        p[0] = r, p[1] = g, p[2] = b;
      }
  };
  paint(0, 0, 255, 0, 0);  // stored: up left red, up right green, down left blue, down right white
  paint(20, 0, 0, 255, 0);
  paint(0, 12, 0, 0, 255);
  paint(20, 12, 255, 255, 255);
  const std::string jpeg = encode_jpeg(stored, 100);
  // An APP1 segment with one TIFF directory of one entry, in both byte orders.
  const auto with_orientation = [&](int orientation, bool big) {
    const auto number = [&](int value, int bytes) {
      std::string text;
      for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * (big ? bytes - 1 - i : i));
      return text;
    };
    const std::string tiff = (big ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) +
                             number(0x112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) +
                             number(0, 2) + number(0, 4);
    const std::string content = std::string("Exif\0\0", 6) + tiff;
    const auto length = static_cast<int>(content.size()) + 2;
    return jpeg.substr(0, 2) + "\xFF\xE1" + static_cast<char>(length >> 8) +
           static_cast<char>(length & 0xFF) + content + jpeg.substr(2);
  };
  const auto colour = [](const Image& image, bool right, bool down) {
    const std::uint8_t* const p = image.at(right ? image.width - 5 : 5, down ? image.height - 5 : 5);
    return std::string{p[0] > 128 ? 'r' : '-', p[1] > 128 ? 'g' : '-', p[2] > 128 ? 'b' : '-'};
  };
  const std::string red = "r--", green = "-g-", blue = "--b", white = "rgb";
  // Up left and up right, as looked at.
  const std::pair<std::string, std::string> looked_at[] = {{red, green},   {green, red},  {white, blue},
                                                           {blue, white},  {red, blue},   {blue, red},
                                                           {white, green}, {green, white}};
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool big : {false, true}) {
      INFO("orientation " << orientation);
      const Image image = decode_image(with_orientation(orientation, big));
      CHECK(image.width == (orientation >= 5 ? 24 : 40));
      CHECK(colour(image, false, false) == looked_at[orientation - 1].first);
      CHECK(colour(image, true, false) == looked_at[orientation - 1].second);
    }
  CHECK(decode_image(with_orientation(0, true)).width == 40);
  CHECK(decode_image(with_orientation(9, false)).width == 40);
  const std::string six = with_orientation(6, true);
  for (std::size_t size = 0; size < 60; ++size)
    CHECK(exif_orientation(std::string_view(six).substr(0, size)) >= 1);
}

TEST_CASE("a truncated picture is refused at whatever byte it ends, never half given", "[data]") {
  const Image image = smooth_picture(40, 40);
  const auto cut = [](const std::string& whole, std::size_t needed) {
    for (std::size_t size = 0; size < needed; ++size)
      CHECK_THROWS_AS(decode_image(whole.substr(0, size)), FileError);
  };
  const std::string png = encode_png(image);
  cut(png, png.size() - 12);  // what follows is the end marker, which holds no pixels
  const std::string jpeg = encode_jpeg(image);
  cut(jpeg, jpeg.size());
  CHECK(contains(problem(jpeg.substr(0, jpeg.size() / 2)), "Premature end"));
}

TEST_CASE("damaged bytes are refused or decoded, without a crash", "[data]") {
  const Image image = smooth_picture(40, 40);
  Random random{Seed{5}};
  for (const std::string& whole : {encode_jpeg(image), encode_png(image)})
    for (int trial = 0; trial < 300; ++trial) {
      std::string bytes = whole;
      for (int k = 0; k < 3; ++k)
        bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(random.bits());
      // A damaged header may ask for a larger picture, up to the limit; that is slow rather than wrong.
      try {
        const Image decoded = decode_image(bytes);
        CHECK(decoded.pixels.size() == 3U * static_cast<unsigned>(decoded.width * decoded.height));
      } catch (const FileError&) {
        SUCCEED();
      }
    }
}

TEST_CASE("files that are no picture say what is wrong with them", "[data]") {
  CHECK(contains(problem(""), "picture: the file is empty"));
  CHECK(contains(problem("GIF89a"), "neither a JPEG nor a PNG"));
  CHECK(contains(problem("\xFF\xD8\xFF"), "damaged JPEG"));
  CHECK(contains(problem("\x89PNG\r\n\x1A\n"), "damaged PNG"));

  std::string huge = encode_png(smooth_picture(4, 4));
  huge[18] = huge[22] = '\x10';  // 1,048,580 pixels each way; the checksum is wrong, too
  CHECK(problem(huge) != "nothing was thrown");
  std::string broad = encode_jpeg(smooth_picture(8, 8));
  const std::size_t frame = broad.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  for (std::size_t i = 5; i < 9; ++i) broad[frame + i] = '\xFE';  // 65,278 x 65,278
  CHECK(contains(problem(broad), "65278 x 65278"));

  const auto folder = std::filesystem::temp_directory_path();
  CHECK(contains(message<FileError>([&] { (void)read_image(folder); }), "not a regular file"));
  CHECK(contains(message<FileError>([&] { (void)read_image(folder / "aurum_absent.png"); }), "no such file"));
  CHECK_THROWS_AS(write_png(folder / "aurum_absent" / "a.png", smooth_picture(2, 2)), FileError);
  CHECK_THROWS_AS(encode_png(Image{}), ValueError);
  CHECK_THROWS_AS(encode_jpeg(Image{}), ValueError);
  CHECK_THROWS_AS(encode_jpeg(smooth_picture(2, 2), 101), ValueError);
}
