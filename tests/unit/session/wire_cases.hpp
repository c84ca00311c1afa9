// Cases as data: what a session does with bytes from the other side. wire_cases_server.txt says how
// they are written down.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

struct WireCase {
  std::string name;     ///< "state: name", unique in its file
  std::string options;  ///< of the state
  std::string before;   ///< brings a session into the state
  std::string bytes;    ///< what comes then
  std::string reaction; ///< the events, in the form of `canonical`
};

/// Throws with the line's number what cannot be read.
std::vector<WireCase> read_wire_cases(const std::string& path);

/// A stretch of bytes with what follows it: a wait, the end of the stream, or just the next one.
struct WireStep {
  ByteBuffer bytes;
  std::uint32_t wait = 0; ///< milliseconds
  bool gone = false;
};
std::vector<WireStep> wire_steps(std::string_view text);

/// A list of events without its spaces, so that hex may be grouped at will.
std::string canonical(std::string_view events);

} // namespace dualcam
