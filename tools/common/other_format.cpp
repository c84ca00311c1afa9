#include "common/other_format.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "common/compression.hpp"

namespace dualcam::inline tools {
namespace {

using namespace std::string_view_literals;

struct Format {
  std::size_t offset;
  std::string_view magic;
  std::string_view name;
};

/// Captures of others than pcap and pcapng.
constexpr std::array captures{
    Format{0, "snoop\0\0\0"sv, "snoop"},
    Format{0, "GMBU"sv, "Network Monitor"},
    Format{0, "RTSS"sv, "Network Monitor"},
    Format{0, "TRSNIFF data    \x1a"sv, "Sniffer"},
    Format{0, "ObserverPktBufferVersion="sv, "Observer"},
    Format{0, "\x05VNF"sv, "Visual Networks"},
    Format{0, "\xaa\xaa\xaa\xaa"sv, "5View"},
};

constexpr std::array archives{
    Format{0, "PK\3\4"sv, "zip"},
    Format{0, "7z\xbc\xaf\x27\x1c"sv, "7z"},
    Format{0, "Rar!\x1a\x07"sv, "rar"},
    Format{257, "ustar"sv, "tar"},
};

std::string_view name_among(std::span<const Format> formats, std::string_view text) {
  const auto found = std::ranges::find_if(formats, [&](const Format& format) {
    return text.size() >= format.offset && text.substr(format.offset).starts_with(format.magic);
  });
  return found == formats.end() ? ""sv : found->name;
}

} // namespace

std::string other_format(Bytes first_bytes) {
  const auto text = as_text(first_bytes);
  if (const auto capture = name_among(captures, text); !capture.empty()) {
    return fmt::format("a capture of {}: 'editcap -F pcap' makes one of it that can be read",
                       capture);
  }
  if (const auto archive = name_among(archives, text); !archive.empty()) {
    return fmt::format("an archive, {}: unpack it, and give what is in it", archive);
  }
  const auto tool = compression_tool(first_bytes);
  return tool.empty() ? ""
                      : fmt::format("compressed more than once: '{} -dc' undoes it once", tool);
}

} // namespace dualcam::inline tools
