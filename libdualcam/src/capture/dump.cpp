#include "dualcam/capture/dump.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "capture/dump_evidence.hpp"
#include "capture/dump_transfer.hpp"
#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/framer.hpp"

namespace dualcam {

using dump_evidence::Fit;

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

CommandId command_id(Bytes command) {
  return static_cast<CommandId>(load_be<std::uint16_t>(command));
}

bool is_data(CommandId id) { return id == CommandId::data || id == CommandId::enhanced_data; }

} // namespace

class DumpReader::Implementation {
public:
  void received(Bytes bytes);
  void missing(std::uint64_t count);
  void server_received(Bytes bytes);
  void server_lost() { server_framer_.reset(); }
  void finish() { finished_ = true; }
  std::optional<DumpEvent> poll();
  std::size_t memory() const {
    return sizeof *this + buffer_.capacity() + dropped_.capacity() +
           (transfer_ ? transfer_->memory() : 0);
  }

private:
  /// A stretch in which the way was lost.
  struct Lost {
    std::uint64_t from;     ///< where the first command is damaged, or missing
    std::uint64_t reported; ///< what stands before this is in a packet's event
    std::uint64_t missing;  ///< bytes that are not in the capture
    bool length_known;      ///< some were missing, and it is known how many
    std::size_t claimed;    ///< the damaged DATA's size by its header; 0: none, or reported
    bool damaged_packet;    ///< there is, or was, one
    bool missing_inside;    ///< it is cut by a gap or the end
  };

  bool step();
  bool read_command();
  bool read_data(std::size_t size);
  bool search();
  bool is_opening() const;
  void close_gap();
  void end_of_stream();

  void lose(std::size_t claimed);
  void found();
  void report_cut_packet();
  void report_skipped();

  void on_command(Bytes command);
  void on(const Init& init);
  void on(const MetadataResponse& response);
  void on(const Path& path);
  void on(const Start& start);
  void on(const Sync& sync);
  void on(const Status& status);
  void on(const Data& data);
  void on(const EnhancedData& data);
  template <class Other> void on(const Other&) {} // the server's

  void begin_transfer(std::optional<std::uint32_t> announced);
  DumpTransfer& transfer();
  void end_transfer(bool regular);
  void emit_correction(std::optional<DumpRenumbered> correction);

  Bytes window() const { return Bytes(buffer_).subspan(position_); }
  std::uint64_t offset() const { return base_ + position_; }
  bool at_end() const { return finished_ || gap_ != 0; }
  dump_evidence::Known known() const;

  ByteBuffer buffer_;
  ByteBuffer dropped_;       ///< the buffer before a gap, as long as events may have views into it
  std::size_t position_ = 0; ///< in the buffer: everything before is dealt with
  std::uint64_t base_ = 0;   ///< the buffer's offset in the stream
  std::uint64_t gap_ = 0;    ///< bytes missing behind the buffer
  bool finished_ = false;
  bool ended_ = false;
  std::optional<Lost> lost_ = Lost{};   ///< a dump may begin anywhere
  bool way_found_ = false;              ///< the next command was searched for
  std::optional<std::uint16_t> before_; ///< the two bytes before it

  std::optional<DumpTransfer> transfer_;
  std::optional<Init> init_;
  std::optional<FileKind> requested_; ///< by FILE REQUEST
  std::optional<FileKind> described_; ///< by METADATA, for the next transfer
  bool pending_metadata_ = false;
  bool by_path_ = false;
  std::optional<Framer> server_framer_{Sender::server};
  std::deque<DumpEvent> events_;
};

// --- input ---

void DumpReader::Implementation::received(Bytes bytes) {
  // The two bytes before the position may be the CRC of a packet whose rest is lost.
  std::size_t keep = position_ - std::min<std::size_t>(position_, data_trailer);
  if (lost_ && lost_->claimed != 0) {
    keep = std::min(keep, static_cast<std::size_t>(lost_->from - base_));
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(keep));
  position_ -= keep;
  base_ += keep;
  append(buffer_, bytes);
}

void DumpReader::Implementation::missing(std::uint64_t count) { gap_ += count; }

void DumpReader::Implementation::server_received(Bytes bytes) {
  if (!server_framer_) {
    return;
  }
  server_framer_->feed(bytes);
  for (;;) {
    const auto frame = server_framer_->next();
    if (!frame) {
      server_framer_.reset(); // damaged: it cannot be followed any more
      return;
    }
    if (!*frame) {
      return;
    }
    const auto message = decode(Sender::server, (*frame)->id, (*frame)->payload);
    if (!message) {
      continue;
    }
    if (const auto* request = std::get_if<FileRequest>(&*message)) {
      requested_ = file_kind_identified(as_bytes(request->file));
    }
    events_.push_back(DumpServerCommand{describe(*message)});
  }
}

