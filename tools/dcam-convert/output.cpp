#include "dcam-convert/output.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "common/standard_streams.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

} // namespace

fs::path output_path(const std::string& output, const std::string& input,
                     std::string_view extension, bool many) {
  auto name = input == "-" ? fs::path("stdin") : fs::path(input);
  name.replace_extension(extension);
  std::error_code ignored;
  if (output.empty()) {
    return name;
  }
  if (output != "-" && (many || output.ends_with('/') || fs::is_directory(output, ignored))) {
    return fs::path(output) / name.filename();
  }
  return output;
}

Result<Output> Output::create(const fs::path& path, bool make_folder) {
  if (path == "-") {
    return Output(std::nullopt);
  }
  if (make_folder && path.has_parent_path()) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return errno_error(error.value(), "cannot create " + path.parent_path().string());
    }
  }
  auto part = PartFile::create(path);
  if (!part) {
    return std::unexpected(part.error());
  }
  return Output(std::move(*part));
}

Output::~Output() {
  if (part_ && !finished_) {
    part_->discard();
  }
}

Result<void> Output::write(Bytes bytes) {
  return part_ ? part_->append(std::span(&bytes, 1)) : write_to_stdout(bytes);
}

Result<void> Output::write_to_stdout(Bytes bytes) {
  const int error = write_to_reader(STDOUT_FILENO, as_text(bytes));
  reader_gone_ = reader_gone_ || error == EPIPE;
  return error == 0 || error == EPIPE ? Result<void>()
                                      : errno_error(error, "cannot write to standard output");
}

Result<std::optional<fs::path>> Output::finish(IfExists if_exists) {
  if (!part_) {
    finished_ = true;
    return fs::path();
  }
  auto name = part_->finish(if_exists);
  finished_ = name.has_value();
  return name;
}

} // namespace dualcam::convert
