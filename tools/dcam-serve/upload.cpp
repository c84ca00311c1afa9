#include "dcam-serve/upload.hpp"

#include <utility>

#include <fmt/format.h>

#include "dcam-serve/server.hpp"
#include "dualcam/files/geometry.hpp"

namespace dualcam::serve {
namespace {

constexpr std::size_t most_pieces = 1024; // tiny ones would be tens of thousands in a buffer

} // namespace

void Upload::identified(std::uint64_t imei, const Origin& origin) {
  facts_.imei = imei;
  facts_.origin = origin;
  facts_.assumed = server_.options().camera;
}

void Upload::interrupt() {
  interrupted_ = true;
  if (transfer_) {
    transfer_->interrupt();
  }
}

// --- is it wanted? ---

asio::awaitable<void> Upload::perform(const MetadataReceived& metadata) {
  auto& facts = transfer_ ? transfer_->new_facts() : facts_;
  facts.file = metadata.file; // of the file being offered or fetched
  facts.received = transfer_ ? facts.received : system_now();
  facts.metadata_payload = ByteBuffer(metadata.payload.begin(), metadata.payload.end());
  server_.reporter().metadata(facts);
  server_.stepped_back().tells_metadata(facts_.imei);
  co_return;
}

asio::awaitable<void> Upload::perform(const FileOffered& offered) {
  if (facts_.file != offered.file) { // METADATA of this file has set it
    facts_.metadata_payload.clear();
  }
  facts_.file = offered.file;
  facts_.received = system_now();
  if (!server_.destination().takes(offered.file) ||
      left_alone_.contains(offered.file, facts_.metadata_payload.bytes())) {
    leave_file();
    co_return;
  }
  bool refused = co_await is_refused(); // GCC 12 makes nothing right of both in one condition
  if (refused) {
    refused = !co_await may_be_held();
  }
  if (refused) {
    co_await refuse_name();
    co_return;
  }
  session_.fetch(server_.clock().now());
}

/// Whether its name is taken, and that counts.
asio::awaitable<bool> Upload::is_refused() {
  const auto choice = server_.options().if_exists;
  if (choice != IfExists::skip && choice != IfExists::fail) {
    co_return false; // the disk need not be asked
  }
  auto& destination = server_.destination();
  const auto name = destination.path_for(facts_);
  auto* disk = co_await destination.disk_for(name);
  const bool refused = co_await disk->run([&] { return destination.is_refused(facts_, name); });
  co_return refused;
}

asio::awaitable<bool> Upload::may_be_held() {
  auto& destination = server_.destination();
  const auto name = destination.path_for(facts_);
  auto* disk = co_await destination.disk_for(name);
  const bool held = co_await disk->run([&] { return destination.may_be_held(facts_, name); });
  co_return held;
}

/// The file stays with the camera.
asio::awaitable<void> Upload::refuse_name() {
  const auto why = server_.destination().path_for(facts_).string() + " exists already";
  if (server_.options().if_exists == IfExists::fail) {
    const auto part = co_await kept_part();
    server_.reporter().file_failed(facts_, why, part);
    server_.note_failure(ExitCode::io);
  } else {
    server_.reporter().file_skipped(facts_, why);
  }
  leave_file();
}

void Upload::leave_file() {
  left_alone_.add(facts_.file, facts_.metadata_payload.bytes());
  transfer_.reset();
  facts_.metadata_payload.clear();
  session_.skip(server_.clock().now());
}

// --- it begins ---

asio::awaitable<void> Upload::perform(const FileStarted& started) {
  if (transfer_) { // START has come twice
    const auto left = co_await transfer_->leave();
    if (!left) {
      co_await fail(left.error());
      co_return;
    }
    server_.destination().pause(std::move(transfer_));
  }
  if (const auto error = too_large(started.announced)) {
    server_.reporter().file_failed(facts_, error->message, {});
    server_.note_failure(ExitCode::io);
    leave_file();
    co_return;
  }
  if (!co_await begin_transfer(started.announced)) {
    co_return;
  }
  bool refused = false;
  if (!transfer_->is_comparing()) {
    refused = co_await is_refused();
  }
  if (refused) {
    co_await refuse_name();
  } else {
    receive_file();
  }
}

/// What START announces is no more than a word: `write` looks at what comes.
std::optional<Error> Upload::too_large(std::uint32_t announced) const {
  const auto most = server_.options().max_file_size;
  const bool by_path = !facts_.file.kind();
  if (Geometry(facts_.file, announced).least_size() <= most) {
    return std::nullopt;
  }
  return Error{ErrorCategory::io, 0,
               fmt::format("refused: its {} are more than {} (--max-file-size)",
                           by_path ? format_size(announced) : fmt::format("{} packets", announced),
                           format_size(most))};
}

/// False if the destination refuses it.
asio::awaitable<bool> Upload::begin_transfer(std::uint32_t announced) {
  auto transfer = co_await server_.destination().begin(facts_, announced);
  if (!transfer) {
    co_await fail(transfer.error());
    co_return false;
  }
  transfer_ = std::move(*transfer);
  transfer_->comes_by(facts_.origin); // it may have been begun by another
  transfer_->watch(wake_);
  if (interrupted_) {
    transfer_->interrupt();
  }
  if (transfer_->resumptions() == 1) { // a part on the disk does not know of those before
    transfer_->count_resumptions(server_.resumptions(facts_));
  }
  server_.reporter().file_started(*transfer_);
  co_return true;
}

void Upload::receive_file() {
  const auto from = transfer_->resume_point();
  proving_ = !from.overlap.empty();
  session_.begin(server_.clock().now(), from);
}

asio::awaitable<void> Upload::perform(const FileReplaced&) {
  if (transfer_->is_comparing()) {
    const auto begun = co_await transfer_->begin_new();
    if (!begun) {
      co_await fail(begun.error());
    } else if (co_await is_refused()) {
      co_await refuse_name();
    } else {
      session_.begin(server_.clock().now());
    }
    co_return;
  }
  const auto announced = transfer_->announced();
  const auto kept = co_await transfer_->set_aside();
  if (!kept) {
    co_await fail(kept.error());
    co_return;
  }
  server_.reporter().file_replaced(*transfer_, *kept);
  transfer_.reset();
  if (co_await begin_transfer(announced)) { // maybe with another part, then that has to be proved
    receive_file();
  }
}

// --- it comes ---

bool Upload::take(const FileData& data) {
  pieces_.push_back(data.payload);
  recent_bytes_.add(data.payload.size(), server_.clock().now());
  server_.received(data.payload.size());
  transfer_->counts_as(session_.geometry());
  if (std::exchange(proving_, false)) { // what was held before is the beginning of this
    has_proved();
  }
  return pieces_.size() < most_pieces;
}

/// A file by path may turn out to be more than START announced, if that counted packets.
Result<void> Upload::check_size() const {
  auto size = transfer_->bytes();
  for (const auto piece : pieces_) {
    size += piece.size();
  }
  const auto most = server_.options().max_file_size;
  if (facts_.file.kind() || size <= most) {
    return {};
  }
  return std::unexpected(
      Error{ErrorCategory::io, 0,
            fmt::format("refused: it is more than {} (--max-file-size)", format_size(most))});
}

/// Writes what has come so far; false if the destination refuses it.
asio::awaitable<bool> Upload::write() {
  if (!transfer_ || transfer_->is_comparing()) {
    co_return true;
  }
  auto written = check_size();
  if (written) {
    writing_ = true;
    written = co_await transfer_->append(pieces_);
    writing_ = false;
  } else { // what came is kept as it is
    step_back(transfer_->facts().file, true);
  }
  pieces_.clear();
  if (!written) {
    co_await fail(written.error());
  }
  co_return written.has_value();
}

asio::awaitable<void> Upload::perform(const Resumed& resumed) {
  transfer_->count_resumption();
  server_.reporter().resumed(*transfer_, resumed);
  co_return;
}

/// Not only a word, but a file is behind this IMEI.
void Upload::has_proved() {
  proved_ = true;
  server_.admission().is_known(facts_.imei);
}

// --- it ends ---

asio::awaitable<void> Upload::perform(const FileCompleted& completed) {
  auto finished = co_await transfer_->finish(completed, server_.unsaid());
  if (!finished) {
    if (finished.error().category == ErrorCategory::crc) {
      step_back(completed.file, true);
    }
    co_await fail(finished.error());
    co_return;
  }
  has_proved();
  const auto transfer = std::move(transfer_);
  if (finished->what == Finished::What::known) {
    left_alone_.add(transfer->facts().file, facts_.metadata_payload.bytes());
  }
  facts_.metadata_payload.clear();
  if (finished->is_news) {
    const auto done =
        server_.reporter().file_done(*transfer, finished->file, finished->path, finished->sha256);
    server_.teller().tell(done, std::move(finished->line));
  } else if (finished->what == Finished::What::skipped) {
    server_.reporter().file_skipped(transfer->facts(), "its name was taken meanwhile");
  } else {
    server_.reporter().file_known(transfer->facts(), finished->path);
  }
  server_.stored(transfer->facts(), finished->is_news) ? session_.finish()
                                                       : session_.stored(server_.clock().now());
}

asio::awaitable<void> Upload::perform(const FileRefused& refused) {
  device_failed_ = true;
  server_.note_failure(ExitCode::device_failed);
  step_back(refused.file, transfer_ == nullptr || transfer_->new_bytes() == 0);
  const bool began = co_await save();
  const auto part = co_await kept_part();
  server_.reporter().device_refused(facts_, refused.status, began ? transfer_.get() : nullptr,
                                    part);
  facts_.metadata_payload.clear();
  if (began) {
    pause();
  }
}

asio::awaitable<void> Upload::leave(std::string why) {
  const bool began = co_await save(); // as a condition GCC 12 makes nonsense of it here
  if (began) {
    const auto part = co_await kept_part();
    server_.reporter().file_interrupted(*transfer_, why, part);
    pause();
  }
}

/// An unfinished file becomes durable as it is; false: there is none to speak of.
asio::awaitable<bool> Upload::save() {
  if (!transfer_) {
    co_return false;
  }
  if (transfer_->is_comparing()) { // it may be stored, it may be another
    server_.incomplete(*transfer_);
    transfer_.reset();
    co_return false;
  }
  const auto [packet, offset] = session_.compared();
  const auto saved = co_await transfer_->leave(packet, offset);
  if (!saved) {
    co_await fail(saved.error());
  }
  co_return saved.has_value();
}

void Upload::pause() {
  server_.incomplete(*transfer_);
  server_.destination().pause(std::move(transfer_));
}

/// A file that did not come does not keep others from coming.
void Upload::step_back(bool in_vain) {
  if (failed_) { // that may be the disk's doing
    return;
  }
  switch (session_.owes()) {
  case ServerSession::Owes::nothing:
    return;
  case ServerSession::Owes::path:
    return server_.stepped_back().add_unnamed(facts_.imei);
  case ServerSession::Owes::metadata:
  case ServerSession::Owes::start:
    server_.stepped_back().add_unanswered(facts_.imei, session_.asked_for(), session_.owes());
    break;
  case ServerSession::Owes::packets:
    break;
  }
  step_back(session_.asked_for(), in_vain);
}

void Upload::step_back(const FileRef& file, bool in_vain) {
  if (!server_.destination().takes_others()) {
    return;
  }
  const bool grew = transfer_ && transfer_->new_bytes() > 0;
  const auto attempt = in_vain ? Attempt::in_vain : grew ? Attempt::grew : Attempt::lost;
  if (server_.stepped_back().add(facts_.imei, file, attempt)) {
    facts_.file = file;
    server_.reporter().stepped_back(facts_);
  }
}

asio::awaitable<void> Upload::fail(Error error) {
  failed_ = true;
  if (transfer_ && transfer_->reader_gone()) {
    transfer_.reset();
    server_.reader_gone();
    co_return;
  }
  if (transfer_ && transfer_->was_interrupted()) {
    server_.incomplete(*transfer_);
    transfer_.reset();
    co_return;
  }
  const auto part = co_await kept_part();
  server_.reporter().file_failed(facts_, error.message, part);
  if (transfer_ && transfer_->packets() == 0) {
    (void)co_await transfer_->leave(); // of nothing, nothing remains
  }
  transfer_.reset();
  server_.failed(error.category == ErrorCategory::crc ? ExitCode::bad_data : ExitCode::io);
}

/// Where something is that the camera need not send again; empty if nothing is.
asio::awaitable<std::filesystem::path> Upload::kept_part() const {
  if (!transfer_) {
    co_return std::filesystem::path();
  }
  auto kept = co_await transfer_->kept();
  co_return kept;
}

} // namespace dualcam::serve