std::optional<DumpEvent> DumpReader::Implementation::poll() {
  while (events_.empty()) {
    if (!step()) {
      return std::nullopt;
    }
  }
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

// --- one step at a time; false: more bytes are needed ---

bool DumpReader::Implementation::step() {
  if (lost_ ? search() : read_command()) {
    return true;
  }
  if (gap_ != 0) {
    close_gap();
    return true;
  }
  if (!finished_ || std::exchange(ended_, true)) {
    return false;
  }
  end_of_stream();
  return true;
}

bool DumpReader::Implementation::read_command() {
  const auto size = dump_evidence::command_size(window());
  if (!size) {
    return false;
  }
  const auto whole = window().size() >= *size;
  const auto id = *size == 0 ? CommandId::data : command_id(window());
  if (*size == 0 || (!whole && at_end() && !is_data(id))) {
    lose(0);
    return true;
  }
  if (!whole) {
    return false;
  }
  if (is_data(id)) {
    return read_data(*size);
  }
  const bool doubtful = id == CommandId::init_or_close || id == CommandId::sync;
  if (doubtful && dump_evidence::begins_command(window(), true, known()) == Fit::no) {
    lose(0);
    return true;
  }
  const auto uncounted = dump_evidence::has_uncounted_byte(window(), *size, at_end(), known());
  if (uncounted == Fit::undecided) {
    return false;
  }
  on_command(window().first(*size + (uncounted == Fit::yes ? 1 : 0)));
  return true;
}

bool DumpReader::Implementation::read_data(std::size_t size) {
  if (!way_found_ && !dump_evidence::fitting_start(window().first(size), known().starts)) {
    const auto follows = dump_evidence::begins_command(window().subspan(size), at_end(), known());
    if (follows == Fit::undecided) {
      return false;
    }
    if (follows == Fit::no) {
      lose(size);
      return true;
    }
  }
  on_command(window().first(size));
  return true;
}

bool DumpReader::Implementation::search() {
  for (;;) {
    const auto rest = window();
    const auto zero = std::ranges::find(rest, std::byte{0}); // no command's first byte is another
    position_ += static_cast<std::size_t>(zero - rest.begin());
    const auto fit =
        is_opening() ? Fit::yes : dump_evidence::is_way_back(window(), at_end(), known());
    if (lost_->claimed != 0 && offset() >= lost_->from + lost_->claimed) {
      report_cut_packet();
      return true;
    }
    if (fit == Fit::yes) {
      found();
      return true;
    }
    if (fit == Fit::undecided || window().empty()) {
      return false;
    }
    ++position_;
  }
}

/// At the very start of the stream an INIT is trusted whatever its settings are.
bool DumpReader::Implementation::is_opening() const {
  return offset() == 0 && window().size() >= init_size &&
         command_id(window()) == CommandId::init_or_close &&
         load_be<std::uint16_t>(window().subspan(2)) != 0 &&
         decode(Sender::device, 0, window().first(init_size).subspan(2)).has_value();
}

/// All that is left before the gap belongs to a command that it has cut.
void DumpReader::Implementation::close_gap() {
  if (!lost_) {
    const auto size = dump_evidence::command_size(window()).value_or(0);
    lose(size != 0 && is_data(command_id(window())) ? size : 0);
  }
  position_ = buffer_.size();
  if (lost_->claimed != 0) {
    lost_->missing_inside = true;
    report_cut_packet();
  }
  // The buffer stays as it is until the next piece: events have views into it.
  const auto skipped = std::exchange(gap_, 0);
  lost_->missing += skipped;
  lost_->length_known = true;
  base_ += buffer_.size() + skipped;
  dropped_ = std::exchange(buffer_, {});
  position_ = 0;
}

void DumpReader::Implementation::end_of_stream() {
  if (!lost_ && !window().empty()) {
    const auto size = dump_evidence::command_size(window()).value_or(0);
    lose(size != 0 && is_data(command_id(window())) ? size : 0);
  }
  position_ = buffer_.size();
  if (lost_) {
    if (lost_->claimed != 0) {
      lost_->missing_inside = true;
      report_cut_packet();
    }
    report_skipped();
  }
  end_transfer(false);
}

// --- losing and finding the way ---

void DumpReader::Implementation::lose(std::size_t claimed) {
  lost_ = Lost{offset(), offset(), 0, false, claimed, claimed != 0, false};
  position_ += std::min<std::size_t>(window().size(), claimed != 0 ? data_header : 1);
}

void DumpReader::Implementation::report_cut_packet() {
  const auto from = static_cast<std::size_t>(lost_->from - base_);
  const auto size = std::min(position_ - from, lost_->claimed);
  auto payload = Bytes(buffer_).subspan(from, size).subspan(data_header);
  std::optional<std::uint16_t> stored;
  if (!lost_->missing_inside && payload.size() > data_trailer) {
    stored = load_be<std::uint16_t>(payload.last(data_trailer));
    payload = payload.first(payload.size() - data_trailer);
  }
  events_.push_back(transfer().cut(lost_->from, payload, stored));
  lost_->reported = lost_->from + size;
  lost_->claimed = 0;
}

void DumpReader::Implementation::report_skipped() {
  if (offset() != lost_->reported) {
    events_.push_back(DumpSkipped{lost_->reported, offset() - lost_->reported, lost_->missing});
  }
}

void DumpReader::Implementation::found() {
  if (lost_->claimed != 0) {
    report_cut_packet();
  }
  report_skipped();
  const auto length = offset() - lost_->from;
  if (length >= data_trailer && position_ >= data_trailer) {
    before_ = load_be<std::uint16_t>(Bytes(buffer_).subspan(position_ - data_trailer));
  }
  if (transfer_ && length != 0) {
    transfer_->lost({length, lost_->damaged_packet, lost_->length_known});
  }
  lost_.reset();
  way_found_ = true;
}

// --- commands ---

void DumpReader::Implementation::on_command(Bytes command) {
  const auto id = command_id(command);
  const auto header = id == CommandId::init_or_close ? std::size_t{2} : data_header;
  const auto message =
      decode(Sender::device, static_cast<std::uint16_t>(id), command.subspan(header));
  if (!message) {
    lose(0);
    return;
  }
  std::visit([this](const auto& what) { on(what); }, *message);
  position_ += command.size();
  way_found_ = false;
  before_.reset();
}

void DumpReader::Implementation::on(const Init& init) {
  end_transfer(true);
  init_ = init;
  described_.reset();
  pending_metadata_ = false;
  by_path_ = init.offers_path() && kinds_offered(init).empty();
  events_.push_back(DumpInit{offset(), init});
}

void DumpReader::Implementation::on(const MetadataResponse& response) {
  const auto metadata = decode_metadata(response.payload);
  const auto kind = metadata ? metadata->kind() : std::nullopt;
  const bool of_current = transfer_ && transfer_->has_packets() && !transfer_->has_metadata() &&
                          (!kind || transfer_->kind().value_or(*kind) == *kind);
  if (of_current) {
    transfer_->metadata(kind);
  } else {
    described_ = kind;
    pending_metadata_ = true;
  }
  events_.push_back(DumpMetadata{offset(), response.payload, of_current});
}

void DumpReader::Implementation::on(const Path& path) {
  by_path_ = true;
  events_.push_back(DumpPath{offset(), path.path});
}

void DumpReader::Implementation::on(const Start& start) {
  end_transfer(false);
  begin_transfer(start.packets);
}

void DumpReader::Implementation::on(const Sync& sync) {
  transfer().sync(sync.packet);
  events_.push_back(DumpSync{offset(), sync.packet});
}

void DumpReader::Implementation::on(const Status& status) {
  events_.push_back(DumpStatus{offset(), status.code});
  end_transfer(status.code == 0);
}

void DumpReader::Implementation::on(const Data& data) {
  events_.push_back(transfer().data(offset(), data.payload, data.crc, before_));
  emit_correction(transfer_->correction());
}

void DumpReader::Implementation::on(const EnhancedData& data) {
  by_path_ = true;
  events_.push_back(transfer().enhanced_data(offset(), data));
}

// --- transfers ---

void DumpReader::Implementation::begin_transfer(std::optional<std::uint32_t> announced) {
  auto kind = requested_ ? requested_ : described_;
  if (const auto offered = init_ ? kinds_offered(*init_) : FileKinds(); !kind && offered.first()) {
    auto others = offered;
    others.erase(*offered.first());
    kind = others.empty() ? offered.first() : std::nullopt;
  }
  requested_.reset();
  described_.reset();
  transfer_.emplace(kind, announced, by_path_);
  if (std::exchange(pending_metadata_, false)) {
    transfer_->metadata(kind);
  }
  events_.push_back(transfer_->began(lost_ ? lost_->from : offset()));
}

/// The transfer under way; one whose START is not in the dump begins with its first packet or SYNC.
DumpTransfer& DumpReader::Implementation::transfer() {
  if (!transfer_) {
    begin_transfer(std::nullopt);
  }
  return *transfer_;
}

/// `regular`: the device shows that it has sent everything.
void DumpReader::Implementation::end_transfer(bool regular) {
  if (!transfer_) {
    return;
  }
  if (regular) {
    emit_correction(transfer_->correction_at_end());
  }
  events_.push_back(transfer_->ended(offset()));
  transfer_.reset();
}

void DumpReader::Implementation::emit_correction(std::optional<DumpRenumbered> correction) {
  if (correction) {
    events_.push_back(*correction);
  }
}

dump_evidence::Known DumpReader::Implementation::known() const {
  static constexpr std::array<std::uint16_t, 1> zero{0};
  dump_evidence::Known known;
  known.imei = init_ ? std::optional(init_->imei) : std::nullopt;
  known.packets = transfer_ ? transfer_->highest_sync() : std::nullopt;
  known.by_path = by_path_;
  known.starts = transfer_ ? transfer_->starts() : std::span<const std::uint16_t>(zero);
  return known;
}

// --- the public face ---

DumpReader::DumpReader() : implementation_(std::make_unique<Implementation>()) {}
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
