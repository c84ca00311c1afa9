#include "storage/sidecar.hpp"

#include <array>

#include <fcntl.h>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/resumable_file.hpp"

namespace dualcam {

namespace fs = std::filesystem;

Result<std::optional<Sidecar>> Sidecar::reserve(const fs::path& file) {
  using Nothing = Result<std::optional<Sidecar>>;
  const auto name = sidecar_of(file);
  auto part = PartFile::lock(part_of(name), name);
  if (!part || !*part) {
    return part ? Nothing() : std::unexpected(part.error());
  }
  if (are_one_file((*part)->path(), name)) { // killed between the link and the unlink of a rename
    FileSystem::current().unlink(name.c_str());
  }
  auto other = File::open(name, O_RDONLY); // one that got its name before its file did?
  const auto locked = other ? other->try_lock() : Result<bool>(true);
  if (!locked || !*locked) {
    (*part)->discard();
    return locked ? Nothing() : std::unexpected(locked.error());
  }
  if (const auto emptied = (*part)->truncate(0); !emptied) {
    return std::unexpected(emptied.error());
  }
  return Sidecar(std::move(**part), name, is_taken(name));
}

Result<void> Sidecar::write(std::string_view text, Barrier& barrier) {
  const std::array pieces{as_bytes(text)};
  barrier.add(part_.file());
  return part_.append(pieces);
}

Result<bool> Sidecar::publish() {
  const int error =
      replaces_ ? rename_over(part_.path(), name_) : rename_to_free_name(part_.path(), name_);
  if (error != 0 && (error != EEXIST || replaces_)) {
    return io_error("create", name_, error);
  }
  if (error == 0) {
    part_.set_path(name_);
  }
  return error == 0;
}

void Sidecar::discard() { part_.discard(); }

Result<void> renew_sidecar(const fs::path& file, std::string_view text) {
  auto part = PartFile::create(sidecar_of(file));
  if (!part) {
    return std::unexpected(part.error());
  }
  const std::array pieces{as_bytes(text)};
  const auto written = part->append(pieces);
  const auto finished = written ? part->finish(IfExists::replace)
                                : Result<std::optional<fs::path>>(std::unexpected(written.error()));
  return finished ? Result<void>() : std::unexpected(finished.error());
}

} // namespace dualcam
