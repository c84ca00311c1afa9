// The server's session: any bytes from the device, in any pieces, with any time between them.
// Input:
//
//     flags, count, `count` bytes of schedule, the device's stream
//
// Flag 1: some of every file is held already; flag 2: metadata is asked for; flag 4: so are files
// by path. A schedule byte is the size of a piece and the time that passes behind it; the schedule
// is gone through again and again.
//
// Payloads are looked at as late as the contract allows: before the next piece. Without time, whole
// and in pieces must give the same file bytes.
#include <cstdlib>
#include <vector>

#include "dualcam/session/server_session.hpp"
#include "dualcam/wire/crc16.hpp"

namespace {

using namespace dualcam;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

ServerConfig config(std::uint8_t flags) {
  ServerConfig result;
  result.metadata = (flags & 2) != 0;
  result.wanted = (flags & 4) != 0 ? Wishes::all() : FileKinds::all();
  return result;
}

class Host {
public:
  explicit Host(std::uint8_t flags) : session_(config(flags), now_) {
    if ((flags & 1) != 0) {
      held_ = {.packet = 2,
               .held = 2,
               .offset = 4,
               .crc = 0x1234,
               .overlap = ByteBuffer(4, std::byte{'a'})};
    }
  }

  void receive(Bytes bytes) {
    look_at_payloads();
    received_.assign(bytes.begin(), bytes.end());
    received_.shrink_to_fit(); // an overrun shows
    session_.received(received_, now_);
    perform();
  }

  void wait(Milliseconds duration) {
    now_ += duration;
    session_.tick(now_);
    perform();
  }

  /// Everything that was handed over, once the last payload has been looked at.
  const ByteBuffer& finish() {
    look_at_payloads();
    return stored_;
  }

private:
  struct Payload {
    Bytes view;
    ByteBuffer bytes; ///< as they were
  };

  void look_at_payloads() {
    for (const auto& payload : payloads_) {
      require(std::ranges::equal(payload.view, payload.bytes));
    }
    payloads_.clear();
  }

  void perform() {
    while (auto action = session_.poll()) {
      if (std::holds_alternative<Identified>(*action)) {
        question([&] { session_.accept(now_); });
      } else if (std::holds_alternative<FileOffered>(*action)) {
        question([&] { session_.fetch(now_); });
      } else if (const auto* started = std::get_if<FileStarted>(&*action)) {
        require(started->announced > 0);
        question([&] { begin(started->announced >= held_.held ? held_ : ResumePoint()); });
      } else if (const auto* replaced = std::get_if<FileReplaced>(&*action)) {
        require(replaced->announced > 0);
        question([&] { begin({}); });
      } else if (const auto* data = std::get_if<FileData>(&*action)) {
        require(data->offset == size_);
        size_ += data->payload.size();
        crc_ = crc16(data->payload, crc_);
        append(stored_, data->payload);
        payloads_.push_back({data->payload, {data->payload.begin(), data->payload.end()}});
      } else if (const auto* completed = std::get_if<FileCompleted>(&*action)) {
        require(completed->bytes == size_ && completed->crc == crc_);
        question([&] { session_.stored(now_); });
      } else if (std::holds_alternative<Ended>(*action)) {
        require(session_.ended() && !session_.poll());
      }
    }
    require(session_.deadline() > now_); // `poll` has done what was due
  }

  /// Nothing comes before the answer, and nothing is due.
  template <class Answer> void question(Answer answer) {
    require(!session_.poll() && session_.deadline() == TimePoint::max());
    session_.tick(now_ + std::chrono::hours(1));
    require(!session_.poll());
    answer();
  }

  void begin(const ResumePoint& from) {
    size_ = from.offset + from.overlap.size();
    crc_ = crc16(from.overlap, from.crc);
    session_.begin(now_, from);
  }

  TimePoint now_;
  ResumePoint held_;
  ServerSession session_;
  ByteBuffer received_;
  std::vector<Payload> payloads_;
  ByteBuffer stored_;
  std::uint64_t size_ = 0;
  std::uint16_t crc_ = 0;
};

std::size_t piece_size(std::byte step) {
  constexpr std::array<std::size_t, 8> sizes{1, 2, 3, 7, 20, 64, 300, 2000};
  return sizes[std::to_integer<std::size_t>(step) & 7];
}

Milliseconds pause(std::byte step) {
  constexpr std::array<int, 8> pauses{0, 1, 1'000, 2'000, 5'000, 10'000, 30'000, 60'000};
  return Milliseconds(pauses[std::to_integer<std::size_t>(step) >> 3 & 7]);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto input = Bytes(reinterpret_cast<const std::byte*>(data), size).subspan(2);
  const auto schedule = input.first(std::min<std::size_t>(data[1], input.size()));
  const auto stream = input.subspan(schedule.size());
  Host whole(data[0]);
  whole.receive(stream);
  Host pieces(data[0]);
  Host slow(data[0]);
  std::size_t step = 0;
  for (auto rest = stream; !rest.empty(); ++step) {
    const auto what = schedule.empty() ? std::byte{2} : schedule[step % schedule.size()];
    const auto piece = rest.first(std::min(piece_size(what), rest.size()));
    pieces.receive(piece);
    slow.receive(piece);
    slow.wait(pause(what));
    rest = rest.subspan(piece.size());
  }
  for (int i = 0; i < 30; ++i) {
    slow.wait(Milliseconds(2'000));
  }
  (void)slow.finish();
  require(whole.finish() == pieces.finish());
  return 0;
}
