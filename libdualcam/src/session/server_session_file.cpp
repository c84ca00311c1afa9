// One file of a session: metadata, START, packets, the end. The rest is in server_session.cpp.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "dualcam/files/metadata.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam {
namespace {

/// Whether it lacks the last byte of its version's layout, which some firmware does not count.
bool lacks_a_byte(Bytes metadata) {
  const auto layout = metadata.empty() ? 0U : std::to_integer<unsigned>(metadata[0]);
  return layout >= 1 && layout <= metadata_sizes.size() &&
         metadata.size() + 1 == metadata_sizes[layout - 1];
}

/// The kind of file it is of, if it says.
std::optional<FileKind> kind_told(Bytes metadata) {
  return metadata.size() > 1 ? file_kind_of_bit(std::to_integer<std::uint8_t>(metadata[1]))
                             : std::nullopt;
}

/// Late, asked for with an earlier file.
bool is_of_another(Bytes metadata, const FileRef& file) {
  const auto told = kind_told(metadata);
  return told && !file.may_be(told);
}

} // namespace

void ServerSession::ask_about(FileRef file) {
  current_ = std::move(file);
  offers_.begin_file();
  metadata_.clear();
  asks_metadata_ ? ask_for_metadata() : offer();
}

void ServerSession::ask_for_metadata() {
  state_ = State::awaiting_metadata;
  owes_ = Owes::metadata;
  await(Timer::metadata, config_.metadata_wait);
  send(MetadataRequest{form_.metadata_request(current_)});
}

void ServerSession::without_metadata(std::string_view why) {
  if (!current_.metadata_request().empty() && may_ask_otherwise()) {
    return ask_for_metadata();
  }
  asks_metadata_ = false;
  form_.give_up();
  note("the device " + std::string(why) + " METADATA REQUEST: going on without metadata");
  offer();
}

void ServerSession::on_metadata_stage(const Message& message) {
  if (const auto* metadata = as<MetadataResponse>(message);
      metadata != nullptr && !is_of_another(metadata->payload, current_)) {
    progress();
    after_file_ = false;
    if (!lacks_a_byte(metadata->payload)) {
      report_metadata(metadata->payload);
      return offer();
    }
    metadata_.assign(metadata->payload.begin(), metadata->payload.end());
    state_ = State::completing_metadata;
    await(Timer::metadata_byte, config_.uncounted_wait);
    return;
  }
  late(message);
}

void ServerSession::report_metadata(Bytes payload) {
  if (payload.data() != metadata_.data()) {
    metadata_.assign(payload.begin(), payload.end());
  }
  metadata_open_ = true;
  actions_.emplace_back(MetadataReceived{current_, metadata_});
}

/// Whether a byte stands before the next command; nullopt: that cannot be told yet.
std::optional<bool> ServerSession::uncounted_byte_follows() {
  const auto next = framer_.ahead(1 + longest_beginning);
  const auto here = begins_command(Sender::device, next);
  if (!here) {
    return std::nullopt;
  }
  return *here ? false : begins_command(Sender::device, next.subspan(1));
}

void ServerSession::take_uncounted_byte() {
  if (!metadata_.empty()) { // of this file
    metadata_.push_back(framer_.ahead(1)[0]);
    report_metadata(metadata_);
    metadata_open_ = false;
  }
  framer_.skip(1);
}

/// No command is due now, so a byte that is none's beginning, or stays alone, is what is missing.
bool ServerSession::complete_metadata(bool waited) {
  const auto follows = uncounted_byte_follows();
  const auto next = framer_.ahead(2);
  const bool is_there = (!next.empty() && next[0] != std::byte{0}) || follows.value_or(false) ||
                        (waited && next.size() == 1);
  if (!is_there && !follows && !waited) {
    return false;
  }
  is_there ? take_uncounted_byte() : report_metadata(metadata_);
  offer();
  return true;
}

/// Whatever its length says, it costs no more than itself: it is dropped, the file comes.
bool ServerSession::is_too_much_metadata() {
  const auto head = framer_.ahead(4);
  if (head.size() < 4 ||
      load_be<std::uint16_t>(head) != static_cast<std::uint16_t>(CommandId::metadata)) {
    return false;
  }
  too_much_ = 4 + load_be<std::uint16_t>(head.subspan(2));
  note("METADATA of " + std::to_string(too_much_ - 4) + " bytes is too long to be kept");
  return true;
}

