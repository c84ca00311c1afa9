#include "common/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

using namespace std::string_view_literals;
using Parsed = Result<std::optional<ProxyHeader>>;

constexpr auto line_begin = "PROXY "sv;
constexpr std::size_t longest_line = 107;
constexpr auto line_end = "\r\n"sv;

constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t fixed_size = 16;
constexpr std::size_t size_v4 = 12;    // two addresses and two ports
constexpr std::size_t size_v6 = 36;    // the same
constexpr std::size_t size_unix = 216; // two paths

/// Whether one of them is the beginning of the other.
bool agree(std::string_view text, std::string_view whole) {
  const auto size = std::min(text.size(), whole.size());
  return text.substr(0, size) == whole.substr(0, size);
}

// --- version 1: a line ---

/// The first word, which is taken away. One blank stands between words.
std::string_view next_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<std::uint16_t> parse_port(std::string_view word) {
  std::uint16_t port = 0;
  const auto* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, port);
  const bool plain = word.size() == 1 || !word.starts_with('0');
  return error == std::errc{} && rest == end && plain ? std::optional(port) : std::nullopt;
}

std::optional<Endpoint> parse_address(std::string_view word, int family) {
  const std::string text(word);
  std::array<std::byte, 16> address{};
  if (text.find('\0') != std::string::npos ||
      ::inet_pton(family, text.c_str(), address.data()) != 1) {
    return std::nullopt;
  }
  return family == AF_INET6 ? Endpoint{address, 0}
                            : Endpoint::v4(load_be<std::uint32_t>(address), 0);
}

std::optional<ProxyHeader::Ends> parse_ends(std::string_view line, int family) {
  auto source = parse_address(next_word(line), family);
  auto destination = parse_address(next_word(line), family);
  const auto source_port = parse_port(next_word(line));
  const auto destination_port = parse_port(line);
  if (!source || !destination || !source_port || !destination_port) {
    return std::nullopt;
  }
  source->port = *source_port;
  destination->port = *destination_port;
  return ProxyHeader::Ends{*source, *destination};
}

Parsed parse_line(std::string_view text) {
  const auto end = text.substr(0, longest_line).find(line_end);
  if (end == std::string_view::npos) {
    return text.size() < longest_line
               ? Parsed()
               : malformed_error(longest_line, "the line of its PROXY header has "
                                               "no end");
  }
  auto line = text.substr(line_begin.size(), end - line_begin.size());
  ProxyHeader header{.version = 1, .size = end + line_end.size(), .ends = {}};
  const auto family = next_word(line);
  if (family == "UNKNOWN") { // whatever comes behind it
    return header;
  }
  if (family != "TCP4" && family != "TCP6") {
    return malformed_error(line_begin.size(), "its PROXY header is of an unknown protocol");
  }
  header.ends = parse_ends(line, family == "TCP4" ? AF_INET : AF_INET6);
  return header.ends ? Parsed(header)
                     : malformed_error(line_begin.size() + family.size(),
                                       "the addresses of its PROXY header cannot be read");
}

// --- version 2: bytes ---

enum class Command : unsigned { local = 0, proxy = 1 };
enum class Family : unsigned { unspecified = 0, v4 = 1, v6 = 2, unix_path = 3 };
enum class Transport : unsigned { unspecified = 0, stream = 1, datagram = 2 };

struct Fixed {
  unsigned version;
  Command command;
  Family family;
  Transport transport;
  std::size_t size; ///< of what comes behind
};

Fixed fixed_part(Bytes bytes) {
  const auto half = [&](std::size_t at, unsigned shift) {
    return std::to_integer<unsigned>(bytes[at] >> shift) & 0x0F;
  };
  return {half(12, 4), static_cast<Command>(half(12, 0)), static_cast<Family>(half(13, 4)),
          static_cast<Transport>(half(13, 0)), load_be<std::uint16_t>(bytes.subspan(14))};
}

std::size_t size_of(Family family) {
  switch (family) {
  case Family::unspecified:
    break;
  case Family::v4:
    return size_v4;
  case Family::v6:
    return size_v6;
  case Family::unix_path:
    return size_unix;
  }
  return 0;
}

/// What is wrong with it; empty if it may be.
std::string flaw_of(const Fixed& fixed) {
  if (fixed.version != 2) {
    return fmt::format("its PROXY header is of version {}", fixed.version);
  }
  if (fixed.command > Command::proxy || fixed.family > Family::unix_path ||
      fixed.transport > Transport::datagram) {
    return "its PROXY header has a command, family or transport that nobody knows";
  }
  if (fixed.size > longest_proxy_header - fixed_size) {
    return fmt::format("its PROXY header is longer than {} bytes", longest_proxy_header);
  }
  if (fixed.command == Command::local) {
    return "";
  }
  if (fixed.transport == Transport::datagram) {
    return "its PROXY header is of datagrams";
  }
  return fixed.size < size_of(fixed.family) ? "the addresses of its PROXY header are cut off" : "";
}

