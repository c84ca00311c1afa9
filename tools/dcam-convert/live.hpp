// Output while the input arrives.
#pragma once

#include <optional>

#include "dcam-convert/converter.hpp"
#include "dcam-convert/live_input.hpp"

namespace dualcam::convert {

/// Whether this input goes to standard output as it arrives: it was asked for, or the input is a
/// pipe, and nothing has to be encoded.
bool goes_live(const Workshop& workshop, const ListedFile& input, const std::string& target);

/// What has come of it.
struct LiveEnd {
  bool live = true;      ///< false: of another kind than PTMF, nothing has been written; then:
  ByteBuffer begin = {}; ///< what has been read
  std::optional<LiveInput> rest = std::nullopt; ///< keeps a pipe open
};

/// Writes each picture and its sound to standard output as soon as they are whole; fills `record`.
Outcome<LiveEnd> run_live(const Workshop& workshop, const ListedFile& input, Record& record);

/// Waits until the followed file has got its name, which it returns.
Outcome<std::string> await_name(const Workshop& workshop, const std::string& part);

} // namespace dualcam::convert
