// What happened, in order, one JSON object a line: DUALCAM_FAULT_TRACE.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

namespace faults {

/// One line of the trace. Strings of bytes are hex, so that any path fits.
class Line {
public:
  explicit Line(std::string_view call) : text_(R"({"call":")" + std::string(call) + '"') {}

  Line& number(std::string_view key, long long value);
  Line& bytes(std::string_view key, std::string_view value);
  /// The first `count` bytes of the pieces.
  Line& bytes(std::string_view key, std::span<const iovec> pieces, std::size_t count);

  std::string text() const { return text_ + "}\n"; }

private:
  std::string text_;
};

/// Appends the line to a descriptor that is open for appending.
void append(int trace, const Line& line);

} // namespace faults
