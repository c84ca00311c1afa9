// Where results go: a file that appears whole or not at all, or standard output.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "dcam-convert/options.hpp"
#include "dcam-convert/result_check.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::convert {

/// An abandoned output leaves nothing behind.
class Output {
public:
  /// Opens the temporary file, making the folder if `make_folder`; standard output for "-".
  /// `may_use` may refuse a name for the temporary file.
  static Result<Output> create(const std::filesystem::path& path, bool make_folder,
                               const std::function<bool(const std::filesystem::path&)>& may_use);

  Output(Output&& other) noexcept : part_(std::exchange(other.part_, std::nullopt)) {}
  Output& operator=(Output&&) = delete;
  ~Output();

  bool is_stdout() const { return !part_; }
  /// The file to be written by another program, under its temporary name.
  std::filesystem::path temporary_path() const { return part_->path(); }

  /// Waits for standard output's reader, but not after a stop signal.
  Result<void> write(Bytes bytes);
  /// The reader of standard output wants no more, which is no error.
  bool reader_gone() const { return reader_gone_; }

  // What another program has made of the temporary file:
  Result<Verdict> check(ResultForm form) const;
  /// The error of a `write` that the system refuses so.
  Error write_failure(int error) const;
  /// Whether the file can still grow, by trying; it is of no use afterwards.
  Result<void> try_to_write();

  /// Gives the file its name; nullopt if it is taken and to be skipped. Empty for standard output.
  Result<std::optional<std::filesystem::path>> finish(IfExists if_exists);

private:
  explicit Output(std::optional<PartFile> part) : part_(std::move(part)) {}
  Result<void> write_to_stdout(Bytes bytes);

  std::optional<PartFile> part_;
  bool finished_ = false;
  bool reader_gone_ = false;
};

} // namespace dualcam::convert