/// What has come of it.
bool ServerSession::drop_metadata() {
  const auto here = framer_.ahead(too_much_).size();
  framer_.skip(here);
  too_much_ -= here;
  if (here > 0 && state_ == State::awaiting_metadata) {
    progress();
    too_much_ == 0 ? offer() : await(Timer::metadata, config_.metadata_wait);
  }
  return here > 0;
}

void ServerSession::offer() {
  ask_host(State::offering);
  actions_.emplace_back(FileOffered{current_});
}

void ServerSession::fetch(TimePoint now) {
  if (answers(State::offering, now)) {
    leaving_ = Leaving::no;
    request_file();
  }
}

void ServerSession::skip(TimePoint now) {
  const bool is_started = state_ == State::starting;
  if (!answers(is_started ? State::starting : State::offering, now)) {
    return;
  }
  if (!is_started || begun_) {
    return leave_alone();
  }
  leaving_ = Leaving::unwanted; // but for another START
  state_ = State::awaiting_start;
  await(Timer::start, config_.again_wait);
}

/// The host does not want it.
void ServerSession::leave_alone() {
  offers_.pass(current_);
  go_on();
}

void ServerSession::go_on() {
  deadlines_.stop_all();
  progress();
  next_file();
}

void ServerSession::on_start_stage(const Message& message) {
  if (const auto* started = as<Start>(message)) {
    after_file_ = false;
    form_.understood(current_);
    if (started->packets != 0) {
      return start(started->packets);
    }
    if (leaving_ == Leaving::no) {
      progress();
      leaving_ = Leaving::empty; // but for another START
      await(Timer::start, config_.again_wait);
    }
    return;
  }
  late(message);
}

/// What START was waited for is over.
void ServerSession::start_is_late() {
  switch (leaving_) {
  case Leaving::empty:
    return is_empty();
  case Leaving::unwanted:
    return leave_alone();
  case Leaving::refused:
    return refused(refusal_);
  case Leaving::no:
    break;
  }
  deadlines_.stop_all_but(Timer::idle);
  if (may_ask_otherwise()) {
    request_file();
  }
}

void ServerSession::start(std::uint32_t announced) {
  progress();
  leaving_ = Leaving::no;
  begun_ = false;
  announced_ = announced;
  owes_ = Owes::packets;
  synchronised_ = false;
  ask_host(State::starting);
  actions_.emplace_back(FileStarted{current_, announced_});
}

void ServerSession::begin(TimePoint now, const ResumePoint& from) {
  const Geometry geometry(current_, announced_, from.in_packets);
  if (!ended() && !FileReceiver::begins_in(geometry, from)) {
    throw std::logic_error("ServerSession: the file has no such packet to begin with");
  }
  if (!answers(State::starting, now)) {
    return;
  }
  begun_ = true;
  file_ = FileReceiver(geometry, from);
  ask();
}

void ServerSession::ask() {
  state_ = State::awaiting_sync;
  refusal_ = 0;
  await(Timer::sync, config_.sync_wait);
  limit_packets();
  search_sync();
  send(Resume{file_.wanted()});
}

void ServerSession::search_sync() {
  metadata_open_ = false;
  framer_.drop_until_sync(file_.highest_sync(), !synchronised_);
}

void ServerSession::resume(Resumed::Reason reason) {
  if (file_.count_attempt() > config_.attempts) {
    return give_up_file(file_.geometry().text_of(file_.wanted()) + " did not arrive in " +
                        std::to_string(config_.attempts) + " attempts (" +
                        std::string(text_of(reason)) + ")");
  }
  actions_.emplace_back(Resumed{reason, file_.wanted()});
  ask();
}

/// Before the first SYNC, the framer's search stops at a START, too.
void ServerSession::on_start_again(const Start& again) {
  again.packets != announced_ ? start(again.packets) : search_sync();
}

void ServerSession::no_sync() {
  refusal_ != 0 ? broken_off(refusal_) : resume(Resumed::Reason::no_sync);
}

