// Streams that are damaged at random, by somebody who knows which packets stayed whole and where
// they belong: what the log says of each is compared with that.
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "capture/captured.hpp"
#include "capture/dump_testing.hpp"
#include "figures.hpp"

namespace dualcam::damage_truth_test {
namespace {

enum class Family { kinds, data_by_path, enhanced };
constexpr std::array all_families{Family::kinds, Family::data_by_path, Family::enhanced};
enum class Fault { flip, insert, erase, repeat, erase_packets, repeat_packets, swap_packets };

constexpr std::array all_faults{Fault::flip,        Fault::insert,        Fault::erase,
                                Fault::repeat,      Fault::erase_packets, Fault::repeat_packets,
                                Fault::swap_packets};

/// A byte, and where it stood before any damage; -1: it has been changed, or is from elsewhere.
struct Byte {
  std::byte value;
  std::int64_t from;
};

/// A frame of DATA before any damage.
struct Frame {
  std::size_t offset;
  std::size_t size;
  std::uint64_t place; ///< number, or byte where files go by path
  std::uint32_t content;
};

/// One transfer as a device sends it, and the truth about it.
class Truth {
public:
  /// Of 20 to `most` packets.
  Truth(Family family, std::mt19937& random, std::size_t most) : family_(family) {
    const auto packets = 20 + random() % (most - 20);
    const auto size = family == Family::kinds ? full_packet : 4 + random() % 1500;
    const auto content = random_bytes((packets - 1) * size + 1 + random() % size,
                                      static_cast<std::uint32_t>(random()));
    DeviceStream s(1, 1);
    s.init(family == Family::kinds ? 0x10 : 0x02);
    if (family != Family::kinds) {
      s.message(Path{"dsm/picture/231020/231452.jpg"});
    }
    start_ = family == Family::kinds ? static_cast<std::uint32_t>(packets)
                                     : static_cast<std::uint32_t>(content.size());
    s.message(Start{start_});
    const auto sync_again = random() % 3 == 0 ? 5 + random() % (packets - 10) : 0;
    send(s, content, size, 0, sync_again != 0 ? sync_again + 3 : packets);
    if (sync_again != 0) {
      send(s, content, size, sync_again, packets);
    }
    s.init(0);
    for (std::size_t i = 0; i < s.bytes.size(); ++i) {
      stream_.push_back({s.bytes[i], static_cast<std::int64_t>(i)});
    }
  }

  /// The last SYNC is not recognised any more.
  void lose_sync() {
    auto& byte = stream_[asked_.back().offset];
    byte = {byte.value ^ std::byte{0xFF}, -1};
  }

  /// Where frames were sent: of a stream that has been damaged before, other bytes may stand there.
  void damage(Fault fault, std::mt19937& random) {
    const auto& a = frames_[random() % frames_.size()];
    const auto at = std::min(a.offset + random() % a.size, stream_.size() - init_size);
    const auto count = 1 + random() % (random() % 2 == 0 ? 40 : 4000);
    const auto first = random() % frames_.size();
    const auto last = std::min(frames_.size() - 1, first + random() % 4);
    const auto end = frames_[last].offset + frames_[last].size;
    switch (fault) {
    case Fault::flip:
      stream_[at].value ^= std::byte{static_cast<unsigned char>(1U << random() % 8)};
      stream_[at].from = -1;
      return;
    case Fault::insert: {
      std::vector<Byte> junk;
      for (const auto byte : random_bytes(count, static_cast<std::uint32_t>(random()))) {
        junk.push_back({byte, -1});
      }
      return put(at, junk);
    }
    case Fault::erase:
      return erase(at, std::min(at + count, stream_.size() - init_size));
    case Fault::repeat:
      return repeat(at, std::min(at + count, stream_.size() - init_size));
    case Fault::erase_packets:
      return erase(frames_[first].offset, end);
    case Fault::repeat_packets:
      return repeat(frames_[first].offset, end);
    case Fault::swap_packets: {
      const auto& b = frames_[(first + 1) % frames_.size()];
      if (frames_[first].offset + frames_[first].size == b.offset &&
          b.offset + b.size <= stream_.size()) {
        const auto from = stream_.begin() + static_cast<std::ptrdiff_t>(frames_[first].offset);
        std::rotate(from, from + static_cast<std::ptrdiff_t>(frames_[first].size),
                    from + static_cast<std::ptrdiff_t>(frames_[first].size + b.size));
      }
      return;
    }
    }
  }

