#include "dcam-sim/replay_script.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/temporary_file.hpp"
#include "dualcam/wire/framer.hpp"

namespace dualcam::sim {

Result<ReplayStore> ReplayStore::create() {
  auto file = temporary_file(folder_of_temporaries());
  if (file.get() < 0) {
    return temporary_error("make", errno);
  }
  return ReplayStore(std::move(file));
}

std::uint64_t ReplayStore::add(Bytes bytes) {
  const auto place = size_;
  while (error_ == 0 && !bytes.empty()) {
    const auto written =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno != EINTR) {
      error_ = errno;
    }
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
    bytes = bytes.subspan(count);
    size_ += count;
  }
  return place;
}

Result<ByteBuffer> ReplayStore::read(std::uint64_t place, std::size_t size) const {
  ByteBuffer bytes(size);
  const auto got = ::pread(file_.get(), bytes.data(), size, static_cast<off_t>(place));
  if (got != static_cast<ssize_t>(size)) {
    return errno_error(got < 0 ? errno : EIO, "the capture's bytes");
  }
  return bytes;
}

/// One connection, as it comes: who the device is shows late, maybe.
class ReplayScript::Connection {
public:
  Connection(const TcpConnection& ends, std::chrono::nanoseconds start)
      : reader_(ends.opened ? std::optional(true) : std::nullopt), start_(start) {}

  void piece(const TcpPiece& piece, std::chrono::nanoseconds now, ReplayStore& store) {
    auto& offset = piece.from_a ? offset_a_ : offset_b_;
    offset += piece.missing;
    pieces_.push_back(
        {piece.from_a, offset, piece.missing, store.add(piece.bytes), piece.bytes.size(), now});
    offset += piece.bytes.size();
    reader_.piece(piece, [this](const DumpEvent& event) { take(event); });
  }

  /// nullopt: no camera speaks in it.
  std::optional<ReplayConnection> finish(const TcpConnection& ends, std::chrono::nanoseconds now,
                                         const ReplayStore& store) {
    reader_.finish([this](const DumpEvent& event) { take(event); });
    if (!reader_.is_camera()) {
      return std::nullopt;
    }
    ReplayConnection made;
    made.start = start_;
    made.device =
        imei_ ? format_imei(*imei_) : format_endpoint(reader_.device_is_a() ? ends.a : ends.b);
    made.device = made.device.substr(0, imei_ ? std::string::npos : made.device.rfind(':'));
    play(made, store);
    made.end = now - last_;
    return made;
  }

private:
  struct Piece {
    bool from_a;
    std::uint64_t offset; ///< in its side's stream
    std::uint64_t missing;
    std::uint64_t place; ///< in the store
    std::size_t size;
    std::chrono::nanoseconds time;
  };
  /// A command of the device that answers one of the server's.
  struct Answer {
    std::uint64_t offset;
    CommandId to;
  };

  void take(const DumpEvent& event) {
    if (const auto* init = std::get_if<DumpInit>(&event)) {
      if (std::exchange(imei_, init->init.imei)) {
        answers_.push_back({init->offset, CommandId::repeat_init});
      }
    } else if (const auto* metadata = std::get_if<DumpMetadata>(&event)) {
      answers_.push_back({metadata->offset, CommandId::metadata_request});
    } else if (const auto* path = std::get_if<DumpPath>(&event)) {
      answers_.push_back({path->offset, CommandId::path_request});
    } else if (const auto* sync = std::get_if<DumpSync>(&event)) {
      answers_.push_back({sync->offset, CommandId::resume});
    } else if (const auto* began = std::get_if<DumpTransferBegan>(&event);
               began != nullptr && (began->packets || began->bytes)) {
      answers_.push_back({began->offset, CommandId::file_request});
    }
  }

  void play(ReplayConnection& made, const ReplayStore& store);
  void hear(ReplayConnection& made, const Piece& piece, const ReplayStore& store);
  void say(ReplayConnection& made, const Piece& piece);
  void lose_server() {
    framer_.reset();
    hears_ = false;
  }
  std::optional<CommandId> awaited(CommandId command);

  ConnectionReader reader_;
  std::chrono::nanoseconds start_;
  std::uint64_t offset_a_ = 0;
  std::uint64_t offset_b_ = 0;
  std::vector<Piece> pieces_;
  std::vector<Answer> answers_;
  std::optional<std::uint64_t> imei_;
  // While it is put together:
  std::vector<Answer>::const_iterator next_answer_;
  std::uint64_t header_ = 0; ///< bytes of a balancer's, which are not the device's
  std::optional<Framer> framer_;
  ByteBuffer heard_;                      ///< what the framer looks at
  std::map<CommandId, unsigned> unused_;  ///< commands of the server that nothing has answered
  bool hears_ = false;                    ///< the server's side was captured
  std::chrono::nanoseconds last_{0};      ///< when something was sent last, by either
  std::chrono::nanoseconds last_said_{0}; ///< and by the device
};

