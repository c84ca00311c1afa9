// Files by path: which one it is, how it is asked for, and what if it is not there.
#include <utility>

#include "dualcam/session/server_session.hpp"

namespace dualcam {
namespace {

constexpr unsigned most_rounds_in_vain = 3;

} // namespace

void ServerSession::ask_for_path() {
  if (!path_told_) {
    odd(Oddity::kinds_alone, "the device offers kinds, though it speaks protocol " +
                                 std::to_string(protocol_) + ": asked for a path all the same");
  }
  path_offered_ = false;
  was_asked_for_path_ = true;
  state_ = State::awaiting_path;
  framer_.limit(CommandId::path, longest_path);
  await(Timer::path, config_.path_wait);
  send(PathRequest{});
}

void ServerSession::on_path_stage(const Message& message) {
  if (as<Status>(message) != nullptr) {
    return without_path("the device refuses PATH REQUEST: " + describe(message));
  }
  const auto* path = as<Path>(message);
  if (path == nullptr) {
    return late(message);
  }
  auto file = path->text().empty() ? std::nullopt : FileRef::of_path(path->path);
  if (!file) {
    return without_path("the device tells an empty path");
  }
  progress();
  framer_.limit(CommandId::path, longest_unasked_path);
  if (!config_.wanted.wants(*file)) {
    odd(Oddity::unwanted, "the device offers " + file->label() + ", which is not wanted");
    return path_in_vain("");
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
  path_excluded_ = true;
  if (path_told_ || !has_file_by_path_) {
    path_failure_ = "the file by path that the device offers is not to be had: " + std::string(why);
  }
  next_file();
}

void ServerSession::request_file() {
  state_ = State::awaiting_start;
  if (!current_.kind()) {
    await(Timer::start, config_.path_wait);
  }
  send(FileRequest{shortened_ ? current_.short_request() : current_.request()});
}

/// The vendor's server sends some cameras the first bytes of a path only [run]: a device that does
/// not understand the whole one is asked so, once.
bool ServerSession::may_ask_otherwise() {
  if (current_.kind() || understood_ || shortened_) {
    return false;
  }
  shortened_ = true;
  odd(Oddity::short_request, "the device does not understand the path: asking by its first bytes");
  return true;
}

/// START was 0, and none has come behind it.
void ServerSession::is_empty() {
  note("the device has no " + current_.label() + " after all");
  owed_ = owed_ - current_.kinds();
  current_.kind() ? leave_file()
                  : path_in_vain("the files by path that the device offers are not there");
}

/// Another file by path may be there at the next INIT. `failure`: what to say if there is none.
void ServerSession::path_in_vain(std::string_view failure) {
  progress();
  deadlines_.stop_all_but(Timer::idle);
  if (++rounds_in_vain_ < most_rounds_in_vain) {
    round_over_ = true;
    offered_ = {};
  } else {
    path_excluded_ = true;
    path_failure_ = failure;
  }
  next_file();
}

} // namespace dualcam