ProxyHeader::Ends ends_v4(Bytes bytes) {
  return {Endpoint::v4(load_be<std::uint32_t>(bytes), load_be<std::uint16_t>(bytes.subspan(8))),
          Endpoint::v4(load_be<std::uint32_t>(bytes.subspan(4)),
                       load_be<std::uint16_t>(bytes.subspan(10)))};
}

ProxyHeader::Ends ends_v6(Bytes bytes) {
  ProxyHeader::Ends ends;
  std::ranges::copy(bytes.first(16), ends.source.address.begin());
  std::ranges::copy(bytes.subspan(16, 16), ends.destination.address.begin());
  ends.source.port = load_be<std::uint16_t>(bytes.subspan(32));
  ends.destination.port = load_be<std::uint16_t>(bytes.subspan(34));
  return ends;
}

Parsed parse_bytes(Bytes bytes) {
  if (bytes.size() < fixed_size) {
    return Parsed();
  }
  const auto fixed = fixed_part(bytes);
  if (auto flaw = flaw_of(fixed); !flaw.empty()) {
    return malformed_error(signature.size(), std::move(flaw));
  }
  const auto rest = bytes.subspan(fixed_size);
  if (rest.size() < fixed.size) {
    return Parsed();
  }
  ProxyHeader header{.version = 2, .size = fixed_size + fixed.size, .ends = {}};
  header.is_own = fixed.command == Command::local;
  const bool is_tcp = !header.is_own && fixed.transport == Transport::stream;
  if (is_tcp && fixed.family == Family::v4) {
    header.ends = ends_v4(rest);
  } else if (is_tcp && fixed.family == Family::v6) {
    header.ends = ends_v6(rest);
  }
  return header; // what comes behind the addresses is not for us
}

} // namespace

Parsed parse_proxy_header(Bytes bytes) {
  const auto text = as_text(bytes);
  if (agree(text, signature)) {
    return text.size() < signature.size() ? Parsed() : parse_bytes(bytes);
  }
  if (agree(text, line_begin)) {
    return text.size() < line_begin.size() ? Parsed() : parse_line(text);
  }
  return malformed_error(0, "it has no PROXY header");
}

ByteBuffer nameless(const ProxyHeader& header) {
  ByteBuffer made;
  if (header.version == 1) {
    append(made, as_bytes(line_begin));
    append(made, as_bytes("UNKNOWN"sv));
    made.resize(header.size - line_end.size(), std::byte{' '});
    append(made, as_bytes(line_end));
    return made;
  }
  constexpr std::byte nothing{4}; // the type of what is there to be passed over
  constexpr std::size_t type_and_size = 3;
  const auto command = header.is_own ? Command::local : Command::proxy;
  append(made, as_bytes(signature));
  made.push_back(static_cast<std::byte>(0x20U | static_cast<unsigned>(command)));
  made.push_back(std::byte{0}); // family and transport: unspecified
  append_be(made, static_cast<std::uint16_t>(header.size - fixed_size));
  if (header.size >= fixed_size + type_and_size) {
    made.push_back(nothing);
    append_be(made, static_cast<std::uint16_t>(header.size - fixed_size - type_and_size));
  }
  made.resize(header.size);
  return made;
}

Bytes ProxyHeaderFinder::bytes(Bytes piece) {
  if (is_done_) {
    if (seen_) {
      ByteBuffer().swap(seen_->kept);
    }
    return piece;
  }
  if (seen_) {
    append(seen_->kept, piece);
  }
  const auto all = seen_ ? Bytes(seen_->kept) : piece; // the first piece is mostly the only one
  const auto header = parse_proxy_header(all);
  if (!seen_ && header) {
    seen_ = std::make_unique<Seen>();
    append(seen_->kept, *header ? Bytes() : piece);
  }
  if (header && !*header) {
    return {};
  }
  is_done_ = true;
  if (header) {
    seen_->header = **header;
  }
  return all.subspan(header ? (*header)->size : 0);
}

Bytes ProxyHeaderFinder::finish() {
  const bool is_over = std::exchange(is_done_, true);
  return is_over || !seen_ ? Bytes() : seen_->kept;
}

} // namespace dualcam::inline tools
