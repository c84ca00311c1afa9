#include "dualcam/host/collector.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes longest_wait{1};
constexpr std::size_t most_at_once = 1024; // tiny ones would be tens of thousands in a buffer

std::int64_t milliseconds_since_1970() {
  return std::chrono::system_clock::now().time_since_epoch() / Milliseconds(1);
}

std::string time_of(const FileIdentity& file) {
  if (const auto time = timestamp_of(file.file, file.metadata)) {
    return std::to_string(*time);
  }
  const auto time = file.file.time();
  return std::to_string(time ? time->time_since_epoch() / Milliseconds(1) : file.received);
}

} // namespace

std::string plain_file_name(const FileIdentity& file) {
  const auto what = file.file.short_name();
  return format_imei(file.imei) + '_' + time_of(file) + '_' +
         std::string(what.empty() ? "unknown" : what) + std::string(file.file.extension());
}

Collector::Collector(CollectorConfig config, TimePoint now)
    : config_(std::move(config)), now_(now), session_(config_.session, now) {}

fs::path Collector::path_of(const FileIdentity& file) const {
  return config_.folder / config_.name(file);
}

// --- bytes and time ---

void Collector::received(Bytes bytes, TimePoint now) {
  now_ = now;
  session_.received(bytes, now);
}

void Collector::tick(TimePoint now) {
  now_ = now;
  session_.tick(now);
}

TimePoint Collector::deadline() const {
  const bool unsaved = held_.part && held_.part->unsaved() > 0;
  return unsaved ? std::min(session_.deadline(), after(unsaved_since_, config_.save_every))
                 : session_.deadline();
}

int Collector::wait(TimePoint now) const {
  const auto left = std::clamp<TimePoint::duration>(deadline() - now, {}, longest_wait);
  return static_cast<int>(std::chrono::ceil<Milliseconds>(left).count());
}

std::optional<CollectorEvent> Collector::poll() {
  for (bool more = true; more && !event_ && !record_ && !failed_;) {
    const auto action = session_.poll();
    more = action.has_value();
    if (const auto* data = action ? std::get_if<FileData>(&*action) : nullptr) {
      pieces_.push_back(data->payload);
      if (pieces_.size() < most_at_once) {
        continue;
      }
    }
    auto done = write();
    if (done && action) {
      done = std::visit([this](const auto& what) { return perform(what); }, *action);
    } else if (done && now_ >= after(unsaved_since_, config_.save_every)) {
      done = save();
    }
    if (!done) {
      fail(done.error());
    }
  }
  return std::exchange(event_, std::nullopt);
}

Result<void> Collector::perform(const Send& send) {
  event_ = send;
  return {};
}

// --- a file is offered ---

Result<void> Collector::perform(const Identified& identified) {
  offered_.imei = identified.init.imei;
  state_.emplace(config_.folder, offered_.imei);
  session_.accept(now_);
  return {};
}

Result<void> Collector::perform(const MetadataReceived& metadata) {
  offered_.file = metadata.file; // of the file that is offered next, or on its way
  offered_.metadata.assign(metadata.payload.begin(), metadata.payload.end());
  return {};
}

Result<void> Collector::perform(const FileOffered& file) {
  if (offered_.file != file.file) {
    offered_.metadata.clear();
  }
  offered_.file = file.file;
  offered_.received = milliseconds_since_1970();
  if (left_alone_.contains(file.file, offered_.metadata)) {
    offered_.metadata.clear();
    session_.skip(now_);
  } else {
    session_.fetch(now_);
  }
  return {};
}

Result<void> Collector::perform(const FileStarted& file) {
  const auto saved = save(); // START may come twice
  offered_.announced = file.announced;
  offered_.in_packets = false;
  return saved ? begin() : saved;
}

