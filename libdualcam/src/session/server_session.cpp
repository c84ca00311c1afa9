#include "dualcam/session/server_session.hpp"

#include <algorithm>
#include <stdexcept>

#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/opener.hpp"

namespace dualcam {
namespace {

constexpr std::uint16_t newest_plain_protocol = 5;

/// Whether it lacks the last byte of its version's layout, which some firmware does not count.
bool lacks_a_byte(Bytes metadata) {
  const auto layout = metadata.empty() ? 0U : std::to_integer<unsigned>(metadata[0]);
  return layout >= 1 && layout <= metadata_sizes.size() &&
         metadata.size() + 1 == metadata_sizes[layout - 1];
}

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
  case State::completing_metadata:
    complete_metadata(true);
    return;
  case State::awaiting_sync:
    return resume(Resumed::Reason::no_sync);
  case State::receiving:
    return resume(Resumed::Reason::silence);
  case State::awaiting_repeated_init:
    note("the device does not answer REPEAT INIT");
    return nothing_left();
  default:
    return;
  }
}

TimePoint ServerSession::deadline() const {
  if (waits_for_answer() || state_ == State::ended) {
    return TimePoint::max();
  }
  const auto idle = progress_at_ + config_.idle;
  return wait_until_ ? std::min(*wait_until_, idle) : idle;
}

