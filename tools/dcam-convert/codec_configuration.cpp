#include "dcam-convert/codec_configuration.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace dualcam::convert {
namespace {

/// Without start codes and the zeros around them.
std::vector<Bytes> nal_units(Bytes stretch) {
  const auto text = as_text(stretch);
  std::vector<Bytes> units;
  for (auto at = text.find(annex_b_start_code); at != text.npos;) {
    const auto begin = at + annex_b_start_code.size();
    at = text.find(annex_b_start_code, begin);
    auto unit = stretch.subspan(begin, (at == text.npos ? text.size() : at) - begin);
    while (!unit.empty() && unit.back() == std::byte{0}) {
      unit = unit.first(unit.size() - 1);
    }
    if (unit.size() > 2) {
      units.push_back(unit);
    }
  }
  return units;
}

unsigned type_of(Bytes unit) { return std::to_integer<unsigned>(unit.front()) >> 1 & 0x3F; }

/// Profile, tier and level of a sequence parameter set: 12 bytes; fewer if they are not there.
ByteBuffer profile_of(Bytes set) {
  constexpr std::size_t begin = 3;
  constexpr std::size_t size = 12;
  ByteBuffer plain;
  unsigned zeros = 0;
  for (const auto byte : set) {
    if (zeros >= 2 && byte == std::byte{3}) { // prevents the emulation of a start code
      zeros = 0;
      continue;
    }
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    plain.push_back(byte);
    if (plain.size() == begin + size) {
      return {plain.begin() + begin, plain.end()};
    }
  }
  return {};
}

void append_set(Bytes set, ByteBuffer& record) {
  append_be(record, static_cast<std::uint16_t>(set.size()));
  append(record, set);
}

ByteBuffer avc_configuration(Bytes head) {
  constexpr std::size_t most_sequences = 31;
  constexpr std::size_t most_pictures = 255;
  constexpr std::size_t longest = 65535;
  std::vector<Bytes> sequences;
  std::vector<Bytes> pictures;
  for (const auto unit : nal_units(head)) {
    const auto type = std::to_integer<unsigned>(unit.front()) & 0x1F;
    if (type == 7 && unit.size() > 3 && unit.size() <= longest &&
        sequences.size() < most_sequences) {
      sequences.push_back(unit);
    } else if (type == 8 && unit.size() <= longest && pictures.size() < most_pictures) {
      pictures.push_back(unit);
    }
  }
  if (sequences.empty() || pictures.empty()) {
    return {};
  }
  ByteBuffer record;
  append_be(record, std::uint8_t{1});
  append(record, sequences.front().subspan(1, 3)); // profile and level
  append_be(record, std::uint8_t{0xFF});           // lengths have 4 bytes
  append_be(record, static_cast<std::uint8_t>(0xE0 | sequences.size()));
  for (const auto set : sequences) {
    append_set(set, record);
  }
  append_be(record, static_cast<std::uint8_t>(pictures.size()));
  for (const auto set : pictures) {
    append_set(set, record);
  }
  return record;
}

ByteBuffer hevc_configuration(Bytes head) {
  constexpr std::array<unsigned, 3> types{32, 33, 34}; // video, sequence, picture
  constexpr std::size_t longest = 65535;
  std::array<std::vector<Bytes>, 3> sets;
  for (const auto unit : nal_units(head)) {
    const auto kind = type_of(unit) - types.front();
    if (kind < sets.size() && unit.size() <= longest) {
      sets[kind].push_back(unit);
    }
  }
  const auto profile = sets[1].empty() ? ByteBuffer() : profile_of(sets[1].front());
  if (sets[0].empty() || sets[2].empty() || profile.empty()) {
    return {};
  }
  ByteBuffer record;
  append_be(record, std::uint8_t{1});
  append(record, profile);
  append_be(record, std::uint16_t{0xF000}); // segmentation: not told
  append_be(record, std::uint8_t{0xFC});    // parallelism: not told
  append_be(record, std::uint8_t{0xFD});    // 4:2:0
  append_be(record, std::uint16_t{0xF8F8}); // 8 bits
  append_be(record, std::uint16_t{0});      // frame rate: not told
  append_be(record, std::uint8_t{0x0F});    // one layer; lengths have 4 bytes
  append_be(record, std::uint8_t{3});
  for (std::size_t kind = 0; kind < sets.size(); ++kind) {
    append_be(record, static_cast<std::uint8_t>(types[kind])); // there are others in the stream
    append_be(record, static_cast<std::uint16_t>(sets[kind].size()));
    for (const auto set : sets[kind]) {
      append_set(set, record);
    }
  }
  return record;
}

} // namespace

ByteBuffer with_lengths(Bytes stretch) {
  ByteBuffer out;
  for (const auto unit : nal_units(stretch)) {
    append_be(out, static_cast<std::uint32_t>(unit.size()));
    append(out, unit);
  }
  return out;
}

ByteBuffer codec_configuration(Bytes head, VideoCodec codec) {
  return codec == VideoCodec::h265 ? hevc_configuration(head) : avc_configuration(head);
}

} // namespace dualcam::convert