/// With what is held of it.
Result<void> Collector::begin() {
  held_ = {}; // closed, so that it is found
  auto found = find_held(*state_, offered_, path_of(offered_));
  if (!found) {
    return std::unexpected(found.error());
  }
  held_ = std::move(*found);
  session_.begin(now_, held_.resume_point());
  return {};
}

/// The camera has other bytes than we.
Result<void> Collector::perform(const FileReplaced&) {
  if (held_.part) {
    const auto kept = held_.part->set_aside();
    return kept ? begin() : std::unexpected(kept.error());
  }
  held_.known.clear();
  session_.begin(now_);
  return {};
}

// --- it comes ---

Result<void> Collector::write() {
  if (pieces_.empty()) {
    return {};
  }
  auto& part = held_.part;
  if (!part) {
    offered_.in_packets = session_.geometry().in_packets();
    auto created = ResumableFile::create(path_of(offered_), offered_, *state_);
    if (!created) {
      return std::unexpected(created.error());
    }
    part = std::move(*created);
  }
  if (part->unsaved() == 0) {
    unsaved_since_ = now_;
  }
  const auto written = part->append(pieces_);
  pieces_.clear();
  return written;
}

Result<void> Collector::save() {
  if (!held_.part || held_.part->unsaved() == 0) {
    return {};
  }
  unsaved_since_ = now_;
  return held_.part->save();
}

// --- it ends ---

Result<void> Collector::perform(const FileCompleted& file) {
  const auto done = file.known ? recognise(held_.known.at(*file.known)) : finish(file);
  if (done) {
    held_ = {};
    offered_.metadata.clear();
  }
  return done;
}

Result<void> Collector::finish(const FileCompleted& file) {
  auto whole = held_.part->identity();
  whole.metadata = offered_.metadata.empty() ? whole.metadata : offered_.metadata;
  const auto stored = held_.part->finish(
      {.name = path_of(whole), .bytes = file.bytes, .crc = file.crc, .metadata = whole.metadata});
  if (stored) { // not nothing: a name that is taken is numbered
    hand_out({(*stored)->path, std::move(whole)}, (*stored)->record);
    return {};
  }
  if (stored.error().category == ErrorCategory::crc) {
    const auto kept = held_.part->set_aside(); // nobody goes on with it
    return std::unexpected(kept ? stored.error() : kept.error());
  }
  return std::unexpected(stored.error());
}

/// It was stored before; the camera need not have heard so, nor anybody else.
Result<void> Collector::recognise(const FileRecord& record) {
  left_alone_.add(offered_.file, offered_.metadata);
  const auto is_there = state_->settle(record);
  if (!is_there) {
    return std::unexpected(is_there.error());
  }
  if (*is_there && !record.said) {
    hand_out({state_->absolute(record.name), record.identity}, record.id);
  } else {
    session_.stored(now_);
  }
  return {};
}

void Collector::hand_out(FileStored file, std::uint64_t record) {
  event_ = std::move(file);
  record_ = record;
}

void Collector::told(TimePoint now) {
  if (!record_ || event_) {
    throw std::logic_error("Collector::told: no file was handed out");
  }
  now_ = now;
  const auto marked = state_->mark_said(*record_);
  record_.reset();
  if (marked) {
    session_.stored(now);
  } else {
    fail(marked.error());
  }
}

/// The device goes on with another file; it may give this one another time.
Result<void> Collector::perform(const FileRefused&) {
  const auto saved = save();
  held_ = {};
  offered_.metadata.clear();
  return saved;
}

Result<void> Collector::perform(const Ended& ended) {
  event_ = ended;
  const auto saved = save();
  if (!held_.part || !saved) {
    return saved;
  }
  const auto [packet, offset] = session_.compared(); // that need not be compared again
  const auto kept = held_.part->keep_compared(packet, offset);
  held_ = {};
  return kept;
}

void Collector::fail(const Error& error) {
  failed_ = true;
  held_ = {};
  pieces_.clear();
  event_ = StorageFailed{error};
}

} // namespace dualcam
