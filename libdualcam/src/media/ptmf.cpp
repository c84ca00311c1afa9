#include "dualcam/media/ptmf.hpp"

#include <cassert>

namespace dualcam {
namespace {

constexpr std::size_t alignment = 4;

bool is_kind(std::uint8_t kind) { return kind == 'I' || kind == 'P' || kind == 'A'; }

/// Appends header, `prefix`, `content` and padding.
void append_chunk(PtmfHeader header, Bytes prefix, Bytes content, ByteBuffer& out) {
  const auto size = prefix.size() + content.size();
  assert(size != 0 && size <= largest_ptmf_payload);
  header.padding = static_cast<std::uint8_t>((alignment - size % alignment) % alignment);
  header.length = static_cast<std::uint32_t>(size + header.padding);
  encode_ptmf_header(header, out);
  append(out, prefix);
  append(out, content);
  out.resize(out.size() + header.padding);
}

} // namespace

std::optional<PtmfHeader> decode_ptmf_header(Bytes bytes) {
  if (bytes.size() < ptmf_header_size || !as_text(bytes).starts_with(ptmf_magic)) {
    return std::nullopt;
  }
  const auto byte = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
  if (!is_kind(byte(5))) {
    return std::nullopt;
  }
  const PtmfHeader header{
      .kind = static_cast<PtmfKind>(byte(5)),
      .padding = byte(4),
      .format = {byte(7), load_le<std::uint16_t>(bytes.subspan(8)),
                 load_le<std::uint16_t>(bytes.subspan(10))},
      .sequence = load_le<std::uint32_t>(bytes.subspan(12)),
      .length = load_le<std::uint32_t>(bytes.subspan(24)),
      .time = load_le<std::uint64_t>(bytes.subspan(28)),
      .reserved_zero = byte(6) == 0 && load_le<std::uint64_t>(bytes.subspan(16)) == 0,
  };
  const bool plausible = header.padding < alignment && header.length % alignment == 0 &&
                         header.length != 0 && header.length <= largest_ptmf_payload;
  return plausible ? std::optional(header) : std::nullopt;
}

void encode_ptmf_header(const PtmfHeader& header, ByteBuffer& out) {
  append(out, as_bytes(ptmf_magic));
  append_le(out, header.padding);
  append_le(out, static_cast<std::uint8_t>(header.kind));
  append_le(out, std::uint8_t{0});
  append_le(out, header.format.frame_rate);
  append_le(out, header.format.width);
  append_le(out, header.format.height);
  append_le(out, header.sequence);
  append_le(out, std::uint64_t{0});
  append_le(out, header.length);
  append_le(out, header.time);
}

void PtmfWriter::picture(bool key, Bytes access_unit, std::uint64_t time, ByteBuffer& out) {
  append_chunk({.kind = key ? PtmfKind::key_picture : PtmfKind::picture,
                .padding = 0,
                .format = format_,
                .sequence = pictures_++,
                .length = 0,
                .time = time},
               {}, access_unit, out);
}

void PtmfWriter::sound(Bytes a_law, std::uint64_t time, ByteBuffer& out) {
  assert(!a_law.empty() && a_law.size() % 2 == 0 && a_law.size() <= longest_voice_frame);
  const std::array voice_header{std::byte{0}, std::byte{1},
                                static_cast<std::byte>(a_law.size() / 2),
                                static_cast<std::byte>(sounds_ & 0xFF)};
  append_chunk({.kind = PtmfKind::sound,
                .padding = 0,
                .format = format_,
                .sequence = sounds_++,
                .length = 0,
                .time = time},
               voice_header, a_law, out);
}

std::string_view name_of(PtmfDamageKind kind) {
  switch (kind) {
  case PtmfDamageKind::garbage:
    return "garbage";
  case PtmfDamageKind::cut_end:
    return "cut end";
  case PtmfDamageKind::lost_header:
    return "lost header";
  case PtmfDamageKind::restart:
    return "restart";
  case PtmfDamageKind::zero_hole:
    return "zero hole";
  case PtmfDamageKind::bad_picture:
    return "bad picture";
  case PtmfDamageKind::bad_head:
    return "bad head";
  case PtmfDamageKind::bad_voice_header:
    return "bad voice header";
  case PtmfDamageKind::gap:
    return "gap";
  case PtmfDamageKind::out_of_order:
    return "out of order";
  case PtmfDamageKind::wrong_number:
    return "wrong number";
  case PtmfDamageKind::before_first_key:
    return "before first key";
  case PtmfDamageKind::doubtful_end:
    return "doubtful end";
  }
  return {};
}

} // namespace dualcam
