#include "dualcam/session/server_session.hpp"

#include <algorithm>
#include <cassert>

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "dualcam/wire/opener.hpp"

namespace dualcam {
namespace {

constexpr std::uint16_t newest_plain_protocol = 5;

} // namespace

std::string_view text_of(Resumed::Reason reason) {
  switch (reason) {
  case Resumed::Reason::bad_crc:
    return "bad CRC";
  case Resumed::Reason::bad_framing:
    return "bad framing";
  case Resumed::Reason::out_of_step:
    return "out of step";
  case Resumed::Reason::silence:
    return "silence";
  case Resumed::Reason::no_sync:
    return "no SYNC";
  }
  return "";
}

ServerSession::ServerSession(const ServerConfig& config, TimePoint now)
    : config_(config), now_(now), progress_at_(now), synced_at_(now),
      asks_metadata_(config.metadata) {}

void ServerSession::received(Bytes bytes, TimePoint now) {
  if (state_ == State::ended) {
    return;
  }
  now_ = now;
  if (state_ == State::awaiting_init && recognise(opening_) != Opener::camera) {
    const auto before = opening_.size();
    append(opening_, bytes.first(std::min(bytes.size(), longest_opener - before)));
    if (recognise(opening_) != Opener::camera) {
      return; // nothing for the framer
    }
    framer_.feed(Bytes(opening_).first(before));
    (void)framer_.next(); // less than a command: now it has it
  }
  framer_.feed(bytes);
}

void ServerSession::disconnected() {
  switch (state_) {
  case State::ended:
    return;
  case State::awaiting_init:
    return end(Ended::Reason::stranger, describe(recognise(opening_), opening_));
  case State::awaiting_repeated_init: // everything it offered is stored
    return end(Ended::Reason::finished, "the device hung up after its last file");
  default:
    return end(Ended::Reason::lost, "connection lost");
  }
}

void ServerSession::tick(TimePoint now) {
  now_ = now;
  if (state_ == State::ended || waits_for_answer() || now < deadline()) {
    return;
  }
  if (now >= progress_at_ + config_.idle) {
    return end(state_ == State::awaiting_init ? Ended::Reason::stranger : Ended::Reason::idle,
               state_ == State::awaiting_init ? describe(recognise(opening_), opening_)
                                              : "no progress");
  }
  switch (state_) {
  case State::awaiting_metadata:
    asks_metadata_ = false;
    note("the device does not answer METADATA REQUEST: going on without metadata");
    return offer();
  case State::awaiting_sync:
    return resume(Resumed::Reason::no_sync);
  case State::receiving:
    return resume(Resumed::Reason::silence);
  case State::awaiting_repeated_init:
    note("the device does not answer REPEAT INIT");
    return finish();
  default:
    return;
  }
}

TimePoint ServerSession::deadline() const {
  const auto idle = progress_at_ + config_.idle;
  return wait_until_ ? std::min(*wait_until_, idle) : idle;
}

TimePoint ServerSession::overdue_at() const {
  switch (state_) {
  case State::awaiting_init:
    return deadline();
  case State::awaiting_metadata:
  case State::awaiting_repeated_init:
    return wait_until_.value_or(deadline());
  case State::awaiting_start:
  case State::awaiting_sync:
  case State::receiving:
    return stepped_at() + config_.step_wait;
  case State::identifying:
  case State::offering:
  case State::starting:
  case State::storing:
  case State::ended:
    break;
  }
  return TimePoint::max();
}

std::optional<Action> ServerSession::poll() {
  while (actions_.empty() && !waits_for_answer() && state_ != State::ended && advance()) {
  }
  if (actions_.empty()) {
    tick(now_); // what has come was no progress: a peer that never pauses has its deadlines, too
  }
  if (actions_.empty()) {
    return std::nullopt;
  }
  auto action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

bool ServerSession::waits_for_answer() const {
  return state_ == State::identifying || state_ == State::offering || state_ == State::starting ||
         state_ == State::storing;
}

/// Deals with the next command; false if none has arrived whole.
bool ServerSession::advance() {
  if (state_ == State::awaiting_init && !admits()) {
    return false;
  }
  const auto frame = framer_.next();
  if (!frame) {
    on_bad_framing(frame.error());
    return true;
  }
  if (!*frame) {
    return false;
  }
  if (const auto message = decode(Sender::device, (*frame)->id, (*frame)->payload)) {
    on_message(*message);
  } else {
    on_bad_framing(message.error());
  }
  return true;
}

/// Whether the first bytes are a camera's; ends the session when they can be none.
bool ServerSession::admits() {
  const auto opener = recognise(opening_);
  if (opener != Opener::camera && opener != Opener::unfinished) {
    end(Ended::Reason::stranger, describe(opener, opening_));
  }
  return opener == Opener::camera;
}

void ServerSession::on_bad_framing(const Error& error) {
  if (state_ == State::receiving) {
    return resume(Resumed::Reason::bad_framing);
  }
  end(Ended::Reason::violation, error.message + " (byte " + std::to_string(error.offset) + ")");
}

void ServerSession::on_message(const Message& message) {
  switch (state_) {
  case State::awaiting_init:
    return on_init(std::get<Init>(message));
  case State::awaiting_metadata:
    return on_metadata_stage(message);
  case State::awaiting_start:
    return on_start_stage(message);
  case State::awaiting_sync:
    return on_sync_stage(message);
  case State::receiving:
    return on_receiving(message);
  case State::awaiting_repeated_init:
    return on_repeated_init(message);
  case State::identifying:
  case State::offering:
  case State::starting:
  case State::storing:
  case State::ended:
    assert(false);
  }
}

// --- who is there, what is offered ---

void ServerSession::on_init(const Init& init) {
  ByteBuffer().swap(opening_);
  progress();
  imei_ = init.imei;
  offered_ = init.offered();
  if (init.protocol > newest_plain_protocol) {
    send(Close{});
    return end(Ended::Reason::stranger,
               "protocol " + std::to_string(init.protocol) +
                   " is not supported yet: only DualCams of protocol 5 and lower");
  }
  state_ = State::identifying;
  actions_.emplace_back(Identified{init});
  if (init.offers_path()) {
    note("the device also offers a file by path (ADAS or DSM), which is not supported yet");
  }
}

void ServerSession::accept(TimePoint now, FileKinds last) {
  assert(state_ == State::identifying);
  now_ = now;
  last_ = last;
  progress();
  next_file();
}

void ServerSession::reject(std::string_view why) {
  assert(state_ == State::identifying);
  send(Close{});
  end(Ended::Reason::rejected, std::string(why));
}

void ServerSession::on_repeated_init(const Message& message) {
  if (const auto* init = as<Init>(message)) {
    if (init->imei != imei_) {
      return end(Ended::Reason::violation,
                 "the repeated INIT has another IMEI, " + format_imei(init->imei));
    }
    progress();
    offered_ = init->offered();
    stored_in_round_ = false;
    actions_.emplace_back(Acknowledged{});
    return next_file();
  }
  if (const auto* status = as<Status>(message);
      status != nullptr && status->code != status_completed) {
    return finish();
  }
  late(message); // repeats of the last file's packets, asked for twice
}

void ServerSession::next_file() {
  const auto offered = (offered_ & config_.wanted) - excluded_;
  auto kind = (offered - last_).first();
  if (!kind && !stored_in_round_) { // else the next INIT may have others
    kind = offered.first();
  }
  if (kind) {
    kind_ = *kind;
    offered_.erase(kind_);
    if (!asks_metadata_) {
      return offer();
    }
    state_ = State::awaiting_metadata;
    wait_until_ = now_ + config_.metadata_wait;
    return send(MetadataRequest{identifier_of(kind_)});
  }
  if (!stored_in_round_) {
    return finish();
  }
  init_repeated_ = true;
  state_ = State::awaiting_repeated_init;
  wait_until_ = now_ + config_.repeat_init_wait;
  send(RepeatInit{});
}

// --- one file: metadata, start, packets, end ---

void ServerSession::on_metadata_stage(const Message& message) {
  if (const auto* metadata = as<MetadataResponse>(message);
      metadata != nullptr && !is_of_another_kind(*metadata)) {
    progress();
    actions_.emplace_back(MetadataReceived{kind_, metadata->payload});
    return offer();
  }
  if (const auto* status = as<Status>(message);
      status != nullptr && (status->code != status_completed || !stored_in_round_)) {
    progress();
    asks_metadata_ = false;
    note("the device refuses METADATA REQUEST: going on without metadata");
    return offer();
  }
  late(message);
}

void ServerSession::offer() {
  wait_until_.reset();
  state_ = State::offering;
  actions_.emplace_back(FileOffered{kind_});
}

void ServerSession::fetch(TimePoint now) {
  assert(state_ == State::offering);
  now_ = now;
  progress();
  state_ = State::awaiting_start;
  send(FileRequest{identifier_of(kind_)});
}

void ServerSession::skip(TimePoint now) {
  assert(state_ == State::offering || state_ == State::starting);
  now_ = now;
  leave_file();
}

/// The current kind is not asked for again in this session.
void ServerSession::leave_file() {
  overlap_.clear();
  known_.clear();
  excluded_.insert(kind_);
  wait_until_.reset();
  progress();
  next_file();
}

void ServerSession::on_start_stage(const Message& message) {
  if (const auto* start = as<Start>(message)) {
    if (start->packets == 0) {
      note("the device has no " + std::string(description_of(kind_)) + " after all");
      return leave_file();
    }
    progress();
    packets_ = start->packets;
    state_ = State::starting;
    actions_.emplace_back(FileStarted{kind_, packets_});
    return;
  }
  const auto* status = as<Status>(message);
  if (status != nullptr && (status->code != status_completed || !stored_in_round_)) {
    return on_status_in_file(*status);
  }
  late(message); // a STATUS 0 ends the file before
}

void ServerSession::begin(TimePoint now, const ResumePoint& from) {
  assert(state_ == State::starting);
  assert(from.packet >= 1 && from.packet <= packets_);
  assert(from.packet == 1 || !from.overlap.empty() || !from.known.empty());
  assert(from.overlap.empty() || from.known.empty());
  now_ = now;
  progress();
  attempts_ = 0;
  packet_size_ = from.packet_size;
  wanted_ = from.packet;
  bytes_ = std::uint64_t{from.packet - 1} * from.packet_size;
  file_crc_ = from.crc;
  chain_ = from.crc;
  overlap_ = from.overlap;
  known_ = from.known;
  as_known_.clear();
  for (const auto& tail : known_) {
    as_known_.push_back({.packet = tail.packet});
  }
  ask_for(wanted_);
}

void ServerSession::ask_for(std::uint32_t packet) {
  state_ = State::awaiting_sync;
  wait_until_ = now_ + config_.sync_wait;
  framer_.drop_until_sync(packet);
  send(Resume{packet});
}

void ServerSession::resume(Resumed::Reason reason) {
  if (++attempts_ > config_.attempts) {
    return give_up_file("packet " + std::to_string(wanted_) + " did not arrive in " +
                        std::to_string(config_.attempts) + " attempts (" +
                        std::string(text_of(reason)) + ")");
  }
  actions_.emplace_back(Resumed{reason, wanted_});
  ask_for(wanted_);
}

void ServerSession::on_sync_stage(const Message& message) {
  if (const auto* sync = as<Sync>(message)) {
    synced_at_ = now_;
    return on_sync(*sync);
  }
  on_status_in_file(std::get<Status>(message)); // the framer's search stops at nothing else
}

/// Packets are repeated from here on: maybe from further back than was asked for.
void ServerSession::on_sync(const Sync& sync) {
  position_ = std::max(sync.packet, std::uint32_t{1});
  after_sync_ = true;
  state_ = State::receiving;
  wait_until_ = now_ + config_.quiet;
}

void ServerSession::on_receiving(const Message& message) {
  if (const auto* data = as<Data>(message)) {
    return on_data(*data);
  }
  if (const auto* sync = as<Sync>(message)) {
    if (sync->packet > wanted_) {
      return resume(Resumed::Reason::out_of_step);
    }
    if (++attempts_ > config_.attempts) {
      return give_up_file("the device keeps going back to packet " + std::to_string(sync->packet));
    }
    return on_sync(*sync);
  }
  if (const auto* status = as<Status>(message)) {
    return on_status_in_file(*status);
  }
  late(message);
}

void ServerSession::on_data(const Data& data) {
  const auto crc = verified(data);
  if (!crc || !has_plausible_size(data)) {
    return resume(crc ? Resumed::Reason::out_of_step : Resumed::Reason::bad_crc);
  }
  progress();
  wait_until_ = now_ + config_.quiet;
  chain_ = data.crc;
  after_sync_ = false;
  if (position_++ == wanted_) {
    deliver(data.payload);
  }
}

/// The packet's CRC if it continues the chain: after a SYNC from 0 or from the last accepted one.
std::optional<std::uint16_t> ServerSession::verified(const Data& data) const {
  const bool matches = crc16(data.payload, chain_) == data.crc ||
                       (after_sync_ && crc16(data.payload, 0) == data.crc);
  return matches ? std::optional(data.crc) : std::nullopt;
}

/// All packets but the last are of one size, which the first one tells.
bool ServerSession::has_plausible_size(const Data& data) const {
  if (packet_size_ == 0) {
    return true;
  }
  return position_ == packets_ ? data.payload.size() <= packet_size_
                               : data.payload.size() == packet_size_;
}

void ServerSession::deliver(Bytes payload) {
  if (packet_size_ == 0) {
    packet_size_ = payload.size();
  }
  attempts_ = 0;
  file_crc_ = crc16(payload, file_crc_);
  if (!known_.empty()) {
    compare_with_known(payload);
  } else if (overlap_.empty()) {
    actions_.emplace_back(FileData{wanted_, bytes_, payload});
  } else if (!matches_overlap(payload)) {
    return replaced();
  }
  bytes_ += payload.size();
  if (wanted_ == packets_) {
    const auto known = recognised();
    if (!known_.empty() && !known) {
      return replaced();
    }
    known_.clear();
    state_ = State::storing;
    wait_until_.reset();
    actions_.emplace_back(FileCompleted{kind_, packets_, bytes_, file_crc_, known});
    return;
  }
  ++wanted_;
}

/// Whether a repeated packet is the one that is held; what was compared is done with.
bool ServerSession::matches_overlap(Bytes payload) {
  const auto held = Bytes(overlap_).first(std::min(packet_size_, overlap_.size()));
  if (!std::ranges::equal(payload, held)) {
    return false;
  }
  overlap_.erase(overlap_.begin(), overlap_.begin() + static_cast<std::ptrdiff_t>(held.size()));
  return true;
}

void ServerSession::compare_with_known(Bytes payload) {
  for (auto& tail : as_known_) {
    if (wanted_ >= tail.packet) {
      tail.bytes += payload.size();
      tail.crc64 = crc64(payload, tail.crc64);
    }
  }
}

/// Which of the known files the whole tails are the same as.
std::optional<std::size_t> ServerSession::recognised() const {
  const auto same = std::ranges::mismatch(known_, as_known_, std::not_equal_to()).in1;
  return same != known_.end() ? std::optional<std::size_t>(same - known_.begin()) : std::nullopt;
}

/// The file does not come. If it was to prove that it is a known one, that has failed.
void ServerSession::give_up_file(std::string why) {
  known_.empty() ? end(Ended::Reason::bad_line, std::move(why)) : replaced();
}

void ServerSession::replaced() {
  state_ = State::starting;
  wait_until_.reset();
  actions_.emplace_back(FileReplaced{kind_});
}

void ServerSession::on_status_in_file(const Status& status) {
  if (status.code == status_completed && state_ == State::receiving) {
    return resume(Resumed::Reason::out_of_step); // it thinks that it has sent everything
  }
  const bool no_such_packet =
      status.code == status_invalid_resume || status.code == status_file_pointer_failed;
  if (is_proving() && no_such_packet) {
    return replaced();
  }
  actions_.emplace_back(FileRefused{kind_, status.code});
  leave_file();
}

void ServerSession::stored(TimePoint now) {
  assert(state_ == State::storing);
  now_ = now;
  progress();
  stored_in_round_ = true;
  next_file();
}

/// Late, asked for with an earlier file.
bool ServerSession::is_of_another_kind(const MetadataResponse& metadata) const {
  const auto type = metadata.payload.size() > 1 ? metadata.payload[1] : std::byte{0};
  return std::ranges::any_of(all_file_kinds, [&](FileKind kind) {
    return kind != kind_ && type == static_cast<std::byte>(kind);
  });
}

/// A command that is not due: an answer that comes after its wait, a repeat. Not progress.
void ServerSession::late(const Message& message) {
  if (const auto* metadata = as<MetadataResponse>(message);
      metadata != nullptr && state_ != State::awaiting_repeated_init &&
      metadata->payload.size() > 1 && metadata->payload[1] == static_cast<std::byte>(kind_)) {
    actions_.emplace_back(MetadataReceived{kind_, metadata->payload});
    return;
  }
  if (as<Data>(message) == nullptr && as<Sync>(message) == nullptr) {
    note("unexpected " + describe(message) + " ignored", false);
  }
}

// --- the end ---

void ServerSession::finish() {
  if (init_repeated_) {
    send(Close{}); // after REPEAT INIT a STATUS does not work [doc]
  } else {
    send(Status{status_completed});
  }
  end(Ended::Reason::finished, "nothing more to fetch");
}

void ServerSession::end(Ended::Reason reason, std::string text) {
  state_ = State::ended;
  wait_until_.reset();
  actions_.emplace_back(Ended{reason, std::move(text)});
}

void ServerSession::send(const Message& message) { actions_.emplace_back(Send{encode(message)}); }

void ServerSession::note(std::string text, bool notable) {
  actions_.emplace_back(Note{std::move(text), notable});
}

void ServerSession::progress() { progress_at_ = now_; }

} // namespace dualcam
