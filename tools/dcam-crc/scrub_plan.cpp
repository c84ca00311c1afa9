#include "dcam-crc/scrub_plan.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "dcam-crc/scrub_metadata.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/framer.hpp"

namespace dualcam::crc {
namespace {

/// Connections are counted from 1.
std::uint64_t stream_number(std::uint64_t connection, bool from_a) {
  return 4 * connection + (from_a ? 1 : 0);
}
std::uint64_t device_stream_number(std::uint64_t connection) { return 4 * connection + 2; }

constexpr std::uint64_t crc_period = 32'767; // going on over so many zeros changes nothing

/// What the CRC of these bytes went on from, if it is `carried`.
std::uint16_t start_of(std::uint16_t carried, std::uint16_t crc, std::size_t size) {
  return crc16_combine(static_cast<std::uint16_t>(carried ^ crc), 0,
                       crc_period - size % crc_period);
}

/// The bits of a CRC that change.
std::uint16_t change_of(std::uint16_t crc, const ScrubKey& key) {
  return static_cast<std::uint16_t>(crc ^ key.crc(crc));
}

/// The bits of the last two bytes that have to change for the bytes to have this CRC: the first
/// byte goes to the low half of the register, and both are two steps from the end.
std::uint16_t tail_change_for(Bytes bytes, std::uint16_t crc) {
  if (bytes.size() < sizeof crc) {
    return 0;
  }
  const auto before = crc16(bytes.first(bytes.size() - sizeof crc));
  const auto wanted =
      static_cast<std::uint16_t>(before ^ crc16_combine(crc, 0, crc_period - sizeof crc));
  const auto swapped = static_cast<std::uint16_t>(wanted << 8 | wanted >> 8);
  return static_cast<std::uint16_t>(swapped ^ load_be<std::uint16_t>(bytes.last(sizeof crc)));
}

/// The bits of a packet's CRC that change. A single byte has not all CRCs: there it is what the new
/// byte makes of what the CRC goes on from.
std::uint16_t crc_change(std::uint16_t carried, Bytes payload, Bytes disguised,
                         const ScrubKey& key) {
  const auto alone = payload.size() == 1 ? key.crc(crc16(payload)) ^ crc16(disguised) : 0;
  return static_cast<std::uint16_t>(change_of(carried, key) ^ alone);
}

} // namespace

class ScrubConnection {
public:
  ScrubConnection(std::uint64_t number, std::optional<bool> device_is_a)
      : reader_(std::in_place, device_is_a), number_(number) {}

  struct Shared {
    const ScrubKey& key;
    ScrubValues& values;
    ScrubCounts& counts;
  };

  void piece(const TcpPiece& piece, const Shared& shared) {
    auto& side = piece.from_a ? a_ : b_;
    if (piece.missing != 0) {
      side.framer.reset();
    }
    read_as_server(side, piece.bytes, shared);
    reader_->piece(piece, [&](const DumpEvent& event) { take(event, shared); });
  }

  /// False: no camera speaks in it.
  bool finish(const TcpConnection& connection, const Shared& shared) {
    reader_->finish([&](const DumpEvent& event) { take(event, shared); });
    if (last_skipped_) {
      keep_beginning(*last_skipped_);
    }
    const bool device_is_a = reader_->device_is_a();
    const bool is_camera = reader_->is_camera();
    a_.first = connection.first_a;
    b_.first = connection.first_b;
    a_.framer.reset();
    b_.framer.reset();
    reader_.reset();
    (device_is_a ? a_ : b_).stream = std::move(device_);
    return is_camera;
  }

  /// Bytes from this sequence number on.
  void replace(const ScrubKey& key, bool from_a, std::uint32_t sequence,
               std::span<std::byte> bytes) {
    auto& side = from_a ? a_ : b_;
    const auto expected = side.first + static_cast<std::uint32_t>(side.last);
    const auto offset = side.last + static_cast<std::int32_t>(sequence - expected);
    side.last = std::max<std::int64_t>(offset, 0);
    side.stream.replace(key, offset, bytes);
  }

  std::size_t memory() const {
    constexpr std::size_t empty = 4096;
    return empty + (reader_ ? reader_->memory() : 0) + device_.memory() + a_.stream.memory() +
           b_.stream.memory();
  }

private:
  /// What comes from one end.
  struct Side {
    explicit Side(std::uint64_t number) : stream(number) {}
    ScrubStream stream; ///< as if it were the server's
    std::optional<Framer> framer{Sender::server};
    std::uint32_t first = 0;
    std::int64_t last = 0; ///< offset that was replaced last
  };

