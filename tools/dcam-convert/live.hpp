// Output while the input arrives.
#pragma once

#include <filesystem>
#include <optional>

#include "dcam-convert/converter.hpp"
#include "dcam-convert/live_input.hpp"

namespace dualcam::convert {

/// Whether this input is to go out as it arrives: it was asked for, or it is a pipe.
bool is_wanted_live(const Workshop& workshop, const ListedFile& input);

/// Why what it becomes comes out when all of it has come, nevertheless.
std::optional<std::string> reason_to_wait(const Workshop& workshop,
                                          const std::filesystem::path& target);

/// What has come of it.
struct LiveEnd {
  bool live = true;      ///< false: of another kind than PTMF, nothing has been written; then:
  ByteBuffer begin = {}; ///< what has been read
  std::optional<LiveInput> rest = std::nullopt; ///< keeps a pipe open
};

/// Writes each picture and its sound to `target` as soon as they are whole; fills `record`.
Outcome<LiveEnd> run_live(const Workshop& workshop, const ListedFile& input,
                          const std::filesystem::path& target, Record& record);

/// Waits until the followed file has got its name, which it returns.
Outcome<std::string> await_name(const Workshop& workshop, const std::string& part);

} // namespace dualcam::convert
