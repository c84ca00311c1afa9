/// \file
/// PTMF, the container in which the camera stores video (the page calls it "raw h265"): a sequence
/// of chunks, each a 36-byte header and a payload. Facts: dualcam-ptmf(7); integers little-endian.
///
/// Functions may be called from any thread, a reader or writer is used by one at a time. Damage is
/// an event, nothing is an error.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dualcam/media/annex_b.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// What every chunk begins with.
inline constexpr std::string_view ptmf_magic = "PTMF";
/// Bytes of a header.
inline constexpr std::size_t ptmf_header_size = 36;

/// Longer payloads are taken for damage: a second of video at 32 Mbit/s would fit.
inline constexpr std::size_t largest_ptmf_payload = std::size_t{4} * 1024 * 1024;

/// Bytes in front of the A-law of a sound chunk: 00 01, length in 16-bit words, a counter.
inline constexpr std::size_t voice_header_size = 4;
/// The most bytes of A-law in one sound chunk: its length has 8 bits.
inline constexpr std::size_t longest_voice_frame = std::size_t{2} * 255;

/// What a chunk holds.
enum class PtmfKind : std::uint8_t {
  key_picture = 'I', ///< decodable alone
  picture = 'P',     ///< decodable after those before it
  sound = 'A',       ///< A-law
};

/// Stands in every header, of sound too.
struct PtmfFormat {
  std::uint8_t frame_rate; ///< nominal, frames a second
  std::uint16_t width;     ///< in pixels
  std::uint16_t height;    ///< in pixels
  friend bool operator==(const PtmfFormat&, const PtmfFormat&) = default;
};

/// The header of a chunk.
struct PtmfHeader {
  PtmfKind kind;          ///< of the payload
  std::uint8_t padding;   ///< how many of the payload's last bytes are filling: 0 to 3
  PtmfFormat format;      ///< of the video
  std::uint32_t sequence; ///< pictures and sound count separately, each by 1
  std::uint32_t length;   ///< of the payload, padding included: a multiple of 4
  std::uint64_t time;     ///< of capture, microseconds since a start shared by pictures and sound
  bool reserved_zero = true; ///< the bytes without a known meaning are 0, as in every file seen
  friend bool operator==(const PtmfHeader&, const PtmfHeader&) = default;
};

/// Reads the header at the start of `bytes`. nullopt: too short, or not plausible (magic, kind,
/// padding, or a length that is 0, no multiple of 4 or above `largest_ptmf_payload`).
std::optional<PtmfHeader> decode_ptmf_header(Bytes bytes);

/// Appends the header's 36 bytes, the reserved ones as 0.
void encode_ptmf_header(const PtmfHeader& header, ByteBuffer& out);

/// Appends chunks to a file's bytes, numbering pictures and sound from 0.
class PtmfWriter {
public:
  /// `format` goes into every header.
  explicit PtmfWriter(PtmfFormat format) : format_(format) {}

  /// `access_unit`: one access unit, HEVC or H.264, as Annex B, a key picture with its parameter
  /// sets. Precondition: not empty, fits `largest_ptmf_payload`.
  void picture(bool key, Bytes access_unit, std::uint64_t time, ByteBuffer& out);

  /// `a_law`: G.711 A-law, 8000 Hz mono; 320 bytes in the files seen. Precondition: an even number
  /// of bytes, not 0, at most `longest_voice_frame`.
  void sound(Bytes a_law, std::uint64_t time, ByteBuffer& out);

private:
  PtmfFormat format_;
  std::uint32_t pictures_ = 0;
  std::uint32_t sounds_ = 0;
};

/// One picture. `payload` (Annex B, without padding) is valid until the next call of `next`.
struct PtmfPicture {
  bool key;                     ///< it can be decoded without those before it
  std::uint32_t sequence;       ///< its number
  std::uint64_t time;           ///< as the header has it; a damaged one is not noticed here
  PtmfFormat format;            ///< as the header has it
  Bytes payload;                ///< one access unit
  std::uint64_t payload_offset; ///< in the file
  std::uint64_t offset;         ///< of the chunk in the file
  std::uint64_t size;           ///< of the chunk
  bool late;     ///< `out_of_order` came before: repeated, or its successors came before it
  bool doubtful; ///< `doubtful_end` came before: its last bytes may be wrong or missing
  /// `lost_header` came before: number and time are 0, the next picture's tell what they were; the
  /// format is the next chunk's.
  bool headless;
  /// How many of the payload's first bytes no decoder should see, as `bad_head` before it says: its
  /// parameter sets and SEI. 0: they are not damaged.
  std::size_t damaged_head = 0;
  VideoCodec codec = VideoCodec::h265; ///< as the recording's first key picture has it
};

