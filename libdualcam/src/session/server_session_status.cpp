// STATUS in a session: it ends a file, refuses what the device was asked for, or comes too late.
#include <utility>

#include "dualcam/session/server_session.hpp"

namespace dualcam {

void ServerSession::on_status(const Status& status) {
  const bool completed = status.code == status_completed;
  switch (state_) {
  case State::awaiting_path:
    return without_path("the device refuses PATH REQUEST: " + describe(status));
  case State::awaiting_metadata:
    if (ends_the_file_before(status) || (completed && offers_.is_round_over())) {
      return late(status);
    }
    progress();
    return without_metadata("refuses");
  case State::awaiting_start: // completed: that is the file before
    return completed ? late(status) : not_opened(status.code);
  case State::awaiting_sync:
    if (synchronised_ && !file_.is_whole()) { // maybe it stood behind a damaged last packet
      refusal_ = status.code;
      return search_sync();
    }
    return broken_off(status.code);
  case State::receiving:
    return broken_off(status.code);
  case State::awaiting_repeated_init:
    return late(status);
  case State::awaiting_init:
  case State::completing_metadata: // not by whole commands
  case State::identifying:
  case State::offering:
  case State::starting:
  case State::storing:
  case State::ended:
    return;
  }
}

/// Some devices say STATUS behind the last packet of a file. By then they may have been asked for
/// the next one.
bool ServerSession::ends_the_file_before(const Status& status) {
  return status.code != status_completed && std::exchange(after_file_, false);
}

/// Instead of START.
void ServerSession::not_opened(std::uint32_t status) {
  if (leaving_ != Leaving::no) {
    refusal_ = status;
    return start_is_late();
  }
  if (ends_the_file_before({status})) {
    leaving_ = Leaving::refused; // but for START
    refusal_ = status;
    return await(Timer::start, config_.sync_wait);
  }
  may_ask_otherwise() ? request_file() : refused(status);
}

/// It does not open the file, in whatever way it was asked for; by path it may tell another one in
/// the next round.
void ServerSession::refused(std::uint32_t status) {
  actions_.emplace_back(FileRefused{current_, status});
  form_.give_up();
  offers_.is_refused(current_);
  go_on();
}

/// Behind START. The file is not asked for again in this session: REPEAT INIT is what follows a
/// whole file, and the device may take this one for delivered.
void ServerSession::broken_off(std::uint32_t status) {
  if (file_.is_whole()) { // whatever its value
    if (status > status_end_of_path) {
      odd(Oddity::end_status, "the file ends with STATUS " + std::to_string(status));
    }
    return complete_file();
  }
  if (status == status_completed && state_ == State::receiving) {
    return resume(Resumed::Reason::out_of_step); // it thinks that it has sent everything
  }
  const bool no_such_packet =
      status == status_invalid_resume || status == status_file_pointer_failed;
  if (file_.is_comparing() && no_such_packet) {
    return replaced();
  }
  actions_.emplace_back(FileRefused{current_, status});
  offers_.drop(current_);
  go_on();
}

} // namespace dualcam
