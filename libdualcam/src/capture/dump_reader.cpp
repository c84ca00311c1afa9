#include "dualcam/capture/dump.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "capture/command_scanner.hpp"
#include "capture/short_queue.hpp"
#include "capture/transfer_tracker.hpp"
#include "dualcam/files/metadata.hpp"
#include "dualcam/files/wishes.hpp"
#include "dualcam/wire/framer.hpp"

namespace dualcam {

std::string_view name_of(DumpVerdict verdict) {
  switch (verdict) {
  case DumpVerdict::good:
    return "good";
  case DumpVerdict::bad:
    return "bad";
  case DumpVerdict::cut:
    return "cut";
  case DumpVerdict::unchecked:
    return "unchecked";
  }
  return "";
}

std::string_view name_of(DumpNumbering numbering) {
  switch (numbering) {
  case DumpNumbering::stated:
    return "stated";
  case DumpNumbering::inferred:
    return "inferred";
  case DumpNumbering::unknown:
    return "unknown";
  }
  return "";
}

namespace {

/// Of a DualCam's metadata alone: the others have no kinds.
std::optional<FileKind> kind_in(Bytes metadata) {
  if (camera_of_metadata(metadata) != Camera::dualcam) {
    return std::nullopt;
  }
  const auto decoded = decode_metadata(metadata);
  return decoded ? decoded->kind() : std::nullopt;
}

bool goes_on_with(const Message& message) {
  return std::holds_alternative<Sync>(message) || std::holds_alternative<Data>(message) ||
         std::holds_alternative<EnhancedData>(message);
}

/// Of its first byte; of what has no place 0.
std::uint64_t offset_of(const Scanned& scanned) {
  return std::visit(
      [](const auto& what) -> std::uint64_t {
        if constexpr (requires { what.offset; }) {
          return what.offset;
        } else {
          return 0;
        }
      },
      scanned);
}

} // namespace

class DumpReader::Implementation {
public:
  explicit Implementation(const DumpReaderOptions& options)
      : options_(options), scanner_(options.first) {}

  void received(Bytes bytes) { scanner_.received(bytes); }
  void missing(std::uint64_t count) { scanner_.missing(count); }
  void server_received(Bytes bytes) {
    if (!bytes.empty()) {
      keep_of_server(bytes);
    }
  }
  void server_lost() { keep_of_server({}); }
  void finish() { scanner_.finish(); }
  std::optional<DumpEvent> poll();
  std::size_t memory() const {
    return sizeof *this + scanner_.memory() + (transfer_ ? transfer_->memory() : 0) +
           (server_framer_ ? server_framer_->memory() : 0) + server_pieces_size_;
  }

private:
  // What the scanner finds.
  void on(const ScannedCommand& command);
  void on(const ScannedServerCommand& command) { server_said(command.message); }
  void on(const ScannedCut& cut);
  void on(const DumpSkipped& skipped);
  void on(const ScannedLoss& loss);
  void on(const ScannedEnd& end) {
    end_where_status_says();
    end_transfer(end.offset, false);
  }

  // Its commands.
  void command(const Init& init);
  void command(const MetadataResponse& response);
  void command(const Path& path);
  void command(const Start& start);
  void command(const Sync& sync);
  void command(const Status& status);
  void command(const Data& data);
  void command(const EnhancedData& data);
  template <class Other> void command(const Other&) {} // the server's

  TransferTracker& begin_transfer(const std::optional<Start>& start, std::uint64_t offset);
  bool goes_by_path() const;
  bool offers_kinds_alone() const {
    return init_ && !init_->offers_path() && init_->protocol < first_protocol_by_path;
  }
  TransferTracker& transfer(std::uint64_t offset);
  void end_transfer(std::uint64_t offset, bool regular);
  bool may_be_resumed() const;
  void end_where_status_says();
  command_evidence::Known known() const;

