// A host for server sessions that keeps files in memory, on a clock set by hand.
#pragma once

#include <string>
#include <vector>

#include "dualcam/session/server_session.hpp"
#include "testing.hpp"

namespace dualcam {

/// Performs every action at once, answers every question with yes, and writes down what happened.
class TestHost {
public:
  struct File {
    FileRef file;
    ByteBuffer content;
    std::uint16_t crc;
  };

  explicit TestHost(const ServerConfig& config = {}) : session_(config, now_) {}

  void receive(Bytes bytes) {
    payloads_.clear();
    received_.assign(bytes.begin(), bytes.end()); // views must die with the next call
    session_.received(received_, now_);
    perform();
  }
  void receive(const char* hex) { receive(from_hex(hex)); }

  /// Lets time pass, and nobody looks at the clock.
  void pass(Milliseconds duration) { now_ += duration; }

  /// Lets time pass; the session is called at every deadline on the way.
  void wait(Milliseconds duration) {
    const auto until = now_ + duration;
    while (!session_.ended() && session_.deadline() <= until) {
      now_ = std::max(now_, session_.deadline());
      session_.tick(now_);
      perform();
    }
    now_ = until;
  }

  void disconnect() {
    session_.disconnected();
    perform();
  }

  /// What was sent since the last call.
  ByteBuffer take_sent() { return std::exchange(sent_, {}); }

  ServerSession& session() { return session_; }
  TimePoint now() const { return now_; }
  const std::vector<std::string>& events() const { return events_; }
  const std::vector<File>& files() const { return files_; }
  const std::optional<Ended>& ended() const { return ended_; }
  bool has_event(std::string_view event) const {
    return std::ranges::find(events_, event) != events_.end();
  }

  bool admit = true;
  FileKinds skipped;
  AskedLast last;           ///< asked for behind the others
  Manner manner;            ///< how it is asked
  std::size_t enough = 0;   ///< files, then the host takes its leave; 0 = never
  ByteBuffer held;          ///< of the next file, from an earlier connection
  ResumePoint resume_point; ///< that goes with it

  void perform() {
    while (auto action = session_.poll()) {
      if (std::get_if<FileData>(&*action) == nullptr) {
        write_run();
      }
      std::visit([this](const auto& what) { on(what); }, *action);
    }
    write_run();
    for (const auto& payload : payloads_) {
      REQUIRE(std::ranges::equal(payload.view, payload.bytes));
    }
  }

private:
  struct Payload {
    Bytes view;
    ByteBuffer bytes; ///< as they were
  };

  /// As late as a host may, which writes packets in runs.
  void write_run() {
    for (const auto payload : run_) {
      append(content_, payload);
    }
    run_.clear();
  }

  bool skips(const FileRef& file) const { return !(skipped & file.kinds()).empty(); }

  void log(std::string event) { events_.push_back(std::move(event)); }

  void on(const Send& send) {
    append(sent_, send.bytes);
    log("send " + to_hex(send.bytes));
  }
  void on(const Identified& identified) {
    log("identified " + format_imei(identified.init.imei));
    admit ? session_.accept(now_, last, manner) : session_.reject("not on the list");
  }
  void on(const MetadataReceived& metadata) {
    log("metadata " + metadata.file.text() + ' ' + to_hex(metadata.payload));
  }
  void on(const FileOffered& offered) {
    log("offered " + offered.file.text());
    skips(offered.file) ? session_.skip(now_) : session_.fetch(now_);
  }
  void on(const FileStarted& started) {
    announced_ = started.announced;
    log("started " + std::to_string(announced_));
    content_ = held;
    session_.begin(now_, resume_point);
  }
  void on(const FileReplaced& replaced) {
    REQUIRE(replaced.announced == announced_);
    log("replaced");
    content_.clear();
    skips(replaced.file) ? session_.skip(now_) : session_.begin(now_);
  }
  void on(const Acknowledged&) { log("acknowledged"); }
  void on(const FileData& data) {
    std::size_t before = content_.size();
    for (const auto payload : run_) {
      before += payload.size();
    }
    REQUIRE(data.offset == before);
    run_.push_back(data.payload);
    payloads_.push_back({data.payload, {data.payload.begin(), data.payload.end()}});
    log("data " + std::to_string(data.number));
  }
  void on(const FileCompleted& completed) {
    log("completed " + std::to_string(announced_));
    if (completed.known) {
      log("known " + std::to_string(*completed.known));
      return session_.stored(now_);
    }
    REQUIRE(completed.bytes == content_.size());
    files_.push_back({completed.file, std::move(content_), completed.crc});
    files_.size() == enough ? session_.finish() : session_.stored(now_);
  }
  void on(const FileRefused& refused) { log("refused " + std::to_string(refused.status)); }
  void on(const Resumed& resumed) {
    log("resumed " + std::to_string(resumed.number) + ": " + std::string(text_of(resumed.reason)));
  }
  void on(const Note& note) { log("note " + note.text); }
  void on(const Ended& end) {
    REQUIRE_FALSE(ended_);
    ended_ = end;
    log("ended");
  }

  TimePoint now_{};
  ServerSession session_;
  ByteBuffer received_;
  ByteBuffer sent_;
  ByteBuffer content_;
  std::uint32_t announced_ = 0;
  std::vector<Bytes> run_;        ///< not yet in `content_`
  std::vector<Payload> payloads_; ///< handed out since the last `receive`
  std::vector<std::string> events_;
  std::vector<File> files_;
  std::optional<Ended> ended_;
};

} // namespace dualcam
