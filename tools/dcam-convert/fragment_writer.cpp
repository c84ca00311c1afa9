#include "dcam-convert/fragment_writer.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/codec_configuration.hpp"
#include "dcam-convert/flac.hpp"

namespace dualcam::convert {
namespace {

constexpr std::uint32_t picture_scale = 1'000'000; // units a second
constexpr std::uint32_t sound_scale = 8000;
constexpr std::uint32_t id_of_pictures = 1;
constexpr std::uint32_t id_of_sound = 2;
constexpr std::uint64_t one_step = 4; // samples that sound may be out of step

/// A box from here to the end of the scope.
class Box {
public:
  Box(std::string_view type, ByteBuffer& out) : out_(out), begin_(out.size()) {
    append_be(out_, std::uint32_t{0});
    append(out_, as_bytes(type));
  }
  /// A full one.
  Box(std::string_view type, std::uint8_t version, std::uint32_t flags, ByteBuffer& out)
      : Box(type, out) {
    append_be(out_, std::uint32_t{version} << 24 | flags);
  }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  ~Box() {
    store_be(std::span(out_).subspan(begin_), static_cast<std::uint32_t>(out_.size() - begin_));
  }

private:
  ByteBuffer& out_;
  std::size_t begin_;
};

void append_zeros(std::size_t count, ByteBuffer& out) { out.resize(out.size() + count); }

void append_words(std::initializer_list<std::uint32_t> words, ByteBuffer& out) {
  for (const auto word : words) {
    append_be(out, word);
  }
}

void append_matrix(ByteBuffer& out) {
  append_words({0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000}, out);
}

void append_track_header(std::uint32_t track, const PictureSize& size, ByteBuffer& out) {
  constexpr std::uint32_t enabled_in_movie = 3;
  const Box box("tkhd", 0, enabled_in_movie, out);
  append_words({0, 0, track, 0, 0, 0, 0, 0}, out); // times, id, duration, layer, group
  append_be(out, track == id_of_sound ? std::uint16_t{0x100} : std::uint16_t{0}); // volume
  append_be(out, std::uint16_t{0});
  append_matrix(out);
  append_words({size.width << 16, size.height << 16}, out);
}

void append_picture_entry(const StreamHead& head, ByteBuffer& out) {
  if (!head.picture_entry.empty()) {
    append(out, head.picture_entry);
    return;
  }
  const bool is_h265 = head.codec == VideoCodec::h265;
  const Box entry(is_h265 ? "hvc1" : "avc1", out);
  append_words({0, 1, 0, 0, 0, 0}, out); // the data reference is the first one
  append_be(out, static_cast<std::uint16_t>(head.size.width));
  append_be(out, static_cast<std::uint16_t>(head.size.height));
  append_words({0x480000, 0x480000, 0}, out); // dots an inch
  append_be(out, std::uint16_t{1});           // pictures a sample
  append_zeros(32, out);                      // the encoder's name
  append_be(out, std::uint16_t{24});          // bits a pixel
  append_be(out, std::uint16_t{0xFFFF});
  const Box configuration(is_h265 ? "hvcC" : "avcC", out);
  append(out, codec_configuration(head.parameter_sets, head.codec));
}

void append_sound_entry(ByteBuffer& out) {
  constexpr std::uint32_t last_block = 0x80000000;
  const Box entry("fLaC", out);
  append_words({0, 1, 0, 0}, out);
  append_be(out, std::uint16_t{1}); // channel
  append_be(out, std::uint16_t{16});
  append_words({0, sound_scale << 16}, out);
  const Box configuration("dfLa", 0, 0, out);
  const auto info = flac_stream_info();
  append_be(out, last_block | static_cast<std::uint32_t>(info.size()));
  append(out, info);
}

/// Tables that fragments fill.
void append_empty_tables(ByteBuffer& out) {
  for (const auto* type : {"stts", "stsc", "stco"}) {
    const Box box(type, 0, 0, out);
    append_words({0}, out);
  }
  const Box box("stsz", 0, 0, out);
  append_words({0, 0}, out);
}

void append_media(const StreamHead& head, bool sound, ByteBuffer& out) {
  const Box media("mdia", out);
  {
    constexpr std::uint32_t undetermined = 0x55C40000; // language
    const Box box("mdhd", 0, 0, out);
    append_words({0, 0, sound ? sound_scale : picture_scale, 0, undetermined}, out);
  }
  {
    const Box box("hdlr", 0, 0, out);
    append_words({0}, out);
    append(out, as_bytes(sound ? "soun" : "vide"));
    append_words({0, 0, 0}, out);
    append_zeros(1, out); // name
  }
  const Box information("minf", out);
  {
    const Box box(sound ? "smhd" : "vmhd", 0, sound ? 0 : 1, out);
    append_zeros(sound ? 4 : 8, out);
  }
  {
    const Box box("dinf", out);
    const Box references("dref", 0, 0, out);
    append_words({1}, out);
    const Box reference("url ", 0, 1, out); // this file
  }
  const Box tables("stbl", out);
  {
    const Box box("stsd", 0, 0, out);
    append_words({1}, out);
    sound ? append_sound_entry(out) : append_picture_entry(head, out);
  }
  append_empty_tables(out);
}

void append_track(const StreamHead& head, std::uint32_t track, ByteBuffer& out) {
  const bool sound = track == id_of_sound;
  const Box box("trak", out);
  append_track_header(track, sound ? PictureSize{0, 0} : head.size, out);
  append_media(head, sound, out);
}

void append_movie(const StreamHead& head, ByteBuffer& out) {
  const Box movie("moov", out);
  {
    const Box box("mvhd", 0, 0, out);
    append_words({0, 0, picture_scale, 0, 0x10000, 0x1000000, 0, 0}, out); // pace and volume: 1
    append_matrix(out);
    append_zeros(24, out);
    append_words({id_of_sound + 1}, out);
  }
  append_track(head, id_of_pictures, out);
  if (head.with_sound) {
    append_track(head, id_of_sound, out);
  }
  const Box fragments("mvex", out);
  for (const auto track : {id_of_pictures, id_of_sound}) {
    if (track == id_of_pictures || head.with_sound) {
      const Box box("trex", 0, 0, out);
      append_words({track, 1, 0, 0, 0}, out);
    }
  }
}

std::uint32_t duration_of(std::uint64_t duration) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(duration, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

void FragmentWriter::begin(const StreamHead& head) {
  append_fragment();
  period_ = head.period;
  if (!begun_) {
    begun_ = true;
    const Box box("ftyp", out_);
    append(out_, as_bytes("iso6"));
    append_words({0}, out_);
    append(out_, as_bytes("iso6mp41"));
  }
  append_movie(head, out_);
}

void FragmentWriter::picture(bool key, std::uint64_t time, Bytes unit) {
  auto& samples = pictures_.samples;
  if (!samples.empty()) {
    samples.back().duration = time - samples.back().time;
  }
  if (key && !samples.empty()) {
    append_fragment();
  }
  samples.push_back({key, time, period_, ByteBuffer(unit.begin(), unit.end())});
  if (pace_ == Pace::each_frame) {
    append_fragment();
  }
}

void FragmentWriter::sound(std::uint64_t time, Bytes a_law) {
  auto begin = (time * sound_scale + picture_scale / 2) / picture_scale;
  if (has_sound_) {
    const bool in_step = begin + one_step >= sound_end_ && begin <= sound_end_ + one_step;
    begin = in_step ? sound_end_ : std::max(begin, sound_begin_ + 1);
  }
  if (has_sound_ && begin >= sound_end_ + shortest_hole / microseconds_a_sample) {
    while (sound_end_ < begin) {
      append_sound(ByteBuffer(std::min<std::uint64_t>(begin - sound_end_, longest_flac_frame),
                              a_law_silence));
    }
  }
  if (!sounds_.samples.empty()) {
    sounds_.samples.back().duration = begin - sounds_.samples.back().time;
  }
  has_sound_ = true;
  sound_end_ = begin;
  append_sound(a_law);
}

/// At `sound_end_`.
void FragmentWriter::append_sound(Bytes a_law) {
  sound_begin_ = sound_end_;
  Sample sample{true, sound_begin_, a_law.size(), {}};
  append_flac_frame(sound_begin_, a_law, sample.bytes);
  sound_end_ += a_law.size();
  sounds_.samples.push_back(std::move(sample));
  if (pace_ == Pace::each_frame) {
    append_fragment();
  }
}

void FragmentWriter::finish() { append_fragment(); }

/// All that waits.
void FragmentWriter::append_fragment() {
  std::vector<Track*> tracks;
  for (auto* track : {&pictures_, &sounds_}) {
    if (!track->samples.empty()) {
      tracks.push_back(track);
    }
  }
  if (tracks.empty()) {
    return;
  }
  const auto begin = out_.size();
  std::vector<std::size_t> places; // of the tracks' offsets
  {
    const Box fragment("moof", out_);
    {
      const Box box("mfhd", 0, 0, out_);
      append_words({++fragments_}, out_);
    }
    for (const auto* track : tracks) {
      constexpr std::uint32_t counted_from_fragment = 0x20000;
      constexpr std::uint32_t key_flags = 0x02000000;   // depends on no other
      constexpr std::uint32_t other_flags = 0x01010000; // does, and is no place to begin
      const Box box("traf", out_);
      {
        const Box header("tfhd", 0, counted_from_fragment, out_);
        append_words({track->id}, out_);
      }
      {
        const Box time("tfdt", 1, 0, out_);
        append_be(out_, track->samples.front().time);
      }
      const Box run("trun", 0, 0x701, out_); // an offset; durations, sizes and flags
      append_words({static_cast<std::uint32_t>(track->samples.size())}, out_);
      places.push_back(out_.size());
      append_words({0}, out_);
      for (const auto& sample : track->samples) {
        append_words({duration_of(sample.duration), static_cast<std::uint32_t>(sample.bytes.size()),
                      sample.key ? key_flags : other_flags},
                     out_);
      }
    }
  }
  const Box data("mdat", out_);
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    store_be(std::span(out_).subspan(places[i]), static_cast<std::uint32_t>(out_.size() - begin));
    for (const auto& sample : tracks[i]->samples) {
      append(out_, sample.bytes);
    }
    tracks[i]->samples.clear();
  }
}

} // namespace dualcam::convert
