#include "common/dump_source.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "common/connection_reader.hpp"
#include "common/hex_reader.hpp"
#include "common/other_format.hpp"
#include "common/pcap_reader.hpp"
#include "common/segment_finder.hpp"
#include "common/text_conversion.hpp"
#include "common/wide_text.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t read_size = 1 << 20;
constexpr std::size_t sample_size = 4096;
constexpr std::size_t largest_frame = 65536 + 64;

} // namespace

/// Connections of a capture, each with its reader.
class CaptureStreams : public TcpReassembly::Listener {
public:
  CaptureStreams(const DumpOptions& options, DumpListener& listener, DumpFacts& facts)
      : options_(options), listener_(listener), facts_(facts) {}

  void frame(LinkType link, Bytes frame, std::uint64_t time = 0) {
    ++facts_.frames;
    const auto segment = finder_.find(link, frame, time);
    if (segment && (!options_.port || segment->source.port == *options_.port ||
                    segment->destination.port == *options_.port)) {
      reassembly_.segment(*segment);
      while (memory_ > most_reader_memory && reassembly_.give_up_one()) {
      }
    }
  }
  void finish() {
    facts_.given_up = reassembly_.given_up();
    facts_.late = reassembly_.late();
    facts_.not_read = finder_.not_read();
    facts_.cut_off = finder_.cut_off();
    reassembly_.finish();
    facts_.differing = reassembly_.differing();
    facts_.behind_end = reassembly_.behind_end();
  }

  void piece(const TcpConnection& connection, const TcpPiece& piece) override {
    auto& open = open_of(connection);
    open.reader.piece(piece, [&](const DumpEvent& event) { take(open, connection, event); });
    memory_ -= std::exchange(open.memory, open.reader.memory());
    memory_ += open.memory;
  }

  void over(const TcpConnection& connection) override {
    auto& open = open_of(connection);
    open.reader.finish([&](const DumpEvent& event) { take(open, connection, event); });
    if (open.reader.is_camera()) {
      listener_.over(open.stream);
    } else {
      ++facts_.other_connections;
      facts_.encrypted += open.reader.is_tls() ? 1 : 0;
    }
    memory_ -= open.memory;
    open_.erase(connection.number);
  }

private:
  struct Open {
    ConnectionReader reader;
    DumpStream stream{};
    std::size_t memory = 0; ///< of the reader
  };

  Open& open_of(const TcpConnection& connection) {
    auto found = open_.find(connection.number);
    if (found == open_.end()) {
      found =
          open_.emplace(connection.number, Open{ConnectionReader(device_end(connection))}).first;
    }
    return found->second;
  }

  std::optional<bool> device_end(const TcpConnection& connection) const {
    if (connection.opened) {
      return true;
    }
    const auto port = options_.port;
    if (port && (connection.a.port == *port) != (connection.b.port == *port)) {
      return connection.b.port == *port;
    }
    return std::nullopt;
  }

  DumpStream stream_of(const ConnectionReader& reader, const TcpConnection& connection) {
    const bool a = reader.device_is_a();
    DumpStream stream{++facts_.streams, format_endpoint(a ? connection.a : connection.b),
                      format_endpoint(a ? connection.b : connection.a)};
    if (reader.proxy() != nullptr && reader.proxy()->ends) {
      stream.balancer = std::exchange(stream.device, format_endpoint(reader.proxy()->ends->source));
    }
    return stream;
  }

  void take(Open& open, const TcpConnection& connection, const DumpEvent& event) {
    if (open.stream.number == 0) {
      open.stream = stream_of(open.reader, connection);
    }
    listener_.event(open.stream, event);
  }

  const DumpOptions& options_;
  DumpListener& listener_;
  DumpFacts& facts_;
  SegmentFinder finder_;
  TcpReassembly reassembly_{*this};
  std::map<std::uint64_t, Open> open_;
  std::size_t memory_ = 0; ///< of all readers
};

namespace {

/// A dump that is the device's side itself, or both sides as they were printed.
class PlainStream {
public:
  PlainStream(const DumpOptions& options, DumpListener& listener)
      : listener_(listener), options_{.both_sides = true, .initial = options.initial},
        reader_(options_) {}

  void bytes(Bytes bytes) {
    conversion_.bytes(bytes);
    const bool was_found = header_.found() != nullptr;
    const auto own = header_.bytes(bytes);
    if (header_.found() != nullptr && !was_found) {
      options_.first = header_.found()->size;
      reader_ = DumpReader(options_);
    }
    own_bytes(own);
  }
  /// What text conversion has done to them.
  std::string conversion() const { return conversion_.verdict(); }
  void missing(std::uint64_t count) {
    own_bytes(header_.finish());
    reader_.missing(count);
    drain();
  }
  void server_bytes(Bytes bytes) {
    reader_.server_received(bytes);
    drain();
  }
  void finish() {
    own_bytes(header_.finish());
    reader_.finish();
    drain();
    listener_.over(stream_);
  }

private:
  /// Behind a balancer's header.
  void own_bytes(Bytes bytes) {
    reader_.received(bytes);
    drain();
  }
  void drain() {
    while (const auto event = reader_.poll()) {
      listener_.event(stream_, *event);
    }
  }