  void read_as_server(Side& side, Bytes bytes, const Shared& shared);
  void take(const DumpEvent& event, const Shared& shared);
  void on(const DumpInit& init, const Shared& shared);
  void on(const DumpMetadata& metadata, const Shared& shared);
  void on(const DumpPath& path, const Shared& shared);
  void on(const DumpPacket& packet, const Shared& shared);
  void keep_beginning(const DumpSkipped& skipped);

  std::optional<ConnectionReader> reader_;
  std::uint64_t number_;
  Side a_{stream_number(number_, true)};
  Side b_{stream_number(number_, false)};
  ScrubStream device_{device_stream_number(number_)};
  std::optional<DumpSkipped> last_skipped_; ///< of the device, if nothing has come behind it
};

void ScrubConnection::read_as_server(Side& side, Bytes bytes, const Shared& shared) {
  if (!side.framer) {
    return;
  }
  side.framer->feed(bytes);
  for (;;) {
    const auto frame = side.framer->next();
    if (!frame) {
      side.framer.reset();
      return;
    }
    if (!*frame) {
      return;
    }
    const auto& [id, payload, offset] = **frame;
    const bool names_file = id == static_cast<std::uint16_t>(CommandId::file_request) ||
                            id == static_cast<std::uint16_t>(CommandId::metadata_request);
    if (names_file) {
      const auto text = shared.values.request(as_text(payload));
      side.stream.keep(offset, data_header);
      side.stream.put(offset + data_header, {as_bytes(text).begin(), as_bytes(text).end()});
      continue;
    }
    side.stream.keep(offset, static_cast<std::size_t>(side.framer->offset() - offset));
    if (id == static_cast<std::uint16_t>(CommandId::repeat_init)) {
      side.stream.keep_zeros_behind(2); // a length that some give it
    }
  }
}

void ScrubConnection::take(const DumpEvent& event, const Shared& shared) {
  ++shared.counts.commands;
  if (reader_->proxy() != nullptr && device_.end() == 0) {
    device_.put(0, nameless(*reader_->proxy()));
  }
  if (const auto* packet = std::get_if<DumpPacket>(&event)) {
    on(*packet, shared);
  } else if (const auto* init = std::get_if<DumpInit>(&event)) {
    on(*init, shared);
  } else if (const auto* metadata = std::get_if<DumpMetadata>(&event)) {
    on(*metadata, shared);
  } else if (const auto* path = std::get_if<DumpPath>(&event)) {
    on(*path, shared);
  } else if (const auto* began = std::get_if<DumpTransferBegan>(&event)) {
    if (began->packets || began->bytes) {
      device_.keep(began->offset, start_size);
    }
  } else if (const auto* sync = std::get_if<DumpSync>(&event)) {
    device_.keep(sync->offset, sync_size);
  } else if (const auto* status = std::get_if<DumpStatus>(&event)) {
    device_.keep(status->offset, status_size);
  } else if (const auto* skipped = std::get_if<DumpSkipped>(&event)) {
    last_skipped_ = *skipped;
    return;
  }
  if (!std::holds_alternative<DumpTransferEnded>(event)) {
    last_skipped_.reset();
  }
}

void ScrubConnection::on(const DumpInit& init, const Shared& shared) {
  constexpr std::size_t before = 4; // id and protocol
  ByteBuffer imei;
  append_be(imei, shared.values.imei(init.init.imei));
  device_.keep(init.offset, before);
  device_.put(init.offset + before, imei);
  device_.keep(init.offset + before + imei.size(), init_size - before - imei.size());
}

void ScrubConnection::on(const DumpMetadata& metadata, const Shared& shared) {
  device_.keep(metadata.offset, data_header);
  device_.put(metadata.offset + data_header,
              scrubbed_metadata(metadata.payload, shared.values, shared.key));
}

void ScrubConnection::on(const DumpPath& path, const Shared& shared) {
  const auto text = shared.values.path(path.path);
  device_.keep(path.offset, data_header);
  device_.put(path.offset + data_header, {as_bytes(text).begin(), as_bytes(text).end()});
  device_.keep_zeros_behind(1);
}

/// Equal payloads become equal ones, wherever they are.
void ScrubConnection::on(const DumpPacket& packet, const Shared& shared) {
  const auto crc = crc16(packet.payload);
  if (packet.verdict == DumpVerdict::good && packet.start == DumpStart::bytes_before) {
    const auto start = start_of(*packet.received_crc, crc, packet.payload.size());
    device_.crc_before(packet.offset, change_of(start, shared.key));
  }
  const auto place = std::hash<std::string_view>()(as_text(packet.payload));
  ByteBuffer replaced(packet.payload.begin(), packet.payload.end());
  shared.key.disguise(0, place, replaced);
  const auto tail_change = tail_change_for(replaced, shared.key.crc(crc));
  device_.packet(
      {.offset = packet.offset,
       .place = place,
       .header = static_cast<std::uint16_t>(packet.header),
       .payload = static_cast<std::uint16_t>(packet.payload.size()),
       .tail_change = tail_change,
       .crc_change = packet.received_crc
                         ? crc_change(*packet.received_crc, packet.payload, replaced, shared.key)
                         : std::uint16_t{0},
       .has_crc = packet.received_crc.has_value()});
}

/// The last thing in a stream may be the beginning of a command, by which what is before it was
/// found.
void ScrubConnection::keep_beginning(const DumpSkipped& skipped) {
  if (skipped.offset == device_.end()) {
    device_.keep(skipped.offset, std::min<std::size_t>(skipped.bytes, data_header));
  }
}

// --- the plan ---

ScrubPlan::ScrubPlan(const ScrubKey& key, ScrubValues& values, std::optional<std::uint16_t> port)
    : key_(key), values_(values), port_(port) {}
ScrubPlan::~ScrubPlan() = default;

bool ScrubPlan::frame(const CapturedFrame& frame) {
  links_.insert(frame.link);
  const auto segment = finder_.find(frame.link, frame.bytes, frame.time);
  for (const auto& packet : finder_.packets()) {
    values_.found(packet.source);
    values_.found(packet.destination);
  }
  const auto* fragment = finder_.fragment();
  if (fragment != nullptr && fragment->protocol == protocol_tcp) {
    remember(*fragment);
  }
  ++counts_.frames;
  if (segment &&
      (!port_ || segment->source.port == *port_ || segment->destination.port == *port_)) {
    const auto [connection, from_a] = reassembly_.segment(*segment);
    if (fragment != nullptr && fragment->protocol == protocol_tcp) {
      place_fragments(*fragment,
                      {connection, from_a, segment->sequence + (segment->syn ? 1 : 0), 0});
    }
  }
  return memory_ < most_memory && pieces_.size() < most_fragments &&
         fragments_.size() < most_fragments;
}

void ScrubPlan::finish() {
  reassembly_.finish();
  pieces_.clear();
}

ScrubConnection& ScrubPlan::open(const TcpConnection& connection) {
  auto& found = connections_[connection.number];
  if (!found) {
    const bool by_port = port_ && (connection.a.port == *port_) != (connection.b.port == *port_);
    found = std::make_unique<ScrubConnection>(connection.number,
                                              connection.opened ? std::optional(true)
                                              : by_port ? std::optional(connection.b.port == *port_)
                                                        : std::nullopt);
    memory_ += found->memory();
  }
  return *found;
}

void ScrubPlan::piece(const TcpConnection& connection, const TcpPiece& piece) {
  auto& open = this->open(connection);
  const auto before = open.memory();
  open.piece(piece, {key_, values_, counts_});
  memory_ += open.memory() - before;
}

void ScrubPlan::over(const TcpConnection& connection) {
  auto& open = this->open(connection);
  memory_ -= std::min(memory_, open.memory());
  if (open.finish(connection, {key_, values_, counts_})) {
    memory_ += open.memory();
    ++counts_.connections;
  } else {
    connections_.erase(connection.number);
    ++counts_.others;
  }
}

void ScrubPlan::remember(const IpPayload& fragment) {
  auto& pieces = pieces_[{fragment.source, fragment.destination, fragment.fragment->identification,
                          fragment.protocol}];
  pieces.frames.push_back(counts_.frames);
  constexpr std::size_t at = 12; // of TCP's header: its length
  if (fragment.fragment->offset == 0 && fragment.bytes.size() > at) {
    pieces.header = (std::to_integer<std::size_t>(fragment.bytes[at]) >> 4) * 4;
  }
}

void ScrubPlan::place_fragments(const IpPayload& last, const Place& place) {
  const auto found =
      pieces_.find({last.source, last.destination, last.fragment->identification, last.protocol});
  for (const auto frame : found->second.frames) {
    auto& placed = fragments_[frame] = place;
    placed.header = found->second.header;
  }
  pieces_.erase(found);
}

ScrubPlan::Place ScrubPlan::fragment(std::uint64_t frame) const {
  const auto found = fragments_.find(frame);
  return found == fragments_.end() ? Place() : found->second;
}

void ScrubPlan::replace(const Place& place, std::size_t skip, std::span<std::byte> bytes) {
  const auto sequence = place.sequence + static_cast<std::uint32_t>(skip);
  const auto found = connections_.find(place.connection);
  if (found == connections_.end()) {
    key_.disguise(stream_number(place.connection, place.from_a), sequence, bytes);
  } else {
    found->second->replace(key_, place.from_a, sequence, bytes);
  }
}

} // namespace dualcam::crc
