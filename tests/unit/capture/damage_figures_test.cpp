// What of a damaged capture is known for certain: a transfer is damaged at every packet in turn, in
// one way, and what the log says of all its packets is counted. The figures are today's, and a rule
// that comes or goes changes them: whoever changes them tells why.
#include <algorithm>
#include <functional>
#include <utility>

#include "capture/dump_testing.hpp"
#include "dualcam/capture/transfer_log.hpp"

namespace dualcam::damage_figures_test {
namespace {

enum class Form { kinds, by_path, enhanced };

constexpr std::uint32_t packets_sent = 12;
constexpr std::uint32_t went_back_behind = 8; ///< packets
constexpr std::uint32_t went_back_to = 5;     ///< index

/// A transfer as a device sends it, going back once if `again`.
struct Sent {
  Sent(Form form, bool again) : form_(form), size_(form == Form::kinds ? full_packet : 500) {
    content = random_bytes((packets_sent - 1) * size_ + 300, 1);
    DeviceStream opening(packets_sent, 300);
    opening.init(form == Form::kinds ? 0x10 : 0x02);
    if (form != Form::kinds) {
      opening.message(Path{"dsm/1.jpg"});
    }
    opening.message(
        Start{form == Form::kinds ? packets_sent : static_cast<std::uint32_t>(content.size())});
    bytes = opening.bytes;
    send(0, again ? went_back_behind : packets_sent);
    if (again) {
      send(went_back_to, packets_sent);
    }
    end = bytes.size();
    append(bytes, encode(Init{5, DeviceStream::imei, 0x0000'0400}));
  }

  std::size_t size_of(std::size_t frame) const {
    return (frame + 1 < frames.size() && !syncs[frame + 1] ? frames[frame + 1]
            : frame + 1 < frames.size()                    ? frames[frame + 1] - 8
                                                           : end) -
           frames[frame];
  }

  ByteBuffer content;
  ByteBuffer bytes;
  std::vector<std::size_t> frames; ///< where each packet begins
  std::vector<bool> syncs;         ///< whether a SYNC is right before it
  std::size_t end = 0;             ///< of the last one

private:
  void send(std::uint32_t first, std::uint32_t last) {
    const auto number = form_ == Form::kinds ? first + 1 : first * size_;
    encode(Sync{static_cast<std::uint32_t>(number)}, bytes);
    std::uint16_t crc = 0;
    for (auto i = first; i < last; ++i) {
      const auto at = i * size_;
      const auto payload = Bytes(content).subspan(at, std::min(size_, content.size() - at));
      crc = crc16(payload, crc);
      frames.push_back(bytes.size());
      syncs.push_back(i == first);
      form_ == Form::enhanced
          ? encode(EnhancedData{static_cast<std::uint32_t>(at), payload, crc}, bytes)
          : encode(Data{payload, crc}, bytes);
    }
  }

  Form form_;
  std::size_t size_;
};

std::ptrdiff_t signed_of(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

void flip(ByteBuffer& bytes, std::size_t at) { bytes[at] ^= std::byte{0x10}; }
void erase(ByteBuffer& bytes, std::size_t at, std::size_t count) {
  bytes.erase(bytes.begin() + signed_of(at),
              bytes.begin() + signed_of(std::min(at + count, bytes.size())));
}
void insert(ByteBuffer& bytes, std::size_t at, const ByteBuffer& what) {
  bytes.insert(bytes.begin() + signed_of(at), what.begin(), what.end());
}
ByteBuffer part(const ByteBuffer& bytes, std::size_t at, std::size_t count) {
  return {bytes.begin() + signed_of(at), bytes.begin() + signed_of(at + count)};
}

/// Damages one packet, which lies at `at` with `size` bytes.
using Damage = std::function<void(ByteBuffer& bytes, std::size_t at, std::size_t size)>;

const std::vector<std::pair<const char*, Damage>>& damages() {
  static const std::vector<std::pair<const char*, Damage>> all{
      {"its id", [](auto& bytes, auto at, auto) { flip(bytes, at + 1); }},
      {"its length", [](auto& bytes, auto at, auto) { flip(bytes, at + 3); }},
      {"its high length", [](auto& bytes, auto at, auto) { flip(bytes, at + 2); }},
      {"its first bytes", [](auto& bytes, auto at, auto) { flip(bytes, at + 6); }},
      {"its content", [](auto& bytes, auto at, auto) { flip(bytes, at + 100); }},
      {"its CRC", [](auto& bytes, auto at, auto size) { flip(bytes, at + size - 1); }},
      {"a byte less", [](auto& bytes, auto at, auto) { erase(bytes, at + 50, 1); }},
      {"a byte more", [](auto& bytes, auto at, auto) { insert(bytes, at + 50, ByteBuffer(1)); }},
      {"its end is lost",
       [](auto& bytes, auto at, auto size) { erase(bytes, at + 40, size - 40); }},
      {"its begin is lost", [](auto& bytes, auto at, auto size) { erase(bytes, at, size - 40); }},
      {"it is lost", [](auto& bytes, auto at, auto size) { erase(bytes, at, size); }},
      {"a SYNC's bytes before it", [](auto& bytes, auto at, auto) { erase(bytes, at - 8, 8); }},
      {"it is lost, and half of the one before",
       [](auto& bytes, auto at, auto size) {
         const auto before = std::min<std::size_t>(at, 200);
         erase(bytes, at - before, size + before);
       }},
      {"it comes twice",
       [](auto& bytes, auto at, auto size) { insert(bytes, at, part(bytes, at, size)); }},
      {"noise before it",
       [](auto& bytes, auto at, auto) { insert(bytes, at, random_bytes(30, 3)); }},
      {"much noise before it",
       [](auto& bytes, auto at, auto) { insert(bytes, at, random_bytes(2500, 4)); }},
      {"noise in it",
       [](auto& bytes, auto at, auto) { insert(bytes, at + 60, random_bytes(1500, 5)); }},
  };
  return all;
}

/// Of all packets of many captures.
struct Counts {
  std::uint64_t verdicts[4]{};
  std::uint64_t numberings[3]{};
  std::uint64_t repeats = 0;
  std::uint64_t skipped = 0;
  std::uint64_t bytes = 0;
  std::uint64_t corrected = 0;
  std::uint64_t complete = 0;

  void add(const CapturedTransfer& transfer) {
    for (const auto& packet : transfer.packets) {
      ++verdicts[static_cast<std::size_t>(packet.verdict)];
      ++numberings[static_cast<std::size_t>(packet.numbering)];
    }
    repeats += transfer.repeated();
    skipped += transfer.skipped.size();
    bytes += transfer.bytes();
    corrected += transfer.corrections.size();
    complete += transfer.is_complete() ? 1 : 0;
  }

  /// "good bad cut unchecked | stated inferred unknown | repeated skipped bytes corrected complete"
  std::string text() const {
    std::string text;
    for (const auto count : verdicts) {
      text += std::to_string(count) + ' ';
    }
    text += '|';
    for (const auto count : numberings) {
      text += ' ' + std::to_string(count);
    }
    text += " |";
    for (const auto count : {repeats, skipped, bytes, corrected, complete}) {
      text += ' ' + std::to_string(count);
    }
    return text;
  }
};

void read_into(Counts& counts, const ByteBuffer& bytes) {
  DumpReader reader;
  TransferLog log;
  reader.received(bytes);
  reader.finish();
  while (const auto event = reader.poll()) {
    log.event({1, "", ""}, *event);
  }
  log.finish();
  while (const auto finding = log.poll()) {
    if (const auto* transfer = std::get_if<CapturedTransfer>(&*finding)) {
      counts.add(*transfer);
    }
  }
}

/// One damage at each packet; or two, `apart` packets from each other.
std::string counted(Form form, const Damage& damage, std::size_t apart = 0) {
  Counts counts;
  for (const bool again : {false, true}) {
    const Sent sent(form, again);
    for (std::size_t i = 0; i + apart < sent.frames.size(); ++i) {
      auto bytes = sent.bytes;
      if (apart != 0) { // the later one first, so that the other one's place stays
        damage(bytes, sent.frames[i + apart], sent.size_of(i + apart));
      }
      damage(bytes, sent.frames[i], sent.size_of(i));
      read_into(counts, bytes);
    }
  }
  return counts.text();
}

Lines figures(Form form, std::size_t apart = 0) {
  Lines lines;
  for (const auto& [name, damage] : damages()) {
    lines.push_back(std::string(name) + ": " + counted(form, damage, apart));
  }
  return lines;
}

} // namespace

TEST_CASE("damage figures: files by kind") {
  CHECK(figures(Form::kinds) ==
        Lines{"its id: 342 0 0 0 | 303 39 0 | 39 27 292172 0 6",
              "its length: 342 2 0 0 | 305 39 0 | 39 25 292804 0 6",
              "its high length: 342 0 0 0 | 303 39 0 | 39 27 292172 0 6",
              "its first bytes: 342 27 0 0 | 333 36 0 | 45 0 312228 0 6",
              "its content: 342 27 0 0 | 333 36 0 | 45 0 312228 0 6",
              "its CRC: 342 27 0 0 | 331 38 0 | 45 0 312228 0 6",
              "a byte less: 342 0 27 0 | 333 36 0 | 45 0 292172 0 6",
              "a byte more: 342 0 27 0 | 229 140 0 | 45 27 292172 24 6",
              "its end is lost: 322 0 27 20 | 295 74 0 | 45 0 292172 0 5",
              "its begin is lost: 342 0 0 0 | 303 39 0 | 39 27 292172 0 6",
              "it is lost: 322 0 0 20 | 227 115 0 | 39 0 292172 43 5",
              "a SYNC's bytes before it: 325 0 24 20 | 269 100 0 | 45 0 292772 2 7",
              "it is lost, and half of the one before: 297 0 25 20 | 202 128 12 | 39 0 272716 41 4",
              "it comes twice: 396 0 0 0 | 254 142 0 | 72 0 312228 50 27",
              "noise before it: 369 0 0 0 | 369 0 0 | 45 27 312228 0 27",
              "much noise before it: 369 0 0 0 | 369 0 0 | 45 27 312228 0 27",
              "noise in it: 342 0 27 0 | 229 140 0 | 45 27 292172 24 6"});
}

TEST_CASE("damage figures: DATA of files by path") {
  CHECK(figures(Form::by_path) ==
        Lines{"its id: 342 0 0 0 | 303 39 0 | 39 27 146500 2 6",
              "its length: 342 2 25 0 | 303 66 0 | 45 25 147100 4 6",
              "its high length: 342 0 0 0 | 303 39 0 | 39 27 146500 2 6",
              "its first bytes: 342 27 0 0 | 333 36 0 | 45 0 156600 0 6",
              "its content: 342 27 0 0 | 333 36 0 | 45 0 156600 0 6",
              "its CRC: 342 27 0 0 | 331 38 0 | 45 0 156600 0 6",
              "a byte less: 342 0 27 0 | 303 66 0 | 45 0 146500 2 6",
              "a byte more: 342 0 27 0 | 227 142 0 | 45 27 146500 24 6",
              "its end is lost: 322 0 27 20 | 278 91 0 | 45 0 146500 4 5",
              "its begin is lost: 342 0 0 0 | 303 39 0 | 39 27 146500 2 6",
              "it is lost: 322 0 0 20 | 227 115 0 | 39 0 146500 43 5",
              "a SYNC's bytes before it: 325 0 24 20 | 254 115 0 | 45 0 147100 6 7",
              "it is lost, and half of the one before: 297 0 25 20 | 202 128 12 | 39 0 137000 41 4",
              "it comes twice: 396 0 0 0 | 254 142 0 | 72 0 156600 50 27",
              "noise before it: 369 0 0 0 | 369 0 0 | 45 27 156600 0 27",
              "much noise before it: 369 0 0 0 | 369 0 0 | 45 27 156600 0 27",
              "noise in it: 342 0 27 0 | 227 142 0 | 45 27 146500 24 6"});
}

TEST_CASE("damage figures: ENHANCED DATA") {
  CHECK(figures(Form::enhanced) ==
        Lines{"its id: 342 0 0 0 | 342 0 0 | 39 27 146500 0 6",
              "its length: 342 0 27 0 | 342 27 0 | 45 27 146500 0 6",
              "its high length: 342 0 0 0 | 342 0 0 | 39 27 146500 0 6",
              "its first bytes: 352 17 0 0 | 338 31 0 | 45 0 156600 0 12",
              "its content: 342 27 0 0 | 368 1 0 | 45 0 156600 0 6",
              "its CRC: 342 27 0 0 | 363 6 0 | 45 0 156600 0 6",
              "a byte less: 342 0 27 0 | 342 27 0 | 45 0 146500 0 6",
              "a byte more: 342 0 27 0 | 342 27 0 | 45 27 146500 0 6",
              "its end is lost: 322 0 27 20 | 337 32 0 | 45 0 146500 0 5",
              "its begin is lost: 342 0 0 0 | 342 0 0 | 39 27 146500 0 6",
              "it is lost: 322 0 0 20 | 337 5 0 | 39 0 146500 0 5",
              "a SYNC's bytes before it: 325 0 24 20 | 339 30 0 | 45 0 147100 1 7",
              "it is lost, and half of the one before: 297 0 25 20 | 312 30 0 | 39 0 137000 0 4",
              "it comes twice: 396 0 0 0 | 372 24 0 | 72 0 156600 0 27",
              "noise before it: 345 0 0 24 | 369 0 0 | 45 27 156600 0 8",
              "much noise before it: 345 0 0 24 | 369 0 0 | 45 27 156600 0 8",
              "noise in it: 342 0 27 0 | 342 27 0 | 45 27 146500 0 6"});
}

TEST_CASE("damage figures: two packets of one transfer") {
  CHECK(figures(Form::kinds, 1) ==
        Lines{"its id: 292 0 0 0 | 255 37 0 | 30 25 251636 1 5",
              "its length: 292 0 0 2 | 255 39 0 | 30 25 252268 1 5",
              "its high length: 292 0 0 0 | 255 37 0 | 30 25 251636 1 5",
              "its first bytes: 292 50 0 0 | 272 70 0 | 42 0 289100 0 5",
              "its content: 292 50 0 0 | 272 70 0 | 42 0 289100 0 5",
              "its CRC: 274 66 0 2 | 258 84 0 | 42 0 289100 0 4",
              "a byte less: 292 0 26 0 | 272 46 0 | 37 24 251636 0 5",
              "a byte more: 292 0 26 0 | 195 123 0 | 37 26 251636 22 5",
              "its end is lost: 274 0 26 18 | 200 118 0 | 37 0 251636 37 4",
              "its begin is lost: 292 0 0 0 | 195 97 0 | 30 25 251636 22 5",
              "it is lost: 274 0 0 18 | 195 97 0 | 30 0 251636 39 4",
              "a SYNC's bytes before it: 275 0 25 20 | 224 96 0 | 37 22 252236 3 4",
              "it is lost, and half of the one before: 246 0 23 0 | 167 93 9 | 24 19 215196 19 0",
              "it comes twice: 392 0 0 0 | 221 171 0 | 92 0 289100 65 25",
              "noise before it: 298 0 0 20 | 203 115 0 | 37 26 269644 43 5",
              "much noise before it: 298 0 0 20 | 203 115 0 | 37 26 269644 43 5",
              "noise in it: 292 0 26 0 | 195 123 0 | 37 26 251636 22 5"});
  CHECK(figures(Form::kinds, 3) ==
        Lines{"its id: 246 0 0 0 | 186 60 0 | 27 42 210500 2 0",
              "its length: 246 2 0 0 | 186 62 0 | 27 40 211132 0 0",
              "its high length: 246 0 0 0 | 186 60 0 | 27 42 210500 2 0",
              "its first bytes: 246 42 0 0 | 236 52 0 | 36 0 242844 0 0",
              "its content: 246 42 0 0 | 236 52 0 | 36 0 242844 0 0",
              "its CRC: 246 42 0 0 | 233 55 0 | 36 0 242844 0 0",
              "a byte less: 246 0 42 0 | 158 130 0 | 36 0 210500 0 0",
              "a byte more: 246 0 42 0 | 140 148 0 | 36 42 210500 43 0",
              "its end is lost: 213 0 42 33 | 152 136 0 | 36 0 210500 0 0",
              "its begin is lost: 246 0 0 0 | 149 97 0 | 27 42 210500 2 0",
              "it is lost: 213 13 0 20 | 133 113 0 | 26 0 211524 43 0",
              "a SYNC's bytes before it: 215 0 38 35 | 129 159 0 | 36 0 212124 5 0",
              "it is lost, and half of the one before: 170 0 23 19 | 114 89 9 | 18 15 166468 29 0",
              "it comes twice: 330 0 0 0 | 164 166 0 | 78 0 242844 55 21",
              "noise before it: 288 0 0 0 | 288 0 0 | 36 42 242844 0 21",
              "much noise before it: 288 0 0 0 | 288 0 0 | 36 42 242844 0 21",
              "noise in it: 246 0 42 0 | 140 148 0 | 36 42 210500 43 0"});
  CHECK(figures(Form::by_path, 2) ==
        Lines{"its id: 247 0 0 1 | 223 25 0 | 23 25 108300 2 3",
              "its length: 248 0 25 2 | 223 52 0 | 31 25 108932 4 4",
              "its high length: 247 0 0 1 | 223 25 0 | 23 25 108300 2 3",
              "its first bytes: 269 46 0 0 | 267 48 0 | 39 0 133400 0 4",
              "its content: 269 46 0 0 | 267 48 0 | 39 0 133400 0 4",
              "its CRC: 269 46 0 0 | 264 51 0 | 39 0 133400 0 4",
              "a byte less: 248 0 25 0 | 223 50 0 | 31 21 108300 2 4",
              "a byte more: 248 0 25 0 | 166 107 0 | 31 25 108300 21 4",
              "its end is lost: 229 0 29 23 | 175 106 0 | 31 17 110300 29 1",
              "its begin is lost: 240 0 0 8 | 164 84 0 | 23 25 108300 19 2",
              "it is lost: 229 17 0 23 | 166 103 0 | 28 0 116300 39 1",
              "a SYNC's bytes before it: 233 0 24 22 | 184 95 0 | 33 18 109900 9 1",
              "it is lost, and half of the one before: 207 0 22 18 | 144 93 10 | 22 20 99300 33 0",
              "it comes twice: 361 0 0 0 | 191 170 0 | 85 0 133400 60 23",
              "noise before it: 315 0 0 0 | 315 0 0 | 39 46 133400 0 23",
              "much noise before it: 315 0 0 0 | 315 0 0 | 39 46 133400 0 23",
              "noise in it: 248 0 25 0 | 166 107 0 | 31 25 108300 21 4"});
  CHECK(figures(Form::enhanced, 2) ==
        Lines{"its id: 247 1 0 0 | 248 0 0 | 23 25 108300 0 3",
              "its length: 248 0 25 0 | 249 24 0 | 31 25 108300 0 4",
              "its high length: 247 1 0 0 | 248 0 0 | 23 25 108300 0 3",
              "its first bytes: 299 16 0 0 | 251 64 0 | 39 0 133400 0 9",
              "its content: 269 46 0 0 | 313 2 0 | 39 0 133400 0 4",
              "its CRC: 269 46 0 0 | 303 12 0 | 39 0 133400 0 4",
              "a byte less: 248 0 25 0 | 249 24 0 | 31 21 108300 0 4",
              "a byte more: 248 0 25 0 | 249 24 0 | 31 25 108300 0 4",
              "its end is lost: 229 0 29 23 | 245 36 0 | 31 17 110300 0 1",
              "its begin is lost: 247 1 0 0 | 248 0 0 | 23 25 108300 0 3",
              "it is lost: 229 0 0 40 | 244 25 0 | 27 0 116800 0 1",
              "a SYNC's bytes before it: 233 1 24 21 | 247 32 0 | 33 18 109900 2 1",
              "it is lost, and half of the one before: 207 0 22 18 | 222 25 0 | 22 20 99300 0 0",
              "it comes twice: 361 0 0 0 | 319 42 0 | 85 0 133400 0 23",
              "noise before it: 273 0 0 42 | 315 0 0 | 39 46 133400 0 4",
              "much noise before it: 273 0 0 42 | 315 0 0 | 39 46 133400 0 4",
              "noise in it: 248 0 25 0 | 249 24 0 | 31 25 108300 0 4"});
}

} // namespace dualcam::damage_figures_test
