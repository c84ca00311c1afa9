// A file or standard input, read from front to back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/descriptor.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {

class InputFile {
public:
  /// `-` is standard input.
  static Result<InputFile> open(const std::string& path);
  /// What can be read from an open one, which it closes.
  static InputFile of(Descriptor file);

  /// Up to `buffer.size()` bytes; 0 at the end.
  Result<std::size_t> read(std::span<std::byte> buffer);
  /// The next bytes, up to `count`, which `read` still gives.
  Result<Bytes> peek(std::size_t count);

  /// Back to the beginning, of a regular file; false: it is none.
  bool rewind();

  /// The size of a regular file; nullopt for everything else.
  std::optional<std::uint64_t> size() const { return size_; }
  int descriptor() const { return file_.get(); }

private:
  InputFile(Descriptor file, std::optional<std::uint64_t> size)
      : file_(std::move(file)), size_(size) {}

  Descriptor file_;
  std::optional<std::uint64_t> size_;
  ByteBuffer peeked_;
};

/// All of what is left of a file, no more than `largest` bytes.
Result<std::string> read_text(InputFile file, std::size_t largest);
/// The same of a file by name (`-`: of standard input).
Result<std::string> read_text(const std::string& path, std::size_t largest);

} // namespace dualcam::inline tools
