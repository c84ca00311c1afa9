// Files by path: which one it is, how it is asked for, and what if it is not there.
#include <utility>

#include "dualcam/session/server_session.hpp"

namespace dualcam {

void ServerSession::ask_for_path() {
  if (!offers_.path_is_told()) {
    odd(Oddity::kinds_alone, "the device offers kinds, though it speaks protocol " +
                                 std::to_string(protocol_) + ": asked for a path all the same");
  }
  state_ = State::awaiting_path;
  owes_ = Owes::path;
  framer_.limit(CommandId::path, longest_path);
  await(Timer::path, config_.path_wait);
  send(PathRequest{});
}

void ServerSession::on_path_stage(const Message& message) {
  const auto* path = as<Path>(message);
  if (path == nullptr) {
    return late(message);
  }
  auto file = path->text().empty() ? std::nullopt : FileRef::of_path(path->path);
  if (!file) {
    return without_path("the device sends an empty path");
  }
  progress();
  framer_.limit(CommandId::path, longest_unasked_path);
  if (offers_.was_refused(*file)) {
    offers_.is_refused(*file);
    return go_on();
  }
  if (offers_.lets_others_go_first(*file)) {
    note("the file " + file->label() + " never came: another one may go first", false);
    return go_on();
  }
  if (!config_.wanted.wants(*file)) {
    odd(Oddity::unwanted, "the device offers " + file->label() + ", which is not wanted");
    offers_.pass(*file);
    return go_on();
  }
  if (!file->camera()) {
    odd(Oddity::unknown_camera,
        "the file " + file->label() + " is of no known camera; it is fetched all the same");
  }
  ask_about(std::move(*file));
}

/// What it offers cannot be asked for.
void ServerSession::without_path(std::string_view why) {
  progress();
  framer_.limit(CommandId::path, longest_unasked_path);
  deadlines_.stop_all_but(Timer::idle);
  note(std::string(why));
  offers_.path_failed(why);
  next_file();
}

void ServerSession::request_file() {
  state_ = State::awaiting_start;
  owes_ = Owes::start;
  await(Timer::start, form_.patience(current_, config_.path_wait));
  send(FileRequest{form_.request(current_)});
}

/// The vendor's server sends some cameras the first bytes of a path only [run]: a device that does
/// not understand the whole one is asked so, once.
bool ServerSession::may_ask_otherwise() {
  const bool turned = form_.turn(current_);
  if (turned && form_.is_shortened()) {
    odd(Oddity::short_request,
        "the device does not understand the path: asking by its first bytes");
  }
  return turned;
}

/// START was 0, and none has come behind it.
void ServerSession::is_empty() {
  note("the device has no " + current_.label() + " after all");
  offers_.is_empty(current_);
  go_on();
}

} // namespace dualcam
