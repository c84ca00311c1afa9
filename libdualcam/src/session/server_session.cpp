#include "dualcam/session/server_session.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "dualcam/wire/opener.hpp"

namespace dualcam {
namespace {
constexpr std::uint16_t oldest_known_protocol = 5;
constexpr std::uint16_t newest_known_protocol = 7;

/// Who was there, though nobody has said all of INIT.
std::string who_left(Bytes opening) {
  const auto opener = recognise(opening);
  return describe(opener, opening) +
         (opener == Opener::camera ? " that said only a part of INIT" : "");
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
    : config_(config), now_(now), progress_at_(now), synced_at_(now), offers_(config.wanted),
      asks_metadata_(config.metadata) {
  framer_.limit(CommandId::path, longest_unasked_path);
  limit_packets();
  progress();
}

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
    return end(Ended::Reason::stranger, who_left(opening_));
  case State::awaiting_repeated_init:
    if (!offers_.has_more_kinds()) { // else those that are to be last
      return left(Ended::Reason::unanswered);
    }
    return end(Ended::Reason::lost, "connection lost");
  default:
    return end(Ended::Reason::lost, "connection lost");
  }
}

void ServerSession::tick(TimePoint now) {
  now_ = now;
  const auto timer = deadlines_.due(now);
  if (!timer) {
    return;
  }
  switch (*timer) {
  case Timer::idle:
    return end(state_ == State::awaiting_init ? Ended::Reason::stranger : Ended::Reason::idle,
               state_ == State::awaiting_init ? who_left(opening_) : "no progress");
  case Timer::path:
    return without_path("the device does not answer PATH REQUEST");
  case Timer::metadata:
    return without_metadata("does not answer");
  case Timer::metadata_byte:
    complete_metadata(true);
    return;
  case Timer::start:
    return start_is_late();
  case Timer::sync:
    return no_sync();
  case Timer::packet:
    return resume(Resumed::Reason::silence);
  case Timer::more:
    return complete_file();
  case Timer::repeat_init:
    note("the device does not answer REPEAT INIT");
    return nothing_left(Ended::Reason::unanswered);
  }
}

TimePoint ServerSession::overdue_at() const {
  switch (state_) {
  case State::awaiting_init:
    return deadlines_.at(Timer::idle);
  case State::awaiting_path:
    return deadlines_.at(Timer::path);
  case State::awaiting_metadata:
    return deadlines_.at(Timer::metadata);
  case State::completing_metadata:
    return deadlines_.at(Timer::metadata_byte);
  case State::awaiting_repeated_init:
    return deadlines_.at(Timer::repeat_init);
  case State::awaiting_start:
  case State::awaiting_sync:
  case State::receiving:
    return after(stepped_at(), config_.step_wait);
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
    actions_.shrink_to_fit(); // most sessions wait
    return std::nullopt;
  }
  auto action = std::move(actions_.front());
  actions_.erase(actions_.begin());
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
  if (too_much_ > 0) {
    return drop_metadata();
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
    on_bad_command(message.error());
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

/// The command is still there.
void ServerSession::on_bad_framing(const Error& error) {
  if (state_ == State::receiving || !is_too_much_metadata()) {
    on_bad_command(error);
  }
}

void ServerSession::on_bad_command(const Error& error) {
  if (state_ == State::receiving) {
    file_.expect_larger();
    return resume(Resumed::Reason::bad_framing);
  }
  end(Ended::Reason::violation, error.message + " (byte " + std::to_string(error.offset) + ")");
}

void ServerSession::on_message(const Message& message) {
  if (const auto* status = as<Status>(message)) {
    return on_status(*status);
  }
  if (const auto* sync = as<Sync>(message)) {
    return on_sync(*sync);
  }
  switch (state_) {
  case State::awaiting_init:
    return on_init(std::get<Init>(message));
  case State::awaiting_path:
    return on_path_stage(message);
  case State::awaiting_metadata:
    return on_metadata_stage(message);
  case State::awaiting_start:
    return on_start_stage(message);
  case State::awaiting_sync:
    return on_start_again(std::get<Start>(message));
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
  offers_.begin_round(init);
  ask_host(State::identifying);
  actions_.emplace_back(Identified{init});
}

void ServerSession::accept(TimePoint now, AskedLast last, const Manner& manner) {
  if (!answers(State::identifying, now)) {
    return;
  }
  offers_.ask_last(std::move(last));
  form_ = RequestForm(manner.by_first_bytes);
  if (manner.by_first_bytes) {
    odd(Oddity::short_request,
        "the device has hung up over whole paths: asking by their first bytes");
  }
  if (asks_metadata_ && manner.without_metadata) {
    asks_metadata_ = false;
    note("the device has hung up over METADATA REQUEST: going on without metadata");
  }
  if (protocol_ < oldest_known_protocol || protocol_ > newest_known_protocol) {
    odd(Oddity::protocol,
        "protocol " + std::to_string(protocol_) + " is not known: served as protocol " +
            std::to_string(std::clamp(protocol_, oldest_known_protocol, newest_known_protocol)));
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
  offers_.begin_round(*init);
  after_file_ = false;
  actions_.emplace_back(Acknowledged{});
  next_file();
}

void ServerSession::next_file() {
  owes_ = Owes::nothing;
  switch (offers_.next()) {
  case Offers::Step::ask_for_path:
    return ask_for_path();
  case Offers::Step::ask_for_kind:
    return ask_about(offers_.kind());
  case Offers::Step::repeat_init:
    state_ = State::awaiting_repeated_init;
    await(Timer::repeat_init, config_.repeat_init_wait);
    return send(RepeatInit{});
  case Offers::Step::leave:
    return nothing_left(Ended::Reason::finished);
  }
}

// --- the end ---

/// Everything that is wanted and can be had is stored, as far as is known.
void ServerSession::nothing_left(Ended::Reason reason) {
  take_leave();
  left(reason);
}

void ServerSession::left(Ended::Reason reason) {
  if (!offers_.path_failure().empty()) {
    return end(Ended::Reason::unsupported, offers_.path_failure());
  }
  if (offers_.is_unknown()) { // behind a file it may be a mere flag
    return end(Ended::Reason::unsupported,
               "all that the device offers is of an unknown kind, which "
               "cannot be fetched");
  }
  end(reason, reason == Ended::Reason::finished ? "nothing more to fetch"
                                                : "whether it has more to fetch is not known");
}

void ServerSession::finish() {
  if (ended()) {
    return;
  }
  if (state_ == State::storing && actions_.empty()) { // FileCompleted was handed out
    offers_.stored(current_);
  }
  take_leave();
  end(Ended::Reason::finished, "nothing more is wanted");
}

/// "Completed" is told to a device only whose every file is stored.
void ServerSession::take_leave() {
  offers_.has_all() ? send(Status{status_completed}) : send(Close{});
}

void ServerSession::end(Ended::Reason reason, std::string text) {
  state_ = State::ended;
  deadlines_.stop_all();
  actions_.emplace_back(Ended{reason, std::move(text), tracker_imei(opening_)});
}

void ServerSession::send(const Message& message) { actions_.emplace_back(Send{encode(message)}); }

void ServerSession::note(std::string text, bool notable) {
  actions_.emplace_back(Note{std::move(text), notable});
}

void ServerSession::odd(Oddity what, std::string text) {
  const auto index = static_cast<std::size_t>(what);
  if (!told_[index]) {
    told_.set(index);
    note(std::move(text));
  }
}

void ServerSession::progress() {
  progress_at_ = now_;
  deadlines_.start(Timer::idle, after(now_, config_.idle));
}

/// One step is due at a time, beside progress.
void ServerSession::await(Timer step, Milliseconds wait) {
  deadlines_.stop_all_but(Timer::idle);
  deadlines_.start(step, after(now_, wait));
}

/// The host's time is not the device's: `answers` starts it anew.
void ServerSession::ask_host(State question) {
  state_ = question;
  deadlines_.stop_all();
}

} // namespace dualcam