  ByteBuffer bytes() const {
    ByteBuffer bytes;
    for (const auto& each : stream_) {
      bytes.push_back(each.value);
    }
    return bytes;
  }

  /// With the server's side: it asks for what each SYNC answers, or for more than a device, which
  /// may step back, sends.
  CapturedTransfer captured_with_server() const {
    CapturedStream captured;
    captured.server(FileRequest{family_ == Family::kinds ? "%videof" : "dsm/picture"});
    const auto all = bytes();
    std::size_t at = 0;
    for (const auto& [offset, number] : asked_) {
      const auto next = std::find_if(
          stream_.begin() + static_cast<std::ptrdiff_t>(at), stream_.end(),
          [&](const Byte& each) { return each.from >= static_cast<std::int64_t>(offset); });
      const auto end = static_cast<std::size_t>(next - stream_.begin());
      captured.received(Bytes(all).first(end).subspan(at)).server(Resume{number});
      at = end;
    }
    return captured.received(Bytes(all).subspan(at)).finished();
  }

  /// The whole packets of the damaged stream, by their offsets.
  std::map<std::uint64_t, Frame> intact() const {
    std::map<std::uint64_t, Frame> intact;
    for (std::size_t at = 0, end = 0; at < stream_.size(); at = end) { // what was never parted
      const auto from = stream_[at].from;
      end = at + 1;
      while (from >= 0 && end < stream_.size() && stream_[end].from == stream_[end - 1].from + 1) {
        ++end;
      }
      const auto begins = static_cast<std::size_t>(std::max<std::int64_t>(from, 0));
      auto frame = std::ranges::lower_bound(frames_, begins, {}, &Frame::offset);
      for (; from >= 0 && frame != frames_.end(); ++frame) {
        const auto place = at + (frame->offset - begins);
        if (place + frame->size > end) {
          break;
        }
        intact.emplace(place, *frame);
      }
    }
    return intact;
  }