TimePoint ServerSession::overdue_at() const {
  switch (state_) {
  case State::awaiting_init:
    return deadline();
  case State::awaiting_metadata:
  case State::completing_metadata:
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

/// Whether `question` is open, to be answered now; false if the session is over.
bool ServerSession::answers(State question, TimePoint now) {
  if (state_ == State::ended) {
    return false;
  }
  if (state_ != question || !actions_.empty()) {
    throw std::logic_error("ServerSession: an answer to a question that was not asked");
  }
  now_ = now;
  progress();
  return true;
}

/// Deals with the next command; false if none has arrived whole.
bool ServerSession::advance() {
  if (state_ == State::awaiting_init && !admits()) {
    return false;
  }
  if (state_ == State::completing_metadata) {
    return complete_metadata();
  }
  if (metadata_open_) {
    const auto follows = uncounted_byte_follows();
    if (!follows) {
      return false;
    }
    metadata_open_ = false;
    if (*follows) {
      take_uncounted_byte();
      return true;
    }
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
  case State::completing_metadata: // not by whole commands
  case State::identifying:
  case State::offering:
  case State::starting:
  case State::storing:
  case State::ended:
    return;
  }
}

// --- who is there, what is offered ---

void ServerSession::on_init(const Init& init) {
  ByteBuffer().swap(opening_);
  progress();
  if (init.protocol > highest_protocol) {
    send(Close{});
    return end(Ended::Reason::stranger, "not a camera: protocol " + std::to_string(init.protocol));
  }
  imei_ = init.imei;
  protocol_ = init.protocol;
  offered_ = owed_ = init.offered();
  path_offered_ = init.offers_path();
  state_ = State::identifying;
  actions_.emplace_back(Identified{init});
}

void ServerSession::accept(TimePoint now, FileKinds last) {
  if (!answers(State::identifying, now)) {
    return;
  }
  last_ = last;
  if (protocol_ > newest_plain_protocol) {
    send(Close{});
    return end(Ended::Reason::unsupported,
               "protocol " + std::to_string(protocol_) +
                   " is not supported yet: only DualCams of protocol 5 and lower");
  }
  next_file();
}

void ServerSession::reject(std::string_view why) {
  if (answers(State::identifying, now_)) {
    send(Close{});
    end(Ended::Reason::rejected, std::string(why));
  }
}

void ServerSession::on_repeated_init(const Message& message) {
  const auto* init = as<Init>(message);
  if (init == nullptr) {
    return late(message); // repeats of the last file's packets, a STATUS that ends it
  }
  if (init->imei != imei_) {
    return end(Ended::Reason::violation,
               "the repeated INIT has another IMEI, " + format_imei(init->imei));
  }
  progress();
  offered_ = init->offered();
  path_offered_ = init->offers_path();
  stored_in_round_ = false;
  actions_.emplace_back(Acknowledged{});
  next_file();
}

void ServerSession::next_file() {
  const auto offered = (offered_ & config_.wanted) - excluded_;
  auto kind = (offered - last_).first();
  if (!kind && !stored_in_round_) { // else the next INIT may have others
    kind = offered.first();
  }
  if (kind) {
    kind_ = *kind;
    metadata_.clear();
    offered_.erase(kind_);
    if (!asks_metadata_) {
      return offer();
    }
    state_ = State::awaiting_metadata;
    wait_until_ = now_ + config_.metadata_wait;
    return send(MetadataRequest{identifier_of(kind_)});
  }
  if (!stored_in_round_) {
    return nothing_left();
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
    if (!lacks_a_byte(metadata->payload)) {
      report_metadata(metadata->payload);
      return offer();
    }
    metadata_.assign(metadata->payload.begin(), metadata->payload.end());
    state_ = State::completing_metadata;
    wait_until_ = now_ + config_.uncounted_wait;
    return;
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

void ServerSession::report_metadata(Bytes payload) {
  if (payload.data() != metadata_.data()) {
    metadata_.assign(payload.begin(), payload.end());
  }
  metadata_open_ = true;
  actions_.emplace_back(MetadataReceived{kind_, metadata_});
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

void ServerSession::offer() {
  wait_until_.reset();
  state_ = State::offering;
  actions_.emplace_back(FileOffered{kind_});
}

void ServerSession::fetch(TimePoint now) {
  if (answers(State::offering, now)) {
    state_ = State::awaiting_start;
    send(FileRequest{identifier_of(kind_)});
  }
}

void ServerSession::skip(TimePoint now) {
  if (answers(state_ == State::starting ? State::starting : State::offering, now)) {
    leave_file();
  }
}

/// The current kind is not asked for again in this session.
void ServerSession::leave_file() {
  excluded_.insert(kind_);
  wait_until_.reset();
  progress();
  next_file();
}

void ServerSession::on_start_stage(const Message& message) {
  if (const auto* started = as<Start>(message)) {
    if (started->packets == 0) {
      note("the device has no " + std::string(description_of(kind_)) + " after all");
      owed_.erase(kind_);
      return leave_file();
    }
    return start(started->packets);
  }
  const auto* status = as<Status>(message);
  if (status != nullptr && status->code != status_completed) {
    return on_status_in_file(*status);
  }
  late(message); // a STATUS 0 ends what was before
}

void ServerSession::start(std::uint32_t packets) {
  progress();
  packets_ = packets;
  synchronised_ = false;
  state_ = State::starting;
  wait_until_.reset();
  actions_.emplace_back(FileStarted{kind_, packets_});
}

void ServerSession::begin(TimePoint now, const ResumePoint& from) {
  if (!answers(State::starting, now)) {
    return;
  }
  if (from.packet < 1 || from.packet > packets_) {
    throw std::logic_error("ServerSession: the file has no such packet to begin with");
  }
  attempts_ = 0;
  file_ = FileReceiver(packets_, from);
  ask();
}

void ServerSession::ask() {
  state_ = State::awaiting_sync;
  wait_until_ = now_ + config_.sync_wait;
  search_sync();
  send(Resume{file_.wanted()});
}

void ServerSession::search_sync() {
  metadata_open_ = false;
  framer_.drop_until_sync(file_.wanted(), !synchronised_);
}

void ServerSession::resume(Resumed::Reason reason) {
  if (++attempts_ > config_.attempts) {
    return give_up_file("packet " + std::to_string(file_.wanted()) + " did not arrive in " +
                        std::to_string(config_.attempts) + " attempts (" +
                        std::string(text_of(reason)) + ")");
  }
  actions_.emplace_back(Resumed{reason, file_.wanted()});
  ask();
}

/// The framer's search stops at a SYNC, a STATUS and, before the first SYNC, a START.
void ServerSession::on_sync_stage(const Message& message) {
  if (const auto* sync = as<Sync>(message)) {
    synced_at_ = now_;
    return on_sync(*sync);
  }
  if (const auto* again = as<Start>(message)) {
    return again->packets != packets_ ? start(again->packets) : search_sync();
  }
  on_status_in_file(std::get<Status>(message));
}

/// Packets are repeated from here on: maybe from further back than was asked for.
void ServerSession::on_sync(const Sync& sync) {
  synchronised_ = true;
  file_.synchronise(sync.packet);
  state_ = State::receiving;
  wait_until_ = now_ + config_.quiet;
}

void ServerSession::on_receiving(const Message& message) {
  if (const auto* data = as<Data>(message)) {
    return on_data(*data);
  }
  if (const auto* sync = as<Sync>(message)) {
    if (sync->packet > file_.wanted()) {
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
  const auto packet = file_.wanted();
  const auto offset = file_.bytes();
  switch (file_.take(data)) {
  case FileReceiver::Verdict::bad_crc:
    return resume(Resumed::Reason::bad_crc);
  case FileReceiver::Verdict::out_of_step:
    return resume(Resumed::Reason::out_of_step);
  case FileReceiver::Verdict::different:
    return replaced();
  case FileReceiver::Verdict::fresh:
    actions_.emplace_back(FileData{packet, offset, data.payload});
    break;
  case FileReceiver::Verdict::repeated:
    break;
  }
  progress();
  wait_until_ = now_ + config_.quiet;
  if (file_.is_whole() || file_.wanted() != packet) { // what was asked for has come
    attempts_ = 0;
  }
  if (file_.is_whole()) {
    complete_file();
  }
}

/// The file does not come. If it was to prove that it is a known one, that has failed.
void ServerSession::give_up_file(std::string why) {
  file_.looks_for_known() ? replaced() : end(Ended::Reason::bad_line, std::move(why));
}

void ServerSession::replaced() {
  progress();
  state_ = State::starting;
  wait_until_.reset();
  actions_.emplace_back(FileReplaced{kind_, packets_});
}

void ServerSession::complete_file() {
  state_ = State::storing;
  wait_until_.reset();
  actions_.emplace_back(FileCompleted{kind_, packets_, file_.bytes(), file_.crc(), file_.known()});
}

void ServerSession::on_status_in_file(const Status& status) {
  if (status.code == status_completed && state_ == State::receiving) {
    return resume(Resumed::Reason::out_of_step); // it thinks that it has sent everything
  }
  const bool no_such_packet =
      status.code == status_invalid_resume || status.code == status_file_pointer_failed;
  if (state_ != State::awaiting_start && file_.is_comparing() && no_such_packet) {
    return replaced();
  }
  actions_.emplace_back(FileRefused{kind_, status.code});
  leave_file();
}

void ServerSession::stored(TimePoint now) {
  if (answers(State::storing, now)) {
    stored_in_round_ = true;
    owed_.erase(kind_);
    next_file();
  }
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

// --- the end ---

/// Everything that is wanted and can be had is stored.
void ServerSession::nothing_left() {
  take_leave();
  if (path_offered_) {
    return end(Ended::Reason::unsupported, "what the device still offers is a file by path (ADAS, "
                                           "DSM or DashCam), which cannot be fetched yet");
  }
  end(Ended::Reason::finished, "nothing more to fetch");
}

void ServerSession::finish() {
  if (state_ == State::storing) {
    owed_.erase(kind_);
  }
  take_leave();
  end(Ended::Reason::finished, "nothing more is wanted");
}

/// "Completed" is told to a device only whose every file is stored. Behind REPEAT INIT it does not
/// work [doc].
void ServerSession::take_leave() {
  const bool has_all = !init_repeated_ && !path_offered_ && owed_.empty();
  has_all ? send(Status{status_completed}) : send(Close{});
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
