#include "dcam-convert/matroska.hpp"

#include <string_view>
#include <utility>

#include "dcam-convert/codec_configuration.hpp"

namespace dualcam::convert {
namespace {

// EBML and Matroska element ids (RFC 8794, RFC 9559)
enum class Id : std::uint32_t {
  ebml = 0x1A45DFA3,
  doc_type = 0x4282,
  doc_type_version = 0x4287,
  doc_type_read_version = 0x4285,
  segment = 0x18538067,
  info = 0x1549A966,
  timestamp_scale = 0x2AD7B1,
  muxing_app = 0x4D80,
  writing_app = 0x5741,
  tracks = 0x1654AE6B,
  track_entry = 0xAE,
  track_number = 0xD7,
  track_uid = 0x73C5,
  track_type = 0x83,
  language = 0x22B59C,
  codec_id = 0x86,
  codec_private = 0x63A2,
  default_duration = 0x23E383,
  video = 0xE0,
  pixel_width = 0xB0,
  pixel_height = 0xBA,
  audio = 0xE1,
  sampling_frequency = 0xB5,
  channels = 0x9F,
  bit_depth = 0x6264,
  cluster = 0x1F43B675,
  timestamp = 0xE7,
  simple_block = 0xA3,
};

constexpr std::uint64_t unknown_size = (std::uint64_t{1} << 56) - 1;
constexpr std::uint64_t size_marker = std::uint64_t{1} << 56; // of a size written in 8 bytes
constexpr std::uint64_t nanoseconds_a_tick = 1000;
constexpr std::uint8_t key_flag = 0x80;
constexpr std::uint16_t wave_format_a_law = 6;
constexpr std::uint32_t sample_rate = 8000;
constexpr std::size_t block_head_size = 4;

void append_head(Id id, std::uint64_t size, ByteBuffer& out) {
  const auto value = static_cast<std::uint32_t>(id);
  bool started = false;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto byte = static_cast<std::uint8_t>(value >> shift);
    started = started || byte != 0;
    if (started) {
      append_be(out, byte);
    }
  }
  append_be(out, size_marker | size);
}

void append_element(Id id, Bytes content, ByteBuffer& out) {
  append_head(id, content.size(), out);
  append(out, content);
}

void append_element(Id id, std::string_view content, ByteBuffer& out) {
  append_element(id, as_bytes(content), out);
}

void append_element(Id id, std::uint64_t value, ByteBuffer& out) {
  append_head(id, sizeof(value), out);
  append_be(out, value);
}

/// WAVEFORMATEX
ByteBuffer a_law_format() {
  ByteBuffer format;
  append_le(format, wave_format_a_law);
  append_le(format, std::uint16_t{1}); // channels
  append_le(format, sample_rate);
  append_le(format, sample_rate);      // bytes a second
  append_le(format, std::uint16_t{1}); // bytes a sample of all channels
  append_le(format, std::uint16_t{8}); // bits a sample
  append_le(format, std::uint16_t{0}); // bytes that follow
  return format;
}

/// What tracks of both kinds have in common.
ByteBuffer begin_track(MatroskaTrack track, std::string_view codec) {
  const auto number = static_cast<std::uint64_t>(track);
  ByteBuffer entry;
  append_element(Id::track_number, number, entry);
  append_element(Id::track_uid, number, entry);
  append_element(Id::track_type, number, entry); // 1 = video, 2 = audio: the same numbers
  append_element(Id::language, "und", entry);
  append_element(Id::codec_id, codec, entry);
  return entry;
}

ByteBuffer picture_track(const MatroskaHead& head) {
  auto entry = begin_track(MatroskaTrack::picture,
                           head.codec == VideoCodec::h265 ? "V_MPEGH/ISO/HEVC" : "V_MPEG4/ISO/AVC");
  append_element(Id::default_duration, head.period * nanoseconds_a_tick, entry);
  if (!head.parameter_sets.empty()) {
    append_element(Id::codec_private, head.parameter_sets, entry);
  }
  ByteBuffer video;
  append_element(Id::pixel_width, std::uint64_t{head.size.width}, video);
  append_element(Id::pixel_height, std::uint64_t{head.size.height}, video);
  append_element(Id::video, Bytes(video), entry);
  return entry;
}

ByteBuffer sound_track() {
  auto entry = begin_track(MatroskaTrack::sound, "A_MS/ACM");
  append_element(Id::codec_private, Bytes(a_law_format()), entry);
  ByteBuffer audio;
  ByteBuffer frequency;
  append_be(frequency, std::bit_cast<std::uint64_t>(double{sample_rate}));
  append_element(Id::sampling_frequency, Bytes(frequency), audio);
  append_element(Id::channels, std::uint64_t{1}, audio);
  append_element(Id::bit_depth, std::uint64_t{8}, audio);
  append_element(Id::audio, Bytes(audio), entry);
  return entry;
}

} // namespace

void append_matroska_head(const MatroskaHead& head, ByteBuffer& out) {
  ByteBuffer ebml;
  append_element(Id::doc_type, "matroska", ebml);
  append_element(Id::doc_type_version, std::uint64_t{4}, ebml);
  append_element(Id::doc_type_read_version, std::uint64_t{2}, ebml);
  append_element(Id::ebml, Bytes(ebml), out);
  append_head(Id::segment, unknown_size, out);
  ByteBuffer info;
  append_element(Id::timestamp_scale, nanoseconds_a_tick, info);
  append_element(Id::muxing_app, "dcam-convert", info);
  append_element(Id::writing_app, "dcam-convert", info);
  append_element(Id::info, Bytes(info), out);
  ByteBuffer tracks;
  append_element(Id::track_entry, Bytes(picture_track(head)), tracks);
  if (head.with_sound) {
    append_element(Id::track_entry, Bytes(sound_track()), tracks);
  }
  append_element(Id::tracks, Bytes(tracks), out);
}

void append_matroska_frame_head(MatroskaTrack track, bool key, std::uint64_t time,
                                std::uint64_t payload_size, ByteBuffer& out) {
  ByteBuffer cluster;
  append_element(Id::timestamp, time, cluster);
  append_head(Id::simple_block, block_head_size + payload_size, cluster);
  append_be(cluster, static_cast<std::uint8_t>(0x80 | static_cast<std::uint8_t>(track)));
  append_be(cluster, std::uint16_t{0}); // the time relative to the cluster's
  append_be(cluster, key ? key_flag : std::uint8_t{0});
  append_head(Id::cluster, cluster.size() + payload_size, out);
  append(out, cluster);
}

void MatroskaWriter::begin(const StreamHead& head) {
  if (std::exchange(begun_, true)) {
    return;
  }
  const auto configuration = codec_configuration(head.parameter_sets, head.codec);
  append_matroska_head({.size = head.size,
                        .period = head.period,
                        .with_sound = head.with_sound,
                        .parameter_sets = configuration,
                        .codec = head.codec},
                       out_);
}

void MatroskaWriter::picture(bool key, std::uint64_t time, Bytes unit) {
  append_matroska_frame_head(MatroskaTrack::picture, key, time, unit.size(), out_);
  append(out_, unit);
}

void MatroskaWriter::sound(std::uint64_t time, Bytes a_law) {
  append_matroska_frame_head(MatroskaTrack::sound, true, time, a_law.size(), out_);
  append(out_, a_law);
}

} // namespace dualcam::convert