  std::map<std::uint64_t, std::uint32_t> contents() const {
    std::map<std::uint64_t, std::uint32_t> contents;
    for (const auto& frame : frames_) {
      contents[frame.place] = frame.content;
    }
    return contents;
  }
  std::uint32_t start() const { return start_; }

private:
  void send(DeviceStream& s, Bytes content, std::size_t size, std::size_t first, std::size_t end) {
    const bool by_kind = family_ == Family::kinds;
    const auto number = by_kind ? first + 1 : first * size;
    const auto back = first != 0 && first % 4 == 0 ? (by_kind ? 2 : 2 * size) : 0;
    asked_.push_back({s.bytes.size(), static_cast<std::uint32_t>(number + back)});
    s.message(Sync{static_cast<std::uint32_t>(number)});
    std::uint16_t crc = 0;
    for (auto i = first; i < end && i * size < content.size(); ++i) {
      const auto payload =
          content.subspan(i * size).first(std::min(size, content.size() - i * size));
      crc = crc16(payload, crc);
      const auto offset = s.bytes.size();
      const auto place = static_cast<std::uint32_t>(i * size);
      family_ == Family::enhanced ? s.message(EnhancedData{place, payload, crc})
                                  : s.message(Data{payload, crc});
      frames_.push_back(
          {offset, s.bytes.size() - offset, by_kind ? i + 1 : place,
           static_cast<std::uint32_t>(std::hash<std::string_view>()(as_text(payload)))});
    }
  }
  void put(std::size_t at, const std::vector<Byte>& what) {
    stream_.insert(stream_.begin() + static_cast<std::ptrdiff_t>(at), what.begin(), what.end());
  }
  void erase(std::size_t at, std::size_t end) {
    end = std::min(end, stream_.size());
    at = std::min(at, end);
    stream_.erase(stream_.begin() + static_cast<std::ptrdiff_t>(at),
                  stream_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  void repeat(std::size_t at, std::size_t end) {
    end = std::min(end, stream_.size());
    at = std::min(at, end);
    const std::vector<Byte> again(stream_.begin() + static_cast<std::ptrdiff_t>(at),
                                  stream_.begin() + static_cast<std::ptrdiff_t>(end));
    put(end, again);
  }

  Family family_;
  std::uint32_t start_ = 0;
  std::vector<Byte> stream_;
  std::vector<Frame> frames_;
  struct Asked {
    std::size_t offset; ///< of the SYNC that answers it
    std::uint32_t number;
  };
  std::vector<Asked> asked_;
};

/// What is wrong with what the log says.
struct Findings {
  int runs = 0;
  int misplaced = 0;    ///< runs in which a whole packet has another place
  int misnamed = 0;     ///< runs in which a damaged packet is good, or a whole one bad
  int lost = 0;         ///< runs in which a whole packet is not found
  int stated_wrong = 0; ///< runs in which a wrong place is called stated
  int complete_wrong = 0;
  int stated = 0;
  int complete = 0;
};

void judge(const Truth& truth, const CapturedTransfer& transfer, Findings& findings) {
  auto intact = truth.intact();
  const auto contents = truth.contents();
  const auto is_what_was_sent = [&](const CapturedPacket& packet) {
    const auto found = contents.find(transfer.place_of(packet));
    return found != contents.end() && found->second == packet.content;
  };
  bool misplaced = false;
  bool misnamed = false;
  bool stated_wrong = false;
  bool stated = transfer.numbering() == DumpNumbering::stated;
  for (const auto& packet : transfer.packets) {
    const auto found = intact.find(packet.offset);
    if (found == intact.end()) {
      misnamed = misnamed || (packet.verdict == DumpVerdict::good && !is_what_was_sent(packet));
      continue; // headers are alike: of two packets one can be made that nothing is wrong with
    }
    const bool right = transfer.place_of(packet) == found->second.place;
    misplaced = misplaced || !right;
    misnamed = misnamed || packet.verdict == DumpVerdict::bad || packet.verdict == DumpVerdict::cut;
    stated_wrong = stated_wrong || (!right && packet.numbering == DumpNumbering::stated);
    intact.erase(found);
  }
  bool complete_wrong = false;
  if (transfer.is_complete()) {
    const auto best = transfer.best();
    complete_wrong = transfer.start != truth.start() || best.size() != contents.size() ||
                     !std::ranges::all_of(best, [&](const CapturedPacket* packet) {
                       return is_what_was_sent(*packet);
                     });
  }
  ++findings.runs;
  findings.misplaced += misplaced;
  findings.misnamed += misnamed;
  findings.lost += !intact.empty();
  findings.stated_wrong += stated_wrong;
  findings.complete_wrong += complete_wrong;
  findings.stated += stated;
  findings.complete += transfer.is_complete();
}

constexpr std::size_t usual_most = 120;

enum class Others { same, any };   ///< faults but the first
enum class Heard { device, both }; ///< sides

Findings damaged(Family family, Fault fault, int runs, int faults, int first = 1,
                 std::size_t most = usual_most, Others others = Others::same,
                 Heard heard = Heard::device) {
  Findings findings;
  for (int seed = first; seed < first + runs; ++seed) {
    CAPTURE(static_cast<int>(family), static_cast<int>(fault), faults, seed);
    std::mt19937 random(static_cast<std::uint32_t>(seed));
    Truth truth(family, random, most);
    if (heard == Heard::both) {
      truth.lose_sync();
    }
    for (int each = 0; each < faults; ++each) {
      const bool another = each != 0 && others == Others::any;
      truth.damage(another ? all_faults[random() % all_faults.size()] : fault, random);
    }
    const auto before = findings;
    judge(truth, heard == Heard::both ? truth.captured_with_server() : captured(truth.bytes()),
          findings);
    CHECK(findings.stated_wrong == before.stated_wrong);
    CHECK(findings.complete_wrong == before.complete_wrong);
    if (std::getenv("DUALCAM_EXPLAIN") != nullptr) {
      CHECK(findings.misplaced == before.misplaced);
      CHECK(findings.misnamed == before.misnamed);
      CHECK(findings.lost == before.lost);
    }
  }
  return findings;
}

int number_given(const char* name, int otherwise) {
  const auto* given = std::getenv(name);
  return given != nullptr ? std::atoi(given) : otherwise;
}

/// DUALCAM_RUNS gives another number, DUALCAM_SEED is the first one's seed; DUALCAM_EXPLAIN names
/// every run in which something is wrong.
int runs_or(std::uint32_t usual) { return number_given("DUALCAM_RUNS", static_cast<int>(usual)); }
int runs_with_one_fault() { return runs_or(full(40, 10'000)); }
int runs_with_several_faults() { return runs_or(full(40, 1'000)); }
int first_seed() { return number_given("DUALCAM_SEED", 1); }

void tell(Family family, Fault fault, const Findings& found) {
  constexpr std::array families{"kinds", "DATA by path", "ENHANCED DATA"};
  constexpr std::array faults{"flips",           "insertion",        "erasure",          "repeat",
                              "packets removed", "packets repeated", "packets exchanged"};
  const auto number = [](int count) { return std::to_string(count); };
  figure("damaged captures",
         std::string(families.at(static_cast<std::size_t>(family))) + ": " +
             faults.at(static_cast<std::size_t>(fault)) + ", once a run; seed " +
             number(first_seed()),
         static_cast<std::uint64_t>(found.runs),
         "runs with packets misplaced " + number(found.misplaced) + ", misnamed " +
             number(found.misnamed) + ", lost " + number(found.lost) + "; wrong claims " +
             number(found.stated_wrong + found.complete_wrong),
         "at most 0.1 % of the runs each; 0 wrong claims");
}

} // namespace

TEST_CASE("damage: nothing wrong is called stated or complete, whatever the damage") {
  for (const auto family : all_families) {
    for (const auto fault : all_faults) {
      for (const int faults : {2, 3}) {
        damaged(family, fault, tries(runs_with_several_faults()), faults, first_seed());
      }
    }
  }
}

TEST_CASE("damage: nothing wrong is called stated or complete behind faults of several kinds") {
  for (const auto family : all_families) {
    for (const auto fault : all_faults) {
      for (const int faults : {2, 3}) {
        damaged(family, fault, tries(runs_with_several_faults()), faults, first_seed(), usual_most,
                Others::any);
      }
    }
  }
}

TEST_CASE("damage: nothing wrong is called stated or complete where a server tells of lost SYNCs") {
  for (const auto family : all_families) {
    for (const auto fault : all_faults) {
      for (const int faults : {2, 3}) {
        damaged(family, fault, tries(runs_with_several_faults()), faults, first_seed(), usual_most,
                Others::any, Heard::both);
      }
    }
  }
}

TEST_CASE("damage: what was once wrong") {
  // A device went back further than the server had asked, behind a SYNC that was lost, and what had
  // come before was taken for the end of the file; or where that began was guessed, though RESUME
  // tells.
  damaged(Family::kinds, Fault::erase_packets, 1, 2, 93270, usual_most, Others::any, Heard::both);
  for (const int seed : {93006, 93053}) {
    damaged(Family::data_by_path, Fault::erase_packets, 1, 2, seed, usual_most, Others::any,
            Heard::both);
  }
  damaged(Family::data_by_path, Fault::repeat_packets, 1, 2, 93008, usual_most, Others::any,
          Heard::both);
  // The last packet was whole, and what came right before it did not lie there.
  damaged(Family::kinds, Fault::swap_packets, 1, 3, 187);
  damaged(Family::data_by_path, Fault::swap_packets, 1, 3, 201);
  // Something was lost between SYNC and the first packet behind it.
  damaged(Family::data_by_path, Fault::repeat_packets, 1, 3, 241);
  // A CRC fitted by chance behind lost packets, which a SYNC beyond what had come shows.
  damaged(Family::data_by_path, Fault::erase_packets, 1, 1, 4357);
  damaged(Family::data_by_path, Fault::repeat_packets, 1, 1, 4357);
  damaged(Family::enhanced, Fault::erase_packets, 1, 1, 4357);
  damaged(Family::enhanced, Fault::repeat_packets, 1, 1, 4357);
  // A packet that file content looked like lay among whole ones.
  damaged(Family::enhanced, Fault::repeat, 1, 1, 5312);
  damaged(Family::enhanced, Fault::insert, 1, 1, 1146);
  // Two packets have one CRC by chance, and what came again tells from which of them another one
  // goes on.
  damaged(Family::data_by_path, Fault::erase_packets, 1, 1, 1008592);
  // As many packets were missing as a device had sent again, and their SYNC was lost.
  damaged(Family::data_by_path, Fault::erase_packets, 1, 2, 3000223);
  // The last packet was whole, but for those before it, and the INIT behind it was cut.
  damaged(Family::enhanced, Fault::erase_packets, 1, 3, 3000378);
  // Packets that came three times because of damage were taken for blank ones.
  damaged(Family::data_by_path, Fault::repeat, 1, 2, 3000104);
  damaged(Family::data_by_path, Fault::repeat, 1, 2, 3000123);
  // Zeros behind the header of a packet fitted a CRC of 0, which no packet of the file began with.
  damaged(Family::enhanced, Fault::erase, 1, 1, 7000111);
  // The last packets came again behind one that has, by chance, the CRC that they go on from.
  damaged(Family::data_by_path, Fault::repeat_packets, 1, 1, 7004590);
  // Two packets changed places, and the first has the CRC that it goes on from.
  damaged(Family::kinds, Fault::swap_packets, 1, 1, 7005435);
}

/// What the first fault was, how many there were, and the run's seed.
struct Wrong {
  Fault fault;
  int faults;
  int seed;
};

TEST_CASE("damage: what was once wrong behind two faults, or three, of any kinds") {
  // Places that were inferred agreed with each other, but not with what the CRCs go on from.
  constexpr std::array complete{
      Wrong{Fault::erase_packets, 2, 41000098}, Wrong{Fault::erase_packets, 2, 41000183},
      Wrong{Fault::erase_packets, 2, 41000371}, Wrong{Fault::erase_packets, 3, 41000033},
      Wrong{Fault::erase_packets, 3, 41000111}};
  // The last packet was cut, and might be two: then one more was counted before.
  constexpr std::array stated{Wrong{Fault::insert, 2, 41000188}, Wrong{Fault::insert, 2, 41000375},
                              Wrong{Fault::erase, 2, 41000037}, Wrong{Fault::erase, 3, 41000194},
                              Wrong{Fault::repeat_packets, 3, 41000070}};
  for (const auto& wrong : {complete, stated}) {
    for (const auto& [fault, faults, seed] : wrong) {
      damaged(Family::kinds, fault, 1, faults, seed, 60, Others::any);
    }
  }
}

TEST_CASE("damage: too many packets counted at one place make up for too few at another") {
  // Pieces that are no packet, guesses about lost bytes, packets that came again or changed places.
  constexpr std::array of_kinds{
      Wrong{Fault::flip, 3, 1413},         Wrong{Fault::insert, 2, 1142},
      Wrong{Fault::repeat, 3, 1169},       Wrong{Fault::erase_packets, 3, 1327},
      Wrong{Fault::swap_packets, 3, 1025}, Wrong{Fault::swap_packets, 3, 1225},
      Wrong{Fault::swap_packets, 3, 1325}, Wrong{Fault::repeat, 2, 2190}};
  // The last packet was lost, and one of the usual size taken for it.
  constexpr std::array by_path{
      Wrong{Fault::erase_packets, 2, 1164}, Wrong{Fault::erase_packets, 2, 1243},
      Wrong{Fault::erase_packets, 2, 1245}, Wrong{Fault::erase_packets, 3, 1047},
      Wrong{Fault::erase_packets, 3, 1259}, Wrong{Fault::erase_packets, 3, 1296},
      Wrong{Fault::erase_packets, 3, 1361}, Wrong{Fault::erase_packets, 3, 1435},
      Wrong{Fault::swap_packets, 3, 1479},  Wrong{Fault::insert, 3, 2143}};
  for (const auto& [fault, faults, seed] : of_kinds) {
    damaged(Family::kinds, fault, 1, faults, seed, usual_most, Others::any);
  }
  for (const auto& [fault, faults, seed] : by_path) {
    damaged(Family::data_by_path, fault, 1, faults, seed, usual_most, Others::any);
  }
  damaged(Family::enhanced, Fault::repeat_packets, 1, 3, 2448, usual_most, Others::any);
  // A whole packet, before something that was no command, was placed behind the one before it.
  damaged(Family::enhanced, Fault::repeat_packets, 1, 3, 90204, usual_most, Others::any);
}

TEST_CASE("damage: what lies in blank stretches tells of lost packets, too") {
  DeviceStream s(20, 320);
  const auto fill = [&](std::size_t first, std::size_t count, std::byte with) {
    std::ranges::fill(std::span(s.content).subspan((first - 1) * full_packet, count * full_packet),
                      with);
  };
  fill(1, 5, std::byte{0}); // whose CRC goes on from 0 and is 0
  fill(10, 6, std::byte{0x11});
  s.init().start().sync(1);
  const auto end = s.bytes.size();
  s.data(2);
  s.bytes.resize(end); // they are lost
  s.data(12).sync(13).data(8).flip(s.starts[19] + 500).init(0);
  const auto packets = captured(s.bytes).packets;
  REQUIRE(packets.size() == 20);
  for (std::uint32_t i = 0; i < packets.size(); ++i) {
    CAPTURE(i);
    const auto sent = i < 12 ? i + 3 : i + 1;
    CHECK((packets[i].number == sent || packets[i].numbering != DumpNumbering::stated));
  }
}

TEST_CASE("damage: what was once lost, misplaced or misnamed") {
  const auto check = [](Family family, Fault fault, int seed, std::size_t most = usual_most) {
    const auto found = damaged(family, fault, 1, 1, seed, most);
    CAPTURE(static_cast<int>(family), static_cast<int>(fault), seed);
    CHECK(found.lost == 0);
    CHECK(found.misplaced == 0);
    CHECK(found.misnamed == 0);
  };
  // The last packet, and the INIT behind it, lie within the length of the damaged one before them.
  check(Family::kinds, Fault::erase, 2348);
  check(Family::data_by_path, Fault::erase, 5757);
  check(Family::enhanced, Fault::erase, 657);
  // The same, and what is left of INIT behind it begins like a command that the end cuts.
  check(Family::enhanced, Fault::erase, 1000170);
  // File content looks like the header of a packet that ends where another one does.
  check(Family::kinds, Fault::insert, 6227);
  // Packets are missing behind a SYNC, or before one: what comes next is whole.
  check(Family::kinds, Fault::erase_packets, 248);
  check(Family::kinds, Fault::erase_packets, 421);
  // A SYNC is lost, and packets behind it which came before it, too: what comes next is whole.
  check(Family::kinds, Fault::erase_packets, 9000758);
  check(Family::data_by_path, Fault::erase_packets, 9001302);
  check(Family::enhanced, Fault::erase_packets, 9000138);
  // A packet comes twice in a row, and once more behind a SYNC, with another CRC.
  check(Family::kinds, Fault::repeat_packets, 214);
  // Two packets are one of the usual length, and the next one is whole, behind a SYNC or not.
  check(Family::enhanced, Fault::erase, 1000026, 600);
  check(Family::enhanced, Fault::erase, 1004332);
  // A packet came before as it is, and what is right before it is another one.
  check(Family::enhanced, Fault::repeat_packets, 1000482);
  // Where a damaged packet ends file content looks like a PATH that the end of the dump cuts.
  check(Family::kinds, Fault::repeat, 1003932, 600);
  // The rest of a packet and the beginning of the next one had, by chance, the CRC of a packet.
  for (const int seed : {7001027, 7002477, 5000879, 9002442}) {
    check(Family::kinds, Fault::erase, seed);
  }
  // What looked like a PATH of 56,000 bytes, and had many packets in it.
  check(Family::kinds, Fault::repeat, 7009838);
}

TEST_CASE("damage: captures of up to 600 packets are no other ones") {
  for (const auto family : all_families) {
    for (const auto fault : all_faults) {
      CAPTURE(static_cast<int>(family), static_cast<int>(fault));
      const auto found =
          damaged(family, fault, tries((runs_with_one_fault() + 9) / 10), 1, first_seed(), 600);
      CHECK(found.misplaced * 1000 <= found.runs);
      CHECK(found.lost * 1000 <= found.runs);
    }
  }
}

TEST_CASE("damage: behind one damaged stretch every whole packet keeps its place and its verdict") {
  for (const auto family : all_families) {
    for (const auto fault : all_faults) {
      CAPTURE(static_cast<int>(family), static_cast<int>(fault));
      const auto found = damaged(family, fault, runs_with_one_fault(), 1, first_seed());
      CHECK(found.misplaced * 1000 <= found.runs);
      CHECK(found.misnamed * 1000 <= found.runs);
      CHECK(found.lost * 1000 <= found.runs);
      tell(family, fault, found);
    }
  }
}

TEST_CASE("damage: packets that came again behind many lost SYNCs are placed by what they are") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(13);
  for (std::uint32_t first = 2; first <= 8; ++first) { // packet 10 seems to be another each time
    s.sync(first).data(1);
    const auto lost = s.bytes.size();
    s.sync(10).flip(lost).data(3);
  }
  s.sync(13).data(8).init(0);
  const auto transfer = captured(s.bytes);
  CHECK(transfer.packets.size() == s.starts.size());
  CHECK(transfer.is_complete());
  for (const auto& packet : transfer.packets) {
    CAPTURE(packet.offset);
    const auto content = Bytes(s.content).subspan((packet.number - 1) * full_packet);
    CHECK(packet.crc == crc16(content.first(std::min(content.size(), full_packet))));
    CHECK(packet.verdict == DumpVerdict::good);
  }
}

} // namespace dualcam::damage_truth_test