  void keep_of_server(Bytes bytes);
  void hear_server(std::uint64_t offset);
  void read_server(Bytes bytes);
  void lose_server();
  void server_said(const Message& message);

  DumpReaderOptions options_;
  CommandScanner scanner_;
  std::uint64_t offset_ = 0;            ///< of the command that is looked at
  std::optional<std::uint16_t> before_; ///< see ScannedCommand
  std::optional<TransferTracker> transfer_;
  bool asked_for_ = false; ///< the FILE REQUEST of that was heard
  /// Where it is over, unless it is resumed.
  struct End {
    std::uint64_t offset;
    bool regular;
  };
  std::optional<End> end_; ///< behind STATUS
  std::optional<Init> init_;
  std::optional<FileKind> requested_;   ///< by FILE REQUEST
  bool path_requested_ = false;         ///< the same: it asked for no kind
  bool another_ = false;                ///< file was asked for, or its PATH came, behind packets
  std::optional<std::uint32_t> resume_; ///< no SYNC has answered it yet: a packet, or a byte
  std::optional<FileKind> described_;   ///< by METADATA, for the next transfer
  bool pending_metadata_ = false;
  bool path_seen_ = false; ///< since INIT, or ENHANCED DATA
  struct ServerPiece {
    std::uint64_t offset; ///< of the device's stream: it had come so far
    ByteBuffer bytes;
  };
  ShortQueue<ServerPiece> server_pieces_; ///< which wait for the device's part before them
  std::size_t server_pieces_size_ = 0;
  std::optional<Framer> server_framer_{Sender::server};
  ShortQueue<DumpEvent> events_;
};

/// Until the device's part before it is told. Nothing: the server is lost.
void DumpReader::Implementation::keep_of_server(Bytes bytes) {
  constexpr std::size_t most = 4096; // whoever says more does not wait for the device
  if (!server_framer_) {
    return;
  }
  server_pieces_.emplace_back(scanner_.end(), ByteBuffer(bytes.begin(), bytes.end()));
  server_pieces_size_ += sizeof(ServerPiece) + bytes.size();
  if (server_pieces_size_ > most) {
    hear_server(UINT64_MAX);
  }
}

/// What it said before this byte of the device's.
void DumpReader::Implementation::hear_server(std::uint64_t offset) {
  while (!server_pieces_.empty() && server_pieces_.front().offset <= offset) {
    const auto piece = server_pieces_.pop();
    piece.bytes.empty() ? lose_server() : read_server(piece.bytes);
  }
  server_pieces_size_ = server_pieces_.empty() ? 0 : server_pieces_size_;
}

void DumpReader::Implementation::lose_server() {
  server_framer_.reset();
  resume_.reset();
  end_where_status_says();
}

void DumpReader::Implementation::read_server(Bytes bytes) {
  if (!server_framer_) {
    return;
  }
  server_framer_->feed(bytes);
  for (;;) {
    const auto frame = server_framer_->next();
    if (!frame) { // damaged: it cannot be followed any more
      lose_server();
      return;
    }
    if (!*frame) {
      return;
    }
    const auto message = decode(Sender::server, (*frame)->id, (*frame)->payload);
    if (message) {
      server_said(*message);
    }
  }
}

void DumpReader::Implementation::server_said(const Message& message) {
  if (const auto* request = std::get_if<FileRequest>(&message)) {
    end_where_status_says();
    resume_.reset();
    requested_ = file_kind_identified(as_bytes(request->file));
    path_requested_ = !requested_;
    another_ = transfer_ && transfer_->has_packets();
  } else if (const auto* resume = std::get_if<Resume>(&message)) {
    resume_ = resume->packet;
  }
  events_.emplace_back(DumpServerCommand{describe(message)});
}

std::optional<DumpEvent> DumpReader::Implementation::poll() {
  while (events_.empty()) {
    const auto scanned = scanner_.next(known());
    hear_server(scanned ? offset_of(*scanned) : scanner_.told());
    if (scanned) {
      std::visit([this](const auto& what) { on(what); }, *scanned);
    } else if (events_.empty()) {
      return std::nullopt;
    }
  }
  return events_.pop();
}

// --- what is found ---

void DumpReader::Implementation::on(const ScannedCommand& found) {
  offset_ = found.offset;
  before_ = found.before;
  if (goes_on_with(found.message)) {
    end_.reset();
  } else if (!std::holds_alternative<Status>(found.message)) {
    end_where_status_says();
  }
  std::visit([this](const auto& what) { command(what); }, found.message);
}

void DumpReader::Implementation::on(const ScannedCut& cut) {
  end_.reset();
  events_.emplace_back(
      transfer(cut.offset).cut(cut.offset, cut.payload, cut.received_crc, cut.place));
}

void DumpReader::Implementation::on(const DumpSkipped& skipped) {
  if (skipped.missing != 0) { // what the server said meanwhile may be missing, too
    end_where_status_says();
  }
  events_.emplace_back(skipped);
}

void DumpReader::Implementation::on(const ScannedLoss& loss) {
  if (transfer_) {
    transfer_->lost({loss.bytes, loss.damaged_packet, loss.length_known});
  }
}

void DumpReader::Implementation::command(const Init& init) {
  end_transfer(offset_, true);
  init_ = init;
  resume_.reset();
  described_.reset();
  pending_metadata_ = false;
  path_seen_ = false;
  path_requested_ = false;
  another_ = false;
  events_.emplace_back(DumpInit{offset_, init});
}

void DumpReader::Implementation::command(const MetadataResponse& response) {
  const auto kind = kind_in(response.payload);
  const bool of_current = transfer_ && transfer_->has_packets() && !transfer_->has_metadata() &&
                          (!kind || transfer_->kind().value_or(*kind) == *kind);
  if (of_current) {
    transfer_->metadata(kind);
  } else {
    described_ = kind;
    pending_metadata_ = true;
  }
  events_.emplace_back(DumpMetadata{offset_, response.payload, of_current});
}

void DumpReader::Implementation::command(const Path& path) {
  path_seen_ = true;
  another_ = another_ || (transfer_ && transfer_->has_packets());
  events_.emplace_back(DumpPath{offset_, path.text()});
}

void DumpReader::Implementation::command(const Start& start) {
  end_transfer(offset_, false);
  begin_transfer(start, offset_);
}

/// Where another file was to come it is of that, and START was lost: a part of its own, which
/// TransferLog joins to what it is of.
void DumpReader::Implementation::command(const Sync& sync) {
  if (another_) {
    end_transfer(offset_, false);
  }
  transfer(offset_).sync(sync.packet);
  resume_.reset();
  events_.emplace_back(DumpSync{offset_, sync.packet});
}

void DumpReader::Implementation::command(const Status& status) {
  events_.emplace_back(DumpStatus{offset_, status.code});
  if (may_be_resumed()) {
    end_ = End{offset_, status.code == 0};
  } else {
    end_transfer(offset_, status.code == 0);
  }
}

void DumpReader::Implementation::command(const Data& data) {
  const auto packet = transfer(offset_).data(offset_, data.payload, data.crc, before_, resume_);
  if (packet.origin == DumpOrigin::resume) {
    resume_.reset();
  }
  events_.emplace_back(packet);
}

void DumpReader::Implementation::command(const EnhancedData& data) {
  path_seen_ = true;
  events_.emplace_back(transfer(offset_).enhanced_data(offset_, data, before_));
}

// --- transfers ---

/// Of the file that begins. Where PATH is lost, an INIT that offers a file by path tells.
bool DumpReader::Implementation::goes_by_path() const {
  const bool offered = init_ && init_->offers_path() && !described_;
  return !requested_ && (path_seen_ || path_requested_ || offered);
}

TransferTracker& DumpReader::Implementation::begin_transfer(const std::optional<Start>& start,
                                                            std::uint64_t offset) {
  const bool by_path = goes_by_path();
  auto kind = by_path ? std::nullopt : requested_ ? requested_ : described_;
  if (const auto offered = init_ ? kinds_offered(*init_) : FileKinds();
      !kind && !by_path && offered.first()) {
    auto others = offered;
    others.erase(*offered.first());
    kind = others.empty() ? offered.first() : std::nullopt;
  }
  asked_for_ = requested_ || path_requested_;
  requested_.reset();
  described_.reset();
  path_requested_ = false;
  another_ = false;
  const auto announced = start ? std::optional(start->packets) : std::nullopt;
  transfer_.emplace(kind, announced, by_path, std::exchange(options_.initial, std::nullopt));
  transfer_->start_rest(start ? start->rest : 0);
  if (std::exchange(pending_metadata_, false)) {
    transfer_->metadata(kind);
  }
  events_.emplace_back(transfer_->began(offset));
  return *transfer_;
}

/// The transfer under way; one whose START is not in the dump begins with its first packet or SYNC.
TransferTracker& DumpReader::Implementation::transfer(std::uint64_t offset) {
  return transfer_ ? *transfer_ : begin_transfer(std::nullopt, offset);
}

/// `regular`: the device shows that it has sent everything.
void DumpReader::Implementation::end_transfer(std::uint64_t offset, bool regular) {
  if (!transfer_) {
    return;
  }
  events_.emplace_back(transfer_->ended(offset, regular));
  transfer_.reset();
  end_.reset();
}

/// Whether what comes behind STATUS is of the same file, unless the device or the server says
/// otherwise: every word of the server is heard, this file was asked for, and no other one since.
bool DumpReader::Implementation::may_be_resumed() const {
  return transfer_ && transfer_->has_packets() && asked_for_ && server_framer_ && !another_;
}

void DumpReader::Implementation::end_where_status_says() {
  if (end_) {
    end_transfer(end_->offset, end_->regular);
  }
}

command_evidence::Known DumpReader::Implementation::known() const {
  static constexpr std::uint16_t zero = 0;
  command_evidence::Known known;
  known.imei = init_ ? std::optional(init_->imei) : std::nullopt;
  known.packets = transfer_ ? transfer_->highest_sync() : std::nullopt;
  known.in_bytes = transfer_ ? transfer_->in_bytes() : path_seen_;
  const bool by_kind = transfer_ && !known.in_bytes && (transfer_->kind() || offers_kinds_alone());
  known.largest = by_kind ? full_packet : largest_packet;
  known.usual = transfer_ ? transfer_->packet_size().value_or(known.largest) : known.largest;
  known.packets_are = transfer_ ? transfer_->packets_are() : std::nullopt;
  known.starts =
      transfer_ ? transfer_->starts() : std::span(options_.initial ? &*options_.initial : &zero, 1);
  known.both_sides = options_.both_sides;
  return known;
}

// --- the public face ---

DumpReader::DumpReader(const DumpReaderOptions& options)
    : implementation_(std::make_unique<Implementation>(options)) {}
DumpReader::~DumpReader() = default;
DumpReader::DumpReader(DumpReader&&) noexcept = default;
DumpReader& DumpReader::operator=(DumpReader&&) noexcept = default;

void DumpReader::received(Bytes bytes) { implementation_->received(bytes); }
void DumpReader::missing(std::uint64_t count) { implementation_->missing(count); }
void DumpReader::server_received(Bytes bytes) { implementation_->server_received(bytes); }
void DumpReader::server_lost() { implementation_->server_lost(); }
void DumpReader::finish() { implementation_->finish(); }
std::optional<DumpEvent> DumpReader::poll() { return implementation_->poll(); }
std::size_t DumpReader::memory() const { return implementation_->memory(); }

} // namespace dualcam
