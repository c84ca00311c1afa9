#include "dualcam/media/media_type.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "dualcam/media/ptmf.hpp"

namespace dualcam {
namespace {

/// What stands behind a start code at the beginning; empty: there is none.
Bytes first_unit(Bytes bytes) {
  const auto text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 4)));
  return text.starts_with(std::string_view("\0\0\1", 3))     ? bytes.subspan(3)
         : text.starts_with(std::string_view("\0\0\0\1", 4)) ? bytes.subspan(4)
                                                             : Bytes();
}

/// A start code and the two bytes of an HEVC NAL header that can begin a stream: a slice, a
/// parameter set, a delimiter or SEI, in the base layer. H.264 has no such first byte.
bool is_annex_b(Bytes bytes) {
  const auto unit = first_unit(bytes);
  if (unit.size() < 2) {
    return false;
  }
  const auto first = std::to_integer<unsigned>(unit[0]);
  const auto second = std::to_integer<unsigned>(unit[1]);
  const auto type = first >> 1;
  const bool begins_stream =
      type <= 1 || (type >= 16 && type <= 21) || (type >= 32 && type <= 35) || type == 39;
  return (first & 0x81) == 0 && (second & 0xF8) == 0 && (second & 0x07) != 0 && begins_stream;
}

/// The same with the one byte of an H.264 NAL header: an IDR slice, SEI, a parameter set or a
/// delimiter, of which the middle two are no reference and the others but the delimiter are one.
bool is_h264(Bytes bytes) {
  const auto unit = first_unit(bytes);
  const auto header = unit.empty() ? 0x80U : std::to_integer<unsigned>(unit[0]);
  const auto type = header & 0x1F;
  const bool is_reference = (header & 0x60) != 0;
  const bool begins_stream = is_reference ? type == 5 || type == 7 : type == 6 || type == 9;
  return (header & 0x80) == 0 && unit.size() > 1 && begins_stream;
}

/// A slice of H.264 that other pictures build on: a stream that lost its first key picture.
bool begins_with_h264_slice(Bytes bytes) {
  const auto unit = first_unit(bytes);
  const auto header = unit.size() < 2 ? 0U : std::to_integer<unsigned>(unit[0]);
  return header == 0x21 || header == 0x41 || header == 0x61;
}

/// Packets of 188 bytes, each with its sync byte; or the two that there are.
bool is_transport_stream(Bytes bytes) {
  constexpr std::size_t packet = 188;
  constexpr std::byte sync{0x47};
  std::size_t count = 0;
  for (auto at = std::size_t{0}; at < bytes.size(); at += packet, ++count) {
    if (bytes[at] != sync) {
      return false;
    }
  }
  return count >= 3;
}

/// Whether one of these headers follows a start code near the beginning.
bool has_unit_early(Bytes bytes, std::initializer_list<std::string_view> headers) {
  constexpr std::size_t longest_first_unit = 64;
  const auto text = as_text(bytes.first(std::min(bytes.size(), longest_first_unit)));
  return std::ranges::any_of(headers, [&](std::string_view header) {
    return text.find(std::string("\0\0\1", 3).append(header)) != text.npos;
  });
}

/// A parameter set near the beginning: a stream whose first start code is damaged.
bool begins_damaged_annex_b(Bytes bytes) {
  return has_unit_early(bytes, {"\x40\x01", "\x42\x01", "\x44\x01"});
}

/// The same of H.264: a sequence parameter set with its profile, or one for pictures.
bool begins_damaged_h264(Bytes bytes) {
  return has_unit_early(bytes, {"\x67\x42", "\x67\x4D", "\x67\x64", "\x27\x42", "\x27\x4D",
                                "\x27\x64", "\x68\xCE", "\x68\xEE", "\x68\xEB"});
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
  if (is_h264(first_bytes) || begins_with_h264_slice(first_bytes) ||
      begins_damaged_h264(first_bytes)) {
    return VideoFormat::h264;
  }
  const bool is_stream = is_annex_b(first_bytes) || begins_damaged_annex_b(first_bytes);
  return is_stream ? VideoFormat::annex_b : VideoFormat::unknown;
}

std::string_view extension_of_content(Bytes first_bytes) {
  const auto bytes = first_bytes.first(std::min(first_bytes.size(), extension_sample_size));
  const auto text = as_text(bytes);
  if (text.starts_with("\xFF\xD8\xFF")) {
    return ".jpg";
  }
  if (text.starts_with(ptmf_magic) || is_annex_b(bytes)) {
    return ".h265";
  }
  if (is_h264(bytes)) {
    return ".h264";
  }
  if (text.size() >= 8 && text.substr(4).starts_with("ftyp")) {
    return ".mp4";
  }
  if (text.starts_with("\x89PNG\r\n\x1A\n")) {
    return ".png";
  }
  if (text.size() >= 12 && text.starts_with("RIFF") && text.substr(8).starts_with("AVI ")) {
    return ".avi";
  }
  if (text.starts_with("\x1A\x45\xDF\xA3")) {
    return ".mkv";
  }
  return is_transport_stream(bytes) ? ".ts" : "";
}

std::string_view name_of(VideoFormat format) {
  switch (format) {
  case VideoFormat::ptmf:
    return "PTMF";
  case VideoFormat::annex_b:
    return "HEVC Annex B";
  case VideoFormat::h264:
    return "H.264 Annex B";
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