/// Some milliseconds of sound. `a_law` is valid until the next call of `next`.
struct PtmfSound {
  std::uint32_t sequence;       ///< its number
  std::uint64_t time;           ///< of its first sample, microseconds as in the header
  Bytes a_law;                  ///< 8000 bytes are a second
  std::uint64_t payload_offset; ///< of the A-law in the file
  std::uint64_t offset;         ///< of the chunk in the file
  std::uint64_t size;           ///< of the chunk
  bool late;                    ///< as for a picture
  bool doubtful;                ///< as for a picture
};

/// What is wrong.
enum class PtmfDamageKind {
  garbage,          ///< bytes that belong to no chunk, or to one too damaged to be read
  cut_end,          ///< the file ends within a chunk; which, if its header is left
  lost_header,      ///< the next picture is what the file begins with: its header is not there
  restart,          ///< with the next chunk numbers and times begin anew: another recording
  zero_hole,        ///< a picture with lost bytes in it; withheld
  bad_picture,      ///< a picture whose bytes cannot all be its own; withheld
  bad_head,         ///< the next picture is whole, but its parameter sets or SEI are damaged
  bad_voice_header, ///< sound without `00 01 LL CC`, or LL is wrong; withheld
  gap,              ///< `pictures` or `sounds` tells how many are missing before the next
  out_of_order,     ///< the next chunk is late: it equals an earlier one, or follows its successors
  wrong_number,     ///< the next chunk's number contradicts its time, which goes on
  before_first_key, ///< the next picture cannot be decoded: no key picture has come
  doubtful_end,     ///< the next chunk is followed by damage that hides whether it is whole
};

/// Something wrong. It precedes the chunk it concerns, and all that comes after the damage.
struct PtmfDamage {
  PtmfDamageKind kind;        ///< what is wrong
  std::uint64_t offset;       ///< of the bytes concerned
  std::uint64_t length;       ///< of these; 0 for `gap` and `restart`, which have a place only
  std::uint32_t pictures = 0; ///< how many are known to be missing by it: `gap` and withheld ones
  std::uint32_t sounds = 0;   ///< the same for sound chunks
  std::string message;        ///< one line, no full stop
};

/// What `next` hands out.
using PtmfEvent = std::variant<PtmfPicture, PtmfSound, PtmfDamage>;

/// Reads a file fed in any pieces; the pieces' sizes do not change the events.
///
///     reader.feed(piece); while (auto event = reader.next()) ...   // for each piece, then
///     reader.finish();    while (auto event = reader.next()) ...
///
/// Every byte belongs to exactly one of: a chunk handed out, `garbage`, `cut_end`, a withheld
/// chunk. Every chunk that is intact is handed out, pictures that cannot be decoded included: after
/// damage that counts `pictures` only a key picture can be relied on, and that is the caller's
/// business.
///
/// A chunk counts if its header is plausible and it ends at another `PTMF` or at the end of the
/// file. When it ends at neither, the header after it may be what is damaged: the chunk counts if
/// its payload begins as it must (start code; voice header of the right length), ends in a byte
/// that is not 0 and then zero padding, and holds no other chunk's header. Unless the remains of a
/// header follow it is `doubtful` then: the damage may begin in its last bytes, or its length be
/// too small. A chunk that has swallowed others because its length is wrong does not count.
///
/// A file that lost its beginning may still have the first picture: what precedes the first header
/// counts as one if it begins, after no more than a header's remains, with a start code and is
/// without flaw (annex_b.hpp).
///
/// A chunk is a repeat only if all its bytes are those of an earlier one. One that is not, comes
/// with a number and a time that have been, and is a key picture or followed by its successor,
/// begins another recording: the camera was switched off and on. From there on nothing is compared
/// with what was before.
///
/// Memory: at most one chunk of `largest_ptmf_payload` is waited for, whatever lengths the file
/// declares; nothing is allocated for bytes that have not come. With the list of every `PTMF` in
/// them that is 32 MiB at the very worst; a healthy file takes at most twice its largest chunk. Of
/// the latest 4096 pictures and 4096 sound chunks a hash is kept.
class PtmfReader {
public:
  /// Adds input. `bytes` must stay valid until `next` has returned nullopt, and everything fed
  /// before must have been used up that way.
  void feed(Bytes bytes) { input_ = bytes; }