void ReplayScript::Connection::play(ReplayConnection& made, const ReplayStore& store) {
  std::ranges::sort(answers_, {}, &Answer::offset);
  next_answer_ = answers_.begin();
  framer_.emplace(Sender::server);
  last_ = last_said_ = start_;
  header_ = reader_.proxy() != nullptr ? reader_.proxy()->size : 0;
  const bool device = reader_.device_is_a();
  hears_ = std::ranges::any_of(pieces_, [&](const Piece& each) { return each.from_a != device; });
  for (const auto& piece : pieces_) {
    piece.from_a == device ? say(made, piece) : hear(made, piece, store);
    last_ = piece.time;
  }
}

void ReplayScript::Connection::hear(ReplayConnection& made, const Piece& piece,
                                    const ReplayStore& store) {
  if (piece.missing != 0) { // from here on whatever is answered may have been asked for in a gap
    lose_server();
  }
  if (!framer_) {
    return;
  }
  heard_ = store.read(piece.place, piece.size).value_or(ByteBuffer());
  framer_->feed(heard_);
  for (;;) {
    const auto frame = framer_->next();
    if (!frame) {
      lose_server();
      return;
    }
    if (!*frame) {
      return;
    }
    const auto id = static_cast<CommandId>((*frame)->id);
    ++unused_[id];
    made.ended_by_server =
        made.ended_by_server || id == CommandId::init_or_close || id == CommandId::status;
  }
}

/// Bytes before an answer do not wait for what it answers.
void ReplayScript::Connection::say(ReplayConnection& made, const Piece& piece) {
  auto at = static_cast<std::size_t>(
      std::min<std::uint64_t>(piece.size, header_ - std::min(header_, piece.offset)));
  made.missing += piece.missing;
  made.bytes += piece.size - at;
  const auto waited = piece.time - std::exchange(last_said_, piece.time);
  auto delay = piece.time - last_;
  while (at < piece.size) {
    std::optional<CommandId> command;
    while (next_answer_ != answers_.end() && next_answer_->offset <= piece.offset + at) {
      command = awaited(next_answer_->to); // of one that the gap before it has cut, too
      ++next_answer_;
    }
    const auto end = next_answer_ == answers_.end()
                         ? piece.size
                         : static_cast<std::size_t>(std::min<std::uint64_t>(
                               piece.size, next_answer_->offset - piece.offset));
    made.steps.push_back({command, waited, delay, piece.place + at, end - at});
    delay = {};
    at = end;
  }
}

/// The command that is answered, if it was captured before, or could not be.
std::optional<CommandId> ReplayScript::Connection::awaited(CommandId command) {
  if (!hears_) {
    return command;
  }
  auto& unused = unused_[command];
  if (unused == 0) {
    return std::nullopt;
  }
  --unused;
  return command;
}

// --- the script ---

ReplayScript::ReplayScript(ReplayStore& store) : store_(store) {}
ReplayScript::~ReplayScript() = default;

void ReplayScript::frame(const CapturedFrame& frame) {
  if (seen_.has_seen(frame)) {
    return;
  }
  now_ = std::max(now_, std::chrono::nanoseconds(frame.time));
  if (const auto segment = finder_.find(frame.link, frame.bytes, frame.time)) {
    reassembly_.segment(*segment);
  }
}

std::vector<ReplayConnection> ReplayScript::finish() {
  reassembly_.finish();
  std::ranges::sort(made_, {}, &ReplayConnection::start);
  return std::move(made_);
}

ReplayScript::Connection& ReplayScript::open(const TcpConnection& connection) {
  auto& found = open_[connection.number];
  if (!found) {
    found = std::make_unique<Connection>(connection, now_);
  }
  return *found;
}

void ReplayScript::piece(const TcpConnection& connection, const TcpPiece& piece) {
  open(connection).piece(piece, now_, store_);
}

void ReplayScript::over(const TcpConnection& connection) {
  if (auto made = open(connection).finish(connection, now_, store_)) {
    made_.push_back(std::move(*made));
  }
  open_.erase(connection.number);
}

} // namespace dualcam::sim
