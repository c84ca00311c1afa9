#include "trace.hpp"

#include <algorithm>

#include <sys/syscall.h>
#include <unistd.h>

namespace faults {
namespace {

void append_hex(std::string& text, std::string_view bytes) {
  constexpr auto digits = "0123456789abcdef";
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
}

std::string opened(std::string_view key) { return R"(,")" + std::string(key) + R"(":)"; }

} // namespace

Line& Line::number(std::string_view key, long long value) {
  text_ += opened(key) + std::to_string(value);
  return *this;
}

Line& Line::bytes(std::string_view key, std::string_view value) {
  text_ += opened(key) + '"';
  append_hex(text_, value);
  text_ += '"';
  return *this;
}

Line& Line::bytes(std::string_view key, std::span<const iovec> pieces, std::size_t count) {
  text_ += opened(key) + '"';
  for (const auto& piece : pieces) {
    const auto part = std::min(count, piece.iov_len);
    append_hex(text_, {static_cast<const char*>(piece.iov_base), part});
    count -= part;
  }
  text_ += '"';
  return *this;
}

void append(int trace, const Line& line) {
  const auto text = line.text();
  for (std::string_view rest = text; !rest.empty();) {
    // not ::write: that one is watched
    const auto written = ::syscall(SYS_write, trace, rest.data(), rest.size());
    if (written < 0) {
      ::_exit(99); // a trace with a hole would prove nothing
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

} // namespace faults