  /// From here on a chunk is handed out as soon as it is whole, where nothing that may follow could
  /// make it count less: the same chunks, sooner. Nobody is told then that damage follows them.
  void hurry() { hurried_ = true; }

  /// Says that nothing more will be fed.
  void finish() { finished_ = true; }

  /// The next event; nullopt when more bytes are needed, or after `finish` at the end.
  std::optional<PtmfEvent> next();

  /// How many bytes are held in memory; never above `most_buffered`.
  std::size_t buffered() const { return buffer_.size() - start_; }
  /// In bytes: a chunk of the largest size, and what is looked at after it.
  static constexpr std::size_t most_buffered = ptmf_header_size + largest_ptmf_payload + 128;

private:
  enum class Verdict { need_more, chunk, doubtful, cut, nothing };
  enum class Order { expected, after_gap, late, restart, wrong_number };

  /// What is known of the numbers of pictures, or of sound, in one recording.
  class Track {
  public:
    Order order_of(const PtmfHeader& header, Bytes chunk) const;
    /// Takes note of the chunk.
    void take(const PtmfHeader& header, Bytes chunk, Order order);

    /// How many are missing before the chunk; negative if it is late.
    std::int32_t distance_to(const PtmfHeader& header) const;
    std::uint32_t previous() const { return previous_; }

  private:
    struct Seen {
      std::uint32_t sequence;
      std::size_t hash;
    };
    struct Stray { ///< a late chunk that may have begun another recording
      std::uint32_t sequence;
      std::uint64_t time;
    };

    const Seen* seen(std::uint32_t sequence) const;
    Order order_of_earlier(const PtmfHeader& header, Bytes chunk) const;
    bool fits_its_place(const PtmfHeader& header) const;

    bool started_ = false;
    std::uint32_t previous_ = 0; ///< number of the latest chunk that was not late
    std::uint32_t expected_ = 0;
    std::uint64_t time_ = 0; ///< of the latest chunk that was not late
    std::optional<Stray> stray_;
    std::vector<std::optional<Seen>> seen_; ///< by the last digits of their numbers
  };

  Bytes window() const { return Bytes(buffer_).subspan(start_); }
  std::size_t pull(std::size_t count);
  bool have(std::size_t count);
  void drop(std::size_t count);

  bool advance();
  Verdict judge_head();
  bool find_first_header();
  void accept_head();
  bool seek_magic();
  void end_of_input();
  Verdict judge();
  Verdict judge_open_end(const PtmfHeader& header) const;
  bool may_end_here(const PtmfHeader& header) const;
  bool swallows_its_successors(const PtmfHeader& header) const;
  bool holds_successor(const PtmfHeader& header) const;
  std::optional<PtmfHeader> successor_at(const PtmfHeader& header, std::uint64_t offset) const;

  void accept(bool doubtful);
  void accept_picture(const PtmfHeader& header, bool doubtful, bool late);
  void accept_sound(const PtmfHeader& header, bool doubtful, bool late);
  void report_garbage(std::uint64_t end);
  void report_doubt(const PtmfHeader& header);
  bool check_order(const PtmfHeader& header);
  void report(PtmfDamage damage) { pending_.push_back(std::move(damage)); }

  Bytes input_;
  bool finished_ = false;
  bool hurried_ = false;
  ByteBuffer buffer_;
  std::size_t start_ = 0;            ///< of the bytes in `buffer_` that still matter
  std::uint64_t offset_ = 0;         ///< where these stand in the file
  std::deque<std::uint64_t> magics_; ///< the offset of every `PTMF` in the window
  std::size_t held_ = 0;             ///< bytes of the chunk handed out last, not yet dropped

  bool at_head_ = true;            ///< it is not yet known what the file begins with
  std::size_t head_start_ = 0;     ///< where its start code stands
  std::size_t headers_judged_ = 0; ///< how many of `magics_` are no header

  std::optional<std::uint64_t> lost_from_; ///< set while searching: where the damage began
  std::optional<std::uint64_t> cut_at_;    ///< the first chunk since then that the end cuts off
  std::optional<PtmfHeader> cut_;          ///< its header, if it is left
  std::deque<PtmfEvent> pending_;
  Track pictures_;
  Track sounds_;
  bool key_seen_ = false;
  std::optional<VideoCodec> codec_; ///< of the pictures since then
  bool fields_ = false;             ///< which may be two fields each
};

/// "garbage", "cut end", "zero hole", ... for JSON and logs.
std::string_view name_of(PtmfDamageKind kind);

} // namespace dualcam
