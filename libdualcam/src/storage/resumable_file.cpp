// Beginning a part, its growth, and its other ends.
#include "dualcam/storage/resumable_file.hpp"

#include <algorithm>
#include <utility>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"
#include "storage/overlap.hpp"
#include "storage/part_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// Whether nothing was ever claimed of a part that nobody has locked, and it is ours: a power cut
/// has taken what was not durable yet.
Result<bool> is_unclaimed(const fs::path& part, const StateFolder& state) {
  const auto checkpoint = checkpoint_of(part);
  const auto blank = CheckpointFile::is_blank(checkpoint);
  if (!blank || *blank || is_taken(checkpoint)) {
    return blank;
  }
  const auto known = state.recent();
  return known ? Result<bool>(std::ranges::find(known->parts, state.relative(part),
                                                &PartEntry::path) != known->parts.end())
               : std::unexpected(known.error());
}

/// If another file's part has the name, and nobody has locked it, it gets another one.
Result<void> keep_other(const fs::path& final_name, const StateFolder& state) {
  const auto path = part_of(final_name);
  auto other = PartFile::open(path, final_name);
  const auto size = other && *other ? (*other)->size() : Result<std::uint64_t>(0);
  if (!other || !size || *size == 0) {
    return !other  ? Result<void>(std::unexpected(other.error()))
           : !size ? Result<void>(std::unexpected(size.error()))
                   : Result<void>();
  }
  const auto unclaimed = is_unclaimed(path, state);
  if (!unclaimed || *unclaimed) {
    return unclaimed ? (*other)->truncate(0) : std::unexpected(unclaimed.error());
  }
  const auto checkpoint = CheckpointFile::read(checkpoint_of(path));
  const auto kept = checkpoint ? move_aside(path, final_name)
                               : Result<fs::path>(std::unexpected(checkpoint.error()));
  if (!kept) {
    return std::unexpected(kept.error());
  }
  if (!*checkpoint || (*checkpoint)->is_replaced() || (*checkpoint)->version == 1) {
    return {};
  }
  auto its_state = state.of((*checkpoint)->identity.imei);
  Barrier barrier;
  const auto added = its_state.add(
      part_entry((*checkpoint)->part, (*checkpoint)->identity, its_state.relative(*kept)), barrier);
  return added ? barrier.sync() : added;
}

} // namespace

// --- beginning ---

Result<ResumableFile> ResumableFile::create(const fs::path& final_name, FileIdentity identity,
                                            const StateFolder& state, Barrier folders) {
  auto ready = state.check_below(final_name);
  ready = ready ? keep_other(final_name, state) : ready;
  if (!ready) {
    return std::unexpected(ready.error());
  }
  auto part = PartFile::create(final_name, Leftover::keep);
  if (!part) {
    return std::unexpected(part.error());
  }
  auto checkpoint = CheckpointFile::create(checkpoint_of(part->path()), identity);
  if (!checkpoint) {
    part->discard(); // nothing is in it yet
    FileSystem::current().unlink(checkpoint_of(part->path()).c_str());
    return std::unexpected(checkpoint.error());
  }
  ResumableFile file(std::move(*part), std::move(*checkpoint), std::move(identity), state);
  file.begun_ = std::move(folders);
  if (const auto added = file.add_entry(); !added) {
    file.discard();
    return std::unexpected(added.error());
  }
  return file;
}

/// It is found by that, wherever it is.
Result<void> ResumableFile::add_entry() {
  return state_.add(part_entry(checkpoint_.part(), identity_, state_.relative(path())), begun_);
}

// --- growing ---

Result<void> ResumableFile::append(std::span<const Bytes> payloads, Tail tail) {
  record_.reset(); // what was read back is not all of it
  if (const auto written = part_.append(payloads, tail); !written) {
    return written;
  }
  for (const auto payload : payloads) {
    places_.push_back({data_.packets + 1, data_.bytes, data_.crc, crc64_});
    if (places_.size() > longest_overlap) {
      places_.pop_front();
    }
    data_.add(payload);
    crc64_ = crc64(payload, crc64_);
  }
  return {};
}

void ResumableFile::make_room() {
  part_.make_room(saved_.held.bytes, expected_size(identity_, data_.packet_size));
}

