// --min-free: whether the rest of a file leaves that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dcam-serve/options.hpp"
#include "dualcam/files/file_ref.hpp"
#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/kept_path.hpp"

namespace dualcam::serve {

/// Of one file. The options outlive it.
struct Room {
  const ServeOptions& options;
  FileRef file;
  std::uint32_t announced; ///< by START
  bool in_packets;         ///< as FileFacts has it
  KeptPath folder;         ///< where it goes; it need not be there yet

  /// `held` is there already. An error says what does not fit.
  Result<void> check(const HeldData& held) const;
};

/// Why no file at all can be stored in `folder`, which is there; empty if some can.
std::string why_no_room(const std::filesystem::path& folder, std::uint64_t min_free);

} // namespace dualcam::serve
