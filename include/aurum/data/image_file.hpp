#pragma once
// Needs libjpeg(-turbo) and libpng: link JPEG::JPEG and PNG::PNG.
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// clang-format off: jpeglib.h needs <cstddef> and <cstdio> before it
#include <jpeglib.h>
#include <png.h>
// clang-format on

#include "aurum/core/error.hpp"
#include "aurum/data/exif.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// A picture with more pixels than this is taken for a broken or hostile file (400 MB as RGB).
inline constexpr std::int64_t largest_image_pixels = std::int64_t{1} << 27;

namespace detail {

inline void check_image_size(std::int64_t width, std::int64_t height, const std::string& name) {
  if (width < 1 || height < 1 || width > largest_image_pixels / height)
    throw FileError(name, "a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                              " pixels; at most " + std::to_string(largest_image_pixels) + " are read");
}

inline const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// libjpeg reports errors through callbacks that must not return. They note the message and jump back to the
/// setjmp of the function that called libjpeg; between the two there must be no C++ object to destroy, so
/// each libjpeg call sits in a member function of plain data whose result lives with the caller.
struct JpegErrors {
  jpeg_error_mgr manager{};  // first: libjpeg hands out its address
  std::jmp_buf back{};
  char message[JMSG_LENGTH_MAX] = {};

  template <class Jpeg>
  void attach(Jpeg& jpeg) {
    jpeg.err = jpeg_std_error(&manager);
    manager.error_exit = [](j_common_ptr common) { fail(common); };
    // A warning means that the data are damaged or cut short: libjpeg would go on and make up the rest.
    manager.emit_message = [](j_common_ptr common, int level) {
      if (level < 0) fail(common);
    };
  }

 private:
  [[noreturn]] static void fail(j_common_ptr common) {
    auto* self = reinterpret_cast<JpegErrors*>(common->err);
    (*common->err->format_message)(common, self->message);
    std::longjmp(self->back, 1);
  }
};

class JpegReader {
 public:
  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }

  [[nodiscard]] bool start(std::string_view bytes) {
    errors_.attach(jpeg_);
    if (setjmp(errors_.back) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, as_bytes(bytes), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&jpeg_, TRUE);
    jpeg_.out_color_space = JCS_RGB;
    jpeg_calc_output_dimensions(&jpeg_);
    return true;
  }
  [[nodiscard]] bool read(Image& image) {
    if (setjmp(errors_.back) != 0) return false;
    jpeg_start_decompress(&jpeg_);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = image.at(0, static_cast<int>(jpeg_.output_scanline));
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }
  [[nodiscard]] std::int64_t width() const { return jpeg_.output_width; }
  [[nodiscard]] std::int64_t height() const { return jpeg_.output_height; }
  [[nodiscard]] const char* message() const { return errors_.message; }

 private:
  jpeg_decompress_struct jpeg_{};
  JpegErrors errors_;
};

class JpegWriter {
 public:
  JpegWriter() = default;
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&jpeg_);
    std::free(buffer_);
  }

  [[nodiscard]] bool write(const Image& image, int quality) {
    errors_.attach(jpeg_);
    if (setjmp(errors_.back) != 0) return false;
    jpeg_create_compress(&jpeg_);
    jpeg_mem_dest(&jpeg_, &buffer_, &size_);
    jpeg_.image_width = static_cast<JDIMENSION>(image.width);
    jpeg_.image_height = static_cast<JDIMENSION>(image.height);
    jpeg_.input_components = 3;
    jpeg_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    jpeg_start_compress(&jpeg_, TRUE);
    while (jpeg_.next_scanline < jpeg_.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(image.at(0, static_cast<int>(jpeg_.next_scanline)));
      jpeg_write_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_compress(&jpeg_);
    return true;
  }
  [[nodiscard]] std::string_view bytes() const { return {reinterpret_cast<const char*>(buffer_), size_}; }
  [[nodiscard]] const char* message() const { return errors_.message; }

 private:
  jpeg_compress_struct jpeg_{};
  JpegErrors errors_;
  unsigned char* buffer_ = nullptr;
  unsigned long size_ = 0;
};

[[nodiscard]] inline Image decode_jpeg(std::string_view bytes, const std::string& name) {
  JpegReader reader;
  if (!reader.start(bytes)) throw FileError(name, std::string("damaged JPEG: ") + reader.message());
  check_image_size(reader.width(), reader.height(), name);
  Image image(static_cast<int>(reader.width()), static_cast<int>(reader.height()));
  if (!reader.read(image)) throw FileError(name, std::string("damaged JPEG: ") + reader.message());
  return upright(std::move(image), exif_orientation(bytes));
}

[[nodiscard]] inline Image decode_png(std::string_view bytes, const std::string& name) {
  png_image png{};  // libpng's simplified interface does its own setjmp
  png.version = PNG_IMAGE_VERSION;
  const auto require = [&](int done) {
    if (done != 0) return;  // warnings tell of colour profiles and the like, not of lost pixels
    const std::string reason = png.message;
    png_image_free(&png);
    throw FileError(name, "damaged PNG: " + reason);
  };
  require(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()));
  const std::int64_t width = png.width;
  const std::int64_t height = png.height;
  try {
    check_image_size(width, height, name);
    Image image(static_cast<int>(width), static_cast<int>(height));
    png.format = PNG_FORMAT_RGB;
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16-bit pictures are photographs here, not linear light
    const png_color black{0, 0, 0};          // shows where the picture is transparent
    require(png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr));
    return image;
  } catch (...) {
    png_image_free(&png);
    throw;
  }
}

}  // namespace detail

/// A picture from the bytes of a JPEG or PNG file, told apart by their content: grey, palette, 16-bit and
/// transparent (over black) pictures become 8-bit RGB. `name` stands in messages. Throws FileError, with the
/// reason, for anything else and for damaged or truncated data. A JPEG is turned as its EXIF orientation
/// says, as viewers and OpenCV do.
[[nodiscard]] inline Image decode_image(std::string_view bytes, const std::string& name = "image") {
  if (bytes.empty()) throw FileError(name, "the file is empty");
  if (bytes.starts_with("\xFF\xD8\xFF")) return detail::decode_jpeg(bytes, name);
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return detail::decode_png(bytes, name);
  throw FileError(name, "neither a JPEG nor a PNG picture");
}

/// Reads a JPEG or PNG file; see decode_image.
[[nodiscard]] inline Image read_image(const std::filesystem::path& path) {
  return decode_image(read_file(path), path.string());
}

/// The bytes of a PNG file (lossless). Throws ValueError for an empty picture.
[[nodiscard]] inline std::string encode_png(const Image& image) {
  if (image.empty()) throw ValueError("a picture without pixels cannot be written");
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(png), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) == 0)
    throw Error(std::string("PNG: ") + png.message);
  bytes.resize(size);
  return bytes;
}

/// The bytes of a JPEG file; quality 1 to 100. Throws ValueError for an empty picture and other qualities.
[[nodiscard]] inline std::string encode_jpeg(const Image& image, int quality = 95) {
  if (image.empty()) throw ValueError("a picture without pixels cannot be written");
  if (quality < 1 || quality > 100)
    throw ValueError("JPEG quality " + std::to_string(quality) + " is outside 1 to 100");
  detail::JpegWriter writer;
  if (!writer.write(image, quality)) throw ValueError(std::string("JPEG: ") + writer.message());
  return std::string(writer.bytes());
}

inline void write_png(const std::filesystem::path& path, const Image& image) {
  write_file(path, encode_png(image));
}

inline void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = 95) {
  write_file(path, encode_jpeg(image, quality));
}

}  // namespace aurum