Result<void> ResumableFile::prepare(Barrier& barrier) {
  const auto from = find_from(part_, data_, places_);
  if (!from) {
    return std::unexpected(from.error());
  }
  next_ = {.held = data_, .crc64 = crc64_, .from = *from, .proved = {}};
  next_tail_ = part_.tail();
  barrier.add(part_.file());
  if (!is_begun_) { // also what the process before us wrote may not be durable yet
    barrier.add(checkpoint_.file());
    barrier.take(begun_);
    barrier.add_folder(folder_of(path()));
  }
  return {};
}

void ResumableFile::publish(Barrier& barrier) {
  is_begun_ = true;
  published_ = next_;
  checkpoint_.publish(next_, next_tail_, barrier);
}

void ResumableFile::confirm() {
  saved_ = published_;
  next_tail_.reset();
  checkpoint_.confirm();
}

/// What is prepared, then the claim of it.
Result<void> ResumableFile::make_durable(Barrier& barrier) {
  if (const auto done = barrier.sync(); !done) {
    return done;
  }
  publish(barrier);
  return barrier.sync();
}

Result<void> ResumableFile::save() {
  if (data_ == saved_.held) {
    return {};
  }
  Barrier barrier;
  auto done = prepare(barrier);
  done = done ? make_durable(barrier) : done;
  if (done) {
    confirm();
  }
  return done;
}

Result<bool> ResumableFile::prepare_compared(std::uint32_t packet, std::uint64_t offset,
                                             Barrier& barrier) {
  const auto& from = resume_point_;
  if (data_.packets != from.held || data_ != saved_.held || packet < from.packet ||
      packet > from.held || offset <= from.offset || offset > data_.bytes) {
    return false;
  }
  const auto compared = Bytes(from.overlap).first(offset - from.offset);
  if (!is_begun_) {
    barrier.add(checkpoint_.file());
    barrier.take(begun_);
  }
  barrier.add(part_.file()); // the last claim may have had a tail that is in there now
  next_ = saved_;
  next_tail_ = part_.tail();
  next_.proved = Place{packet, offset, crc16(compared, from.crc), crc64(compared, crc64_before_)};
  return true;
}

Result<bool> ResumableFile::prepare_last(Barrier& barrier) {
  if (!checkpoint_.has_row() || data_ != saved_.held) {
    return false;
  }
  barrier.add(part_.file()); // the last claim may have had a tail that is in there now
  next_ = saved_;
  next_tail_.reset();
  return true;
}

Result<void> ResumableFile::keep_compared(std::uint32_t packet, std::uint64_t offset) {
  Barrier barrier;
  const auto prepared = prepare_compared(packet, offset, barrier);
  if (!prepared || !*prepared) {
    return prepared ? Result<void>() : std::unexpected(prepared.error());
  }
  const auto done = make_durable(barrier);
  if (done) {
    confirm();
  }
  return done;
}

// --- other ends ---

Result<void> ResumableFile::prepare_aside(Barrier& barrier) {
  const auto left = leave();
  if (!is_begun_) {
    barrier.add(checkpoint_.file());
  }
  barrier.add(part_.file());
  next_ = {.proved = {}, .replaced = true};
  next_tail_.reset();
  return left;
}

Result<void> ResumableFile::leave() {
  checkpoint_.leave_table();
  const auto written = part_.append({});
  return written ? part_.give_room_back() : written;
}

Result<fs::path> ResumableFile::set_aside() {
  Barrier barrier;
  auto done = prepare_aside(barrier);
  done = done ? make_durable(barrier) : done;
  return done ? confirm_aside() : Result<fs::path>(std::unexpected(done.error()));
}

Result<fs::path> ResumableFile::confirm_aside() {
  confirm();
  const auto named = check_named(); // or somebody else's would be moved
  auto path = named ? move_aside(part_.path(), part_.final_name())
                    : Result<fs::path>(std::unexpected(named.error()));
  const auto marked = path ? state_.mark_gone(checkpoint_.part()) : Result<void>();
  if (path) {
    part_.set_path(*path);
    checkpoint_.set_path(checkpoint_of(*path));
  }
  return marked ? path : std::unexpected(marked.error());
}

void ResumableFile::discard() {
  part_.discard();
  checkpoint_.retire();
  FileSystem::current().unlink(checkpoint_of(path()).c_str());
  (void)state_.mark_gone(checkpoint_.part());
}

} // namespace dualcam
