#include "dcam-convert/output.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "common/standard_streams.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/name_length.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

/// The same name, shortened where a `_12.part` would not fit behind it.
fs::path with_room_for_part(const fs::path& path) {
  return path.parent_path() / cut_name(path.filename().string(), longest_name - sizeof("_12.part"));
}

} // namespace

Result<Output> Output::create(const fs::path& path, bool make_folder,
                              const std::function<bool(const fs::path&)>& may_use) {
  if (path == "-") {
    return Output(std::nullopt);
  }
  if (path.filename().native().size() > longest_name) { // or it shows once all is made
    return errno_error(ENAMETOOLONG, "cannot create " + path.string());
  }
  if (make_folder && path.has_parent_path()) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return errno_error(error.value(), "cannot create " + path.parent_path().string());
    }
  }
  auto part = PartFile::create(with_room_for_part(path), Leftover::start_over,
                               [&](const fs::path& name) { return Result<bool>(may_use(name)); });
  if (!part) {
    std::error_code ignored;
    const auto folder = path.parent_path();
    return folder.empty() || fs::exists(folder, ignored)
               ? std::unexpected(part.error())
               : errno_error(ENOENT, fmt::format("cannot create {}: the folder {}", path.string(),
                                                 folder.string()));
  }
  part->set_final_name(path);
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

Result<Verdict> Output::check(ResultForm form) const {
  const auto size = part_->size();
  if (!size) {
    return std::unexpected(size.error());
  }
  std::optional<Error> error;
  const auto verdict =
      check_result(form, *size, [&](std::uint64_t offset, std::span<std::byte> bytes) {
        const auto read = part_->read(offset, bytes);
        if (!read) {
          error = read.error();
        }
        return read && read->size() == bytes.size();
      });
  return error ? Result<Verdict>(std::unexpected(*error)) : verdict;
}

Error Output::write_failure(int error) const {
  return io_error("write", part_->path(), error).error();
}

Result<void> Output::try_to_write() {
  const auto size = part_->size();
  const auto at_end = size ? part_->truncate(*size) : std::unexpected(size.error());
  const ByteBuffer much(std::size_t{1} << 20);
  const Bytes piece = much;
  return at_end ? part_->append(std::span(&piece, 1)) : at_end;
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
