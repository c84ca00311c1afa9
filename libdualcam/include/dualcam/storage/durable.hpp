/// \file
/// Steps on a file system that are still there after a power cut. Errors are of category io, name
/// the path and say what to do where that is known.
///
/// The functions block as long as the disk takes. They may be called from any thread and process;
/// what they promise about names holds between these, too.
#pragma once

#include <cerrno>
#include <filesystem>
#include <span>

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

/// Creates what is missing of `folder` below `root`, which exists; each name is durable.
Result<void> create_folders(const std::filesystem::path& root, const std::filesystem::path& folder);

/// Makes the names in the folder that holds `file` durable.
Result<void> sync_folder_of(const std::filesystem::path& file);

/// Whether there is anything of this name, as far as can be known.
bool is_taken(const std::filesystem::path& path);

/// Gives `from` the name `to` if that is free, which only one of all processes can succeed in. 0 or
/// an errno; EEXIST: taken.
int rename_to_free_name(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes everything, at the file position.
Result<void> write_all(int descriptor, std::span<const Bytes> pieces,
                       const std::filesystem::path& path);

/// The first `limit` bytes of a file. ENOENT: nothing; so is what is no file but a link.
Result<ByteBuffer> read_small_file(const std::filesystem::path& path, std::size_t limit);

/// `folder/name.ext` -> `folder/name_2.ext`; number 0 changes nothing.
std::filesystem::path numbered(const std::filesystem::path& path, unsigned number);

/// How far the numbers go.
inline constexpr unsigned most_numbers = 100'000;

} // namespace dualcam