/// Packets are repeated from here on: maybe from further back than was asked for.
void ServerSession::on_sync(const Sync& sync) {
  if (state_ == State::awaiting_sync) {
    synced_at_ = now_;
  } else if (state_ != State::receiving) {
    return late(sync);
  } else if (!file_.may_synchronise(sync.packet)) {
    return resume(Resumed::Reason::out_of_step);
  } else if (file_.count_attempt() > config_.attempts) {
    return give_up_file("the device keeps going back to " + file_.geometry().text_of(sync.packet));
  }
  synchronised_ = true;
  file_.synchronise(sync.packet);
  state_ = State::receiving;
  await_packet();
}

void ServerSession::on_receiving(const Message& message) {
  if (const auto* data = as<Data>(message)) {
    return on_packet({data->payload, data->crc, {}});
  }
  if (const auto* data = as<EnhancedData>(message)) {
    return on_packet({data->payload, data->crc, data->offset});
  }
  late(message);
}

void ServerSession::on_packet(const FileReceiver::Packet& packet) {
  if (file_.is_whole() && packet.payload.empty()) {
    return complete_file();
  }
  const auto taken = file_.take(packet);
  if (packet.offset && taken.verdict != FileReceiver::Verdict::bad_crc &&
      protocol_ < first_protocol_by_path) {
    odd(Oddity::enhanced, "the file comes as ENHANCED DATA, though the device speaks protocol " +
                              std::to_string(protocol_));
  }
  if (taken.verdict == FileReceiver::Verdict::fresh) {
    actions_.emplace_back(FileData{taken.number, taken.offset, taken.payload});
  }
  if (taken.odd) {
    odd(taken.odd->what, taken.odd->text);
  }
  switch (taken.verdict) {
  case FileReceiver::Verdict::bad_crc:
    return resume(Resumed::Reason::bad_crc);
  case FileReceiver::Verdict::out_of_step:
    return resume(Resumed::Reason::out_of_step);
  case FileReceiver::Verdict::different:
    return replaced();
  case FileReceiver::Verdict::fresh:
  case FileReceiver::Verdict::repeated:
    break;
  }
  progress();
  limit_packets();
  file_.is_whole() && !file_.geometry().may_go_on() ? complete_file() : await_packet();
}

void ServerSession::await_packet() {
  file_.is_whole() ? await(Timer::more, config_.more_wait) : await(Timer::packet, config_.quiet);
}

/// A damaged length shall not swallow the line for seconds.
void ServerSession::limit_packets() {
  const auto most = file_.most_expected();
  if (most != std::exchange(most_payload_, most)) {
    framer_.limit(CommandId::data, most + data_trailer);
  }
}

/// The file does not come. If it was to prove that it is a known one, that has failed. The device
/// may think that it has sent everything: CLOSE tells it that this is not so.
void ServerSession::give_up_file(std::string why) {
  if (file_.is_whole()) {
    return complete_file();
  }
  if (file_.looks_for_known()) {
    return replaced();
  }
  send(Close{});
  end(Ended::Reason::bad_line, std::move(why));
}

void ServerSession::replaced() {
  progress();
  ask_host(State::starting);
  actions_.emplace_back(FileReplaced{current_, announced_});
}

void ServerSession::complete_file() {
  ask_host(State::storing);
  actions_.emplace_back(FileCompleted{current_, file_.bytes(), file_.crc(), file_.known()});
}

void ServerSession::stored(TimePoint now) {
  if (answers(State::storing, now)) {
    offers_.stored(current_);
    after_file_ = true;
    next_file();
  }
}

/// A command that is not due: an answer that comes after its wait, a repeat. Not progress.
void ServerSession::late(const Message& message) {
  if (const auto* metadata = as<MetadataResponse>(message);
      metadata != nullptr && state_ != State::awaiting_repeated_init &&
      state_ != State::awaiting_path && current_.may_be(kind_told(metadata->payload))) {
    asks_metadata_ = config_.metadata; // it knows it after all
    return report_metadata(metadata->payload);
  }
  if (as<MetadataResponse>(message) != nullptr) {
    metadata_.clear();
    metadata_open_ = true;
  }
  if (as<Data>(message) == nullptr && as<Sync>(message) == nullptr) {
    note("unexpected " + describe(message) + " ignored", false);
  }
}

} // namespace dualcam
