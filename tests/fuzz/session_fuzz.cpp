// The server's session: any bytes from the device, in any pieces, with time passing in between.
// The first byte seeds the sizes of the pieces and says whether files are gone on with. Whole and
// in pieces must give the same file bytes.
#include <cstdlib>
#include <random>

#include "dualcam/session/server_session.hpp"
#include "dualcam/wire/crc16.hpp"

namespace {

using namespace dualcam;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

class Host {
public:
  /// `resumes`: some of every file is held already.
  explicit Host(bool resumes) {
    if (resumes) {
      held_ = {2, 4, 0x1234, ByteBuffer(4, std::byte{'a'})};
    }
  }

  void receive(Bytes bytes) {
    const ByteBuffer copy(bytes.begin(), bytes.end()); // of exact size: an overrun shows
    session_.received(copy, now_);
    perform();
  }

  void wait(Milliseconds duration) {
    now_ += duration;
    session_.tick(now_);
    perform();
  }

  const ByteBuffer& stored() const { return stored_; }

private:
  void perform() {
    while (auto action = session_.poll()) {
      if (std::get_if<Identified>(&*action) != nullptr) {
        session_.accept(now_);
      } else if (std::get_if<FileOffered>(&*action) != nullptr) {
        session_.fetch(now_);
      } else if (std::get_if<FileStarted>(&*action) != nullptr) {
        begin(std::get<FileStarted>(*action).packets >= held_.packet ? held_ : ResumePoint());
      } else if (std::get_if<FileReplaced>(&*action) != nullptr) {
        begin({});
      } else if (const auto* data = std::get_if<FileData>(&*action)) {
        require(data->offset == size_);
        size_ += data->payload.size();
        crc_ = crc16(data->payload, crc_);
        append(stored_, data->payload);
      } else if (const auto* completed = std::get_if<FileCompleted>(&*action)) {
        require(completed->bytes == size_ && completed->crc == crc_);
        session_.stored(now_);
      } else if (std::get_if<Ended>(&*action) != nullptr) {
        require(session_.ended());
      }
    }
  }

  void begin(const ResumePoint& from) {
    size_ = (from.packet - 1) * from.packet_size + from.overlap.size();
    crc_ = crc16(from.overlap, from.crc);
    session_.begin(now_, from);
  }

  TimePoint now_;
  ResumePoint held_;
  ServerSession session_{{}, now_};
  ByteBuffer stored_;
  std::uint64_t size_ = 0;
  std::uint16_t crc_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto input = Bytes(reinterpret_cast<const std::byte*>(data), size).subspan(1);
  Host whole(data[0] % 2 == 1);
  whole.receive(input);
  std::minstd_rand random(data[0]);
  Host pieces(data[0] % 2 == 1);
  for (auto rest = input; !rest.empty();) {
    const auto piece = rest.first(std::min<std::size_t>(1 + random() % 64, rest.size()));
    pieces.receive(piece);
    rest = rest.subspan(piece.size());
  }
  require(whole.stored() == pieces.stored());
  for (int i = 0; i < 30; ++i) {
    pieces.wait(Milliseconds(2'000));
  }
  return 0;
}
