#include "capture/command_scanner.hpp"

#include <algorithm>
#include <utility>

#include "dualcam/wire/opener.hpp"

namespace dualcam {
namespace {

using command_evidence::Fit;

CommandId command_id(Bytes command) {
  return static_cast<CommandId>(load_be<std::uint16_t>(command));
}

bool is_data(CommandId id) { return id == CommandId::data || id == CommandId::enhanced_data; }

} // namespace

// --- input ---

void CommandScanner::received(Bytes bytes) {
  if (!scanned_.empty()) { // whoever calls has not taken everything: the views stay good
    dropped_ = std::exchange(buffer_, ByteBuffer(buffer_.begin(), buffer_.end()));
  }
  // The two bytes before the position may be the CRC of a packet whose rest is lost.
  std::size_t keep = position_ - std::min<std::size_t>(position_, data_trailer);
  if (lost_ && lost_->stated != 0) {
    keep = std::min(keep, static_cast<std::size_t>(lost_->from - base_));
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(keep));
  position_ -= keep;
  base_ += keep;
  append(buffer_, bytes);
}

std::optional<Scanned> CommandScanner::next(const Known& known) {
  while (scanned_.empty()) {
    if (!step(known)) {
      return std::nullopt;
    }
  }
  return scanned_.pop();
}

// --- one step at a time; false: more bytes are needed ---

bool CommandScanner::step(const Known& known) {
  if (lost_ ? search(known) : read_command(known)) {
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

/// Steps over a command of the server. nullopt: there is none.
std::optional<bool> CommandScanner::read_server_command(const Known& known) {
  const auto size = command_evidence::server_command_size(window(), at_end(), known);
  if (!size) {
    return false;
  }
  if (*size == 0) {
    return std::nullopt;
  }
  const auto command = window().first(*size);
  const auto id = load_be<std::uint16_t>(command);
  const auto header =
      id == static_cast<std::uint16_t>(CommandId::repeat_init) ? *size : data_header;
  const auto message = decode(Sender::server, id, command.subspan(header));
  if (!message) {
    return std::nullopt;
  }
  scanned_.emplace_back(ScannedServerCommand{*message});
  position_ += *size;
  return true;
}

bool CommandScanner::read_command(const Known& known) {
  if (!window().empty()) {
    if (const auto read = read_server_command(known)) {
      return *read;
    }
  }
  const auto size = command_evidence::command_size(window(), known);
  if (!size) {
    return false;
  }
  const auto whole = window().size() >= *size;
  const auto id = *size == 0 ? CommandId::data : command_id(window());
  if (*size == 0 || (!whole && at_end())) { // where it is cut another one may stand in it
    lose(is_data(id) ? *size : 0);
    return true;
  }
  if (!whole) {
    return false;
  }
  if (is_data(id)) {
    return read_data(*size, known);
  }
  const bool doubtful = id == CommandId::init_or_close || id == CommandId::sync;
  const bool of_any_size = id == CommandId::path || id == CommandId::metadata;
  if ((doubtful || of_any_size) &&
      command_evidence::begins_command(window(), true, known) == Fit::no) {
    const auto follows =
        doubtful ? Fit::no
                 : command_evidence::begins_command(window().subspan(*size), at_end(), known);
    if (follows == Fit::undecided) {
      return false;
    }
    if (follows == Fit::no) { // file content, as likely as not: whole packets may be in it
      lose(0);
      return true;
    }
  }
  const auto uncounted = command_evidence::has_uncounted_byte(window(), *size, at_end(), known);
  if (uncounted == Fit::undecided) {
    return false;
  }
  take(window().first(*size + (uncounted == Fit::yes ? 1 : 0)));
  return true;
}

/// Whether a packet whose CRC fits does so by chance, as one of some 65,000 damaged ones: another
/// one begins within it, and nothing behind it.
Fit CommandScanner::fits_by_chance(std::size_t size, const Known& known) const {
  const auto follows = command_evidence::begins_command(window().subspan(size), at_end(), known);
  if (follows == Fit::yes) { // nearly always
    return Fit::no;
  }
  const auto hides = command_evidence::hides_packet(window(), size, at_end(), known);
  return hides == Fit::yes && follows == Fit::undecided ? follows : hides;
}

bool CommandScanner::read_data(std::size_t size, const Known& known) {
  const bool fits = command_evidence::fits_chain(window().first(size), known);
  const auto by_chance = fits ? fits_by_chance(size, known) : Fit::no;
  if (by_chance == Fit::undecided) {
    return false;
  }
  if (by_chance == Fit::yes) {
    lose(size);
    return true;
  }
  if (!way_found_ && !fits) {
    const auto usual = known.usual + (command_id(window()) == CommandId::data ? 0 : 4);
    if (size > usual + data_header + data_trailer) { // its length is what is damaged
      lose(0);
      return true;
    }
    const auto follows = command_evidence::begins_command(window().subspan(size), at_end(), known);
    if (follows == Fit::undecided) {
      return false;
    }
    const auto rest = window().size() - size;
    const bool header_is_cut = at_end() && rest != 0 && rest < data_header; // which tells little
    if (follows == Fit::no ||
        (header_is_cut && command_evidence::hides_way_back(window(), size, known))) {
      lose(size);
      return true;
    }
  }
  take(window().first(size));
  return true;
}

void CommandScanner::take(Bytes command) {
  const auto id = command_id(command);
  const auto header = id == CommandId::init_or_close ? std::size_t{2} : data_header;
  const auto message =
      decode(Sender::device, static_cast<std::uint16_t>(id), command.subspan(header));
  if (!message) {
    lose(0);
    return;
  }
  scanned_.emplace_back(ScannedCommand{offset(), *message, std::exchange(before_, std::nullopt)});
  position_ += command.size();
  way_found_ = false;
}

bool CommandScanner::search(const Known& known) {
  for (;;) {
    const auto rest = window();
    const auto zero = std::ranges::find(rest, std::byte{0}); // no command's first byte is another
    position_ += static_cast<std::size_t>(zero - rest.begin());
    auto fit = is_opening(known);
    fit = fit == Fit::no ? command_evidence::is_way_back(window(), at_end(), known) : fit;
    if (lost_->stated != 0 && offset() >= lost_->from + lost_->stated) {
      report_cut();
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

/// At the very start of the stream an INIT is trusted whatever its settings are, and a command of
/// the server may come first.
Fit CommandScanner::is_opening(const Known& known) const {
  if (offset() != first_) {
    return Fit::no;
  }
  const auto of_server = command_evidence::server_command_size(window(), at_end(), known);
  if (of_server != 0) {
    return of_server ? Fit::yes : Fit::undecided;
  }
  return begins_with_init(window()) ? Fit::yes : Fit::no;
}

/// All that is left before the gap belongs to a command that it has cut.
void CommandScanner::close_gap() {
  lose_what_is_left();
  const auto skipped = std::exchange(gap_, 0);
  lost_->missing += skipped;
  lost_->length_known = true;
  base_ += buffer_.size() + skipped;
  dropped_ = std::exchange(buffer_, {});
  position_ = 0;
}

void CommandScanner::end_of_stream() {
  if (lost_ || !window().empty()) {
    lose_what_is_left();
    report_skipped();
  }
  scanned_.emplace_back(ScannedEnd{offset()});
}

// --- losing and finding the way ---

void CommandScanner::lose(std::size_t stated) {
  lost_ = Lost{offset(), offset(), 0, false, stated, stated != 0, false};
  position_ += std::min<std::size_t>(window().size(), stated != 0 ? data_header : 1);
}

void CommandScanner::lose_what_is_left() {
  if (!lost_) {
    lose(0);
  }
  position_ = buffer_.size();
  if (lost_->stated != 0) {
    lost_->missing_inside = true;
    report_cut();
  }
}

void CommandScanner::report_cut() {
  const auto from = static_cast<std::size_t>(lost_->from - base_);
  const auto size = std::min(position_ - from, lost_->stated);
  const auto command = Bytes(buffer_).subspan(from, size);
  auto payload = command.subspan(data_header);
  std::optional<std::uint32_t> place;
  if (command_id(command) == CommandId::enhanced_data) {
    place = payload.size() < sizeof *place ? place : load_be<std::uint32_t>(payload);
    payload = payload.subspan(std::min(payload.size(), sizeof *place));
  }
  std::optional<std::uint16_t> received_crc;
  if (!lost_->missing_inside && payload.size() > data_trailer) {
    received_crc = load_be<std::uint16_t>(payload.last(data_trailer));
    payload = payload.first(payload.size() - data_trailer);
  }
  scanned_.emplace_back(ScannedCut{lost_->from, place, payload, received_crc});
  lost_->reported = lost_->from + size;
  lost_->stated = 0;
}

void CommandScanner::report_skipped() {
  if (offset() != lost_->reported) {
    scanned_.emplace_back(DumpSkipped{lost_->reported, offset() - lost_->reported, lost_->missing});
  }
}

void CommandScanner::found() {
  if (lost_->stated != 0) {
    report_cut();
  }
  report_skipped();
  const auto length = offset() - lost_->from;
  if (length >= data_trailer && position_ >= data_trailer) {
    before_ = load_be<std::uint16_t>(Bytes(buffer_).subspan(position_ - data_trailer));
  }
  if (length != 0) {
    scanned_.emplace_back(ScannedLoss{length, lost_->damaged_packet, lost_->length_known});
  }
  lost_.reset();
  way_found_ = true;
}

} // namespace dualcam
