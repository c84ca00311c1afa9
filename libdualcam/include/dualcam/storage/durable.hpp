/// \file
/// Steps on a file system that are still there after a power cut. Errors are of category io, name
/// the path and say what to do where that is known.
///
/// The functions block as long as the disk takes. They may be called from any thread and process;
/// what they promise about names holds between these, too.
#pragma once

#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>

#include "dualcam/storage/barrier.hpp"
#include "dualcam/storage/file.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// A system call, made again when a signal interrupts it.
template <class Call> auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

/// "cannot WHAT PATH: why; remedy" for an errno.
std::unexpected<Error> io_error(const char* what, const std::filesystem::path& path, int error);

/// Creates what is missing of `folder` below `root`, which exists. Names that are not known to be
/// durable are for `barrier` to cover.
Result<void> create_folders(const std::filesystem::path& root, const std::filesystem::path& folder,
                            Barrier& barrier);

/// `open` with the folder of `path` there, and anew for as long as it gives nothing, for so long as
/// is plausible: somebody may tidy up an empty folder at the same time.
Result<File> open_in_new_folder(const std::filesystem::path& root,
                                const std::filesystem::path& path, Barrier& barrier,
                                const std::function<Result<std::optional<File>>()>& open);

/// The folder that holds `file`.
std::filesystem::path folder_of(const std::filesystem::path& file);

/// Makes the names in the folder that holds `file` durable.
Result<void> sync_folder_of(const std::filesystem::path& file);

/// The first `limit` bytes of a file. ENOENT: nothing; so is what is no file but a link.
Result<ByteBuffer> read_small_file(const std::filesystem::path& path, std::size_t limit);

} // namespace dualcam
