#include "dualcam/media/media_type.hpp"

#include <algorithm>
#include <string>

#include "dualcam/media/ptmf.hpp"

namespace dualcam {
namespace {

/// A start code and the two bytes of an HEVC NAL header that can begin a stream: a slice, a
/// parameter set, a delimiter or SEI, in the base layer. H.264 has no such first byte.
bool is_annex_b(Bytes bytes) {
  const auto text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 4)));
  const std::size_t start_code = text.starts_with(std::string_view("\0\0\1", 3))     ? 3
                                 : text.starts_with(std::string_view("\0\0\0\1", 4)) ? 4
                                                                                     : 0;
  if (start_code == 0 || bytes.size() < start_code + 2) {
    return false;
  }
  const auto first = std::to_integer<unsigned>(bytes[start_code]);
  const auto second = std::to_integer<unsigned>(bytes[start_code + 1]);
  const auto type = first >> 1;
  const bool begins_stream =
      type <= 1 || (type >= 16 && type <= 21) || (type >= 32 && type <= 35) || type == 39;
  return (first & 0x81) == 0 && (second & 0xF8) == 0 && (second & 0x07) != 0 && begins_stream;
}

/// A parameter set near the beginning: a stream whose first start code is damaged.
bool begins_damaged_annex_b(Bytes bytes) {
  constexpr std::size_t longest_first_unit = 64;
  const auto text = as_text(bytes.first(std::min(bytes.size(), longest_first_unit)));
  for (const auto* header : {"\x40\x01", "\x42\x01", "\x44\x01"}) {
    if (text.find(std::string("\0\0\1", 3) + header) != text.npos) {
      return true;
    }
  }
  return false;
}

bool holds_ptmf_header(Bytes bytes) {
  const auto text = as_text(bytes);
  for (auto at = text.find(ptmf_magic); at != text.npos; at = text.find(ptmf_magic, at + 1)) {
    const auto header = decode_ptmf_header(bytes.subspan(at));
    if (header && header->reserved_zero) {
      return true;
    }
  }
  return false;
}

} // namespace

VideoFormat detect(Bytes first_bytes) {
  const auto text = as_text(first_bytes);
  if (text.starts_with(ptmf_magic)) {
    return VideoFormat::ptmf;
  }
  if (text.starts_with("\xFF\xD8")) {
    return VideoFormat::jpeg;
  }
  if (text.size() >= 8 && text.substr(4).starts_with("ftyp")) {
    return VideoFormat::mp4;
  }
  if (holds_ptmf_header(first_bytes)) {
    return VideoFormat::ptmf;
  }
  const bool is_stream = is_annex_b(first_bytes) || begins_damaged_annex_b(first_bytes);
  return is_stream ? VideoFormat::annex_b : VideoFormat::unknown;
}

std::string_view name_of(VideoFormat format) {
  switch (format) {
  case VideoFormat::ptmf:
    return "PTMF";
  case VideoFormat::annex_b:
    return "HEVC Annex B";
  case VideoFormat::mp4:
    return "MP4";
  case VideoFormat::jpeg:
    return "JPEG";
  case VideoFormat::unknown:
    return "unknown";
  }
  return {};
}

} // namespace dualcam