  DumpListener& listener_;
  DumpStream stream_{1, {}, {}};
  DumpReaderOptions options_;
  ProxyHeaderFinder header_;
  DumpReader reader_;
  TextConversion conversion_;
};

/// The link layer of a frame that was printed as hex: its IP length fits.
std::optional<LinkType> link_of(Bytes frame) {
  for (const auto link :
       {LinkType::raw, LinkType::ethernet, LinkType::linux_cooked, LinkType::linux_cooked2}) {
    const auto segment = decode_segment(link, frame);
    if (segment && segment->payload.size() == segment->length) {
      return link;
    }
  }
  return std::nullopt;
}

/// Hex text: the first block shows whether blocks are packets or pieces of the stream.
class HexStream : public HexReader::Listener {
public:
  HexStream(const DumpOptions& options, DumpListener& listener, DumpFacts& facts)
      : options_(options), listener_(listener), facts_(facts), streams_(options, listener, facts) {}

  void bytes(Bytes bytes, bool other_side) override {
    if (stream_) {
      other_side ? stream_->server_bytes(bytes) : stream_->bytes(bytes);
      return;
    }
    append(block_, bytes);
    if (other_side || block_.size() > largest_frame) {
      begin_stream(other_side ? bytes.size() : 0);
      if (other_side) {
        stream_->server_bytes(bytes);
      }
    }
  }

  void missing(std::uint64_t count, bool other_side) override {
    if (!stream_ && block_.size() + std::min<std::uint64_t>(count, largest_frame) > largest_frame) {
      begin_stream(0);
    }
    if (stream_ && !other_side) {
      stream_->missing(count);
    } else if (!stream_) { // a line lacks in a packet: zeros keep the rest in place
      gaps_.push_back({block_.size(), count});
      block_.resize(block_.size() + count);
    }
  }

  void next_block() override {
    if (!stream_) {
      end_block();
    }
  }

  void finish() {
    end_block();
    stream_ ? stream_->finish() : streams_.finish();
    facts_.conversion = stream_ ? stream_->conversion() : "";
  }

private:
  void end_block() {
    if (stream_ || block_.empty()) {
      return;
    }
    link_ = link_ ? link_ : link_of(block_);
    if (!link_) {
      begin_stream(0);
      return;
    }
    streams_.frame(*link_, block_);
    block_.clear();
    gaps_.clear();
  }

  /// What was taken for a packet is the stream's beginning; its last `behind` bytes are not.
  void begin_stream(std::size_t behind) {
    stream_.emplace(options_, listener_);
    facts_.streams = 1;
    auto rest = Bytes(block_).first(block_.size() - behind);
    std::size_t at = 0;
    for (const auto& [offset, count] : gaps_) {
      stream_->bytes(rest.subspan(at, offset - at));
      stream_->missing(count);
      at = offset + count;
    }
    if (at < rest.size()) {
      stream_->bytes(rest.subspan(at));
    }
    ByteBuffer().swap(block_);
  }

  const DumpOptions& options_;
  DumpListener& listener_;
  DumpFacts& facts_;
  CaptureStreams streams_;
  std::optional<PlainStream> stream_;
  std::optional<LinkType> link_;
  ByteBuffer block_;
  std::vector<std::pair<std::size_t, std::size_t>> gaps_;
};

Result<void> read_pieces(InputFile& file, const DumpOptions& options,
                         const std::function<void(Bytes)>& take) {
  ByteBuffer buffer(read_size);
  std::uint64_t total = 0;
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) {
      return std::unexpected(count.error());
    }
    if (*count == 0) {
      return {};
    }
    take(Bytes(buffer).first(*count));
    options.progress(total += *count);
  }
}

/// A whole packet whose CRC does not fit, from which the next one goes on, is one for all but that;
/// so is one behind a gap, which nothing tells to be wrong.
std::size_t bytes_of_commands(Bytes bytes) {
  constexpr std::size_t crc_size = 2;
  DumpReader reader({.both_sides = true, .initial = std::nullopt});
  reader.received(bytes);
  reader.finish();
  auto count = bytes.size();
  const auto without = [&](std::uint64_t other) {
    count -= std::min<std::size_t>(count, static_cast<std::size_t>(other));
  };
  std::size_t held = 0; // of a packet, unless the next one goes on from it
  while (const auto event = reader.poll()) {
    if (const auto* skipped = std::get_if<DumpSkipped>(&*event)) {
      without(skipped->bytes);
    } else if (const auto* packet = std::get_if<DumpPacket>(&*event)) {
      const auto size = packet->header + packet->payload.size() + (packet->received_crc ? 2 : 0);
      const bool is_good = packet->verdict == DumpVerdict::good;
      const bool is_unchecked = packet->verdict == DumpVerdict::unchecked;
      without(is_good ? 0 : held);
      held = packet->verdict == DumpVerdict::bad ? size - crc_size : 0;
      without(is_good ? 0 : is_unchecked ? crc_size : size - held);
    }
  }
  without(held);
  return count;
}

