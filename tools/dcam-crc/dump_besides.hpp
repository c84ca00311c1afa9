// What is told of a dump besides its transfers: what of it was not read, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/dump_source.hpp"
#include "common/json.hpp"
#include "common/standard_streams.hpp"

namespace dualcam::crc {

/// Who spoke in a dump.
struct DumpTalk {
  std::uint64_t commands = 0;            ///< of cameras
  std::string server_said;               ///< the last command of a server; empty: none
  bool answered = false;                 ///< a camera said something behind it
  std::optional<std::uint32_t> status{}; ///< the last one of a camera
};

/// "the camera's STATUS 17: " and what it means.
std::string status_text(std::uint32_t code);

/// Of the event `summary`.
Json summary_fields(const DumpFacts& facts, const DumpTalk& talk, std::uint64_t transfers);

/// As lines for people. `name` is escaped; `is_flawed`: something is bad or missing.
void tell_besides(Console& console, const std::string& name, const DumpFacts& facts,
                  const DumpTalk& talk, std::uint64_t transfers, bool is_flawed);

} // namespace dualcam::crc
