// An input file, whatever it is: readable at any offset.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/descriptor.hpp"
#include "common/stop_signal.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::convert {

/// Whether it is a stream of pictures without times.
constexpr bool is_elementary(VideoFormat format) {
  return format == VideoFormat::annex_b || format == VideoFormat::h264;
}

/// What to say once more than `most` bytes have come of a pipe.
inline Error endless(std::uint64_t offset, std::uint64_t most) {
  return {ErrorCategory::io, offset,
          "is endless, or too long: more than " + std::to_string(most) + " bytes have come"};
}

/// Errors are of category io and name the path.
class Input {
public:
  /// `path`: "-" is standard input. Pipes and the like are first copied to a temporary file that
  /// has no name, and so leaves nothing behind.
  /// `begin`: what has already been read of a pipe. It is given up, an error, when more than
  /// `most_copied` bytes come, or when the first of them are of no kind.
  static Result<Input> open(const std::string& path, const StopSignal& stop,
                            std::uint64_t most_copied = most_copied_bytes, Bytes begin = {});

  /// Of a device or an endless pipe: more than any camera's file has.
  static constexpr std::uint64_t most_copied_bytes = std::uint64_t{4} << 30;

  /// A file without a path, of the same name and format: `head`, and then the given parts
  /// (offset, size) of this one.
  struct Part {
    std::uint64_t offset;
    std::uint64_t size;
  };
  Result<Input> rearranged(Bytes head, std::span<const Part> parts, const StopSignal& stop) const;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  VideoFormat format() const { return format_; }
  int descriptor() const { return file_.get(); }
  /// Whether `path` leads to the same bytes, for a program that reads it itself.
  bool has_path() const { return has_path_; }

  /// Fills `bytes` with what stands at `offset`; all of it must be there.
  Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const;

private:
  explicit Input(std::string path) : path_(std::move(path)) {}
  Result<void> take(Descriptor opened, const StopSignal& stop, std::uint64_t most_copied,
                    Bytes begin);
  Result<void> spool(int from, const StopSignal& stop, std::uint64_t most_copied, Bytes begin);
  Result<void> measure();

  std::string path_;
  Descriptor file_;
  bool has_path_ = false;
  std::uint64_t size_ = 0;
  VideoFormat format_ = VideoFormat::unknown;
};

} // namespace dualcam::convert
