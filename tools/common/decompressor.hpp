// Compressed input, through the installed tool.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/input_file.hpp"

namespace dualcam::inline tools {

/// One of the tools of compression.hpp, at work on a file; no shell. Whatever it has not written
/// when this object goes is not waited for.
class Decompressor {
public:
  /// Starts `tool` on `file`, from its beginning. Error: io, there is no such tool.
  static Result<Decompressor> start(const std::string& tool, InputFile file);
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;
  ~Decompressor();

  /// What it writes.
  InputFile& output();
  /// Once all of it has been read: whether that was all. Errors: crc, if it was but for its
  /// checksum; malformed; with what the tool says.
  Result<void> finish();

private:
  struct Running;
  explicit Decompressor(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

/// A file of which the content is asked for, whether it is compressed or not.
class ContentFile {
public:
  static Result<ContentFile> open(const std::string& path);
  InputFile& content() { return decompressor_ ? decompressor_->output() : *file_; }
  bool can_be_opened_again() const { return again_; }
  /// See Decompressor.
  Result<void> finish() { return decompressor_ ? decompressor_->finish() : Result<void>(); }

private:
  std::optional<InputFile> file_;
  std::optional<Decompressor> decompressor_;
  bool again_ = false;
};

} // namespace dualcam::inline tools