Result<void> read_hex(InputFile& file, const DumpOptions& options, DumpListener& listener,
                      DumpFacts& facts) {
  HexStream stream(options, listener, facts);
  HexReader hex(stream, camera_bytes);
  const auto sample = file.peek(sample_size);
  auto wide = sample ? WideText::of(*sample) : std::nullopt;
  const auto result = read_pieces(file, options, [&](Bytes bytes) {
    wide ? hex.feed(wide->text(bytes)) : hex.feed(as_text(bytes));
  });
  hex.finish();
  stream.finish();
  facts.first_line = hex.first_line();
  facts.lines_passed_over = hex.lines_passed_over();
  facts.problems = hex.problems();
  facts.problem_count = hex.problem_count();
  return result;
}

Result<void> read_packets(InputFile& file, const DumpOptions& options, DumpListener& listener,
                          DumpFacts& facts) {
  CaptureReader reader(options, listener, facts);
  auto result = reader.read(file);
  reader.finish();
  return result;
}

} // namespace

CaptureReader::CaptureReader(const DumpOptions& options, DumpListener& listener, DumpFacts& facts)
    : options_(options), facts_(facts),
      streams_(std::make_unique<CaptureStreams>(options, listener, facts)) {
  facts.form = DumpForm::capture;
}
CaptureReader::~CaptureReader() = default;

Result<void> CaptureReader::read(InputFile& file) {
  constexpr std::uint64_t tolerated_ns = 1'000'000'000;
  std::uint64_t latest = 0;
  return read_capture(file, [&](const CapturedFrame& frame) {
    options_.progress(total_ += frame.bytes.size());
    if (seen_.has_seen(frame)) {
      ++facts_.seen_again;
      return;
    }
    facts_.back_in_time += frame.time + tolerated_ns < latest ? 1 : 0;
    latest = std::max(latest, frame.time);
    streams_->frame(frame.link, frame.bytes, frame.time);
  });
}

void CaptureReader::finish() { streams_->finish(); }

std::string_view name_of(DumpForm form) {
  switch (form) {
  case DumpForm::binary:
    return "binary";
  case DumpForm::hex_text:
    return "hex text";
  case DumpForm::capture:
    return "capture";
  }
  return "";
}

DumpForm form_of(Bytes first_bytes) {
  if (is_capture(first_bytes)) {
    return DumpForm::capture;
  }
  const auto sample = first_bytes.first(std::min(first_bytes.size(), sample_size));
  auto wide = WideText::of(sample);
  const bool text = wide ? is_hex_text(as_bytes(wide->text(sample))) : is_hex_text(sample);
  return text ? DumpForm::hex_text : DumpForm::binary;
}

Result<void> read_dump(InputFile& file, const DumpOptions& options, DumpListener& listener,
                       DumpFacts& facts) {
  const auto sample = file.peek(sample_size);
  if (!sample) {
    return std::unexpected(sample.error());
  }
  facts.form = form_of(*sample);
  if (auto format = other_format(*sample); !format.empty()) {
    return std::unexpected(Error{ErrorCategory::unsupported, 0, "is " + std::move(format)});
  }
  if (facts.form == DumpForm::capture) {
    return read_packets(file, options, listener, facts);
  }
  if (facts.form == DumpForm::hex_text) {
    return read_hex(file, options, listener, facts);
  }
  facts.streams = 1;
  PlainStream stream(options, listener);
  auto result = read_pieces(file, options, [&](Bytes bytes) { stream.bytes(bytes); });
  stream.finish();
  facts.conversion = stream.conversion();
  return result;
}

std::size_t camera_bytes(std::span<const ByteBuffer> blocks) {
  const auto link = blocks.empty() ? std::nullopt : link_of(blocks.front());
  ByteBuffer said;
  std::size_t packets = 0;
  for (const auto& block : blocks) {
    const auto segment = link ? decode_segment(*link, block) : std::nullopt;
    if (!link || segment) {
      append(said, segment ? segment->payload : Bytes(block));
      packets += block.size();
    }
  }
  const auto commands = bytes_of_commands(said);
  return link && 2 * commands > said.size() ? packets : commands;
}

} // namespace dualcam::inline tools
