// How a part becomes a file.
#include <algorithm>
#include <set>
#include <utility>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/resumable_file.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"
#include "storage/part_names.hpp"
#include "storage/sidecar.hpp"

namespace dualcam {

namespace fs = std::filesystem;

struct ResumableFile::Naming {
  fs::path name;
  IfExists if_exists = IfExists::number;
  std::optional<Sidecar> sidecar; ///< none: there is nothing to be in it
};

namespace {

/// Of a file, all of it.
struct WholeFile {
  std::uint64_t bytes;
  std::uint16_t crc;
  std::uint64_t crc64;
  bool operator==(const WholeFile&) const = default;
};

Result<void> check_content(const fs::path& path, const WholeFile& found,
                           const WholeFile& verified) {
  const auto text = [](const WholeFile& file) {
    return std::to_string(file.bytes) + " bytes, CRC " + hex16(file.crc) + " and " +
           hex64(file.crc64);
  };
  return found == verified
             ? Result<void>()
             : std::unexpected(Error{ErrorCategory::crc, 0,
                                     path.string() + " is not what was verified: " + text(found) +
                                         " instead of " + text(verified)});
}

/// Where a packet begins before this one: the last one, or the first if that is not known.
Place before_it(const Place& place, const HeldData& held, const FileIdentity& identity) {
  if (!counts_packets(identity)) {
    const auto size = std::min<std::uint64_t>(place.offset, shortest_tail);
    return {std::max(place.packet, 2U) - 1, place.offset - size, 0, 0};
  }
  const auto before = place.packet - 1;
  return is_uniform(held, identity)
             ? Place{before, std::uint64_t{before - 1} * held.packet_size, 0, 0}
             : Place();
}

Result<void> remove_if_there(const fs::path& path) {
  return FileSystem::current().unlink(path.c_str()) == 0 || errno == ENOENT
             ? Result<void>()
             : io_error("remove", path, errno);
}

} // namespace

/// Where the record's tail is to begin: behind what proves nothing. Only its number and offset.
Result<Place> ResumableFile::find_tail() const {
  Distinction distinction;
  Place tail{data_.packets + 1, data_.bytes, 0, 0};
  const auto go_back_to = [&](std::uint32_t packet, std::uint64_t offset) {
    const auto read =
        part_.read_each(offset, tail.offset, [&](Bytes block) { distinction.add(block); });
    tail = {packet, offset, 0, 0};
    return read;
  };
  const auto is_enough = [&] {
    return data_.bytes - tail.offset >= shortest_tail && distinction.is_enough();
  };
  auto read = Result<void>();
  for (auto place = places_.rbegin(); read && place != places_.rend() && !is_enough(); ++place) {
    read = go_back_to(place->packet, place->offset);
  }
  while (read && tail.offset > 0 && !is_enough()) {
    const auto before = before_it(tail, data_, identity_);
    read = go_back_to(before.packet, before.offset);
  }
  return read ? Result<Place>(tail) : std::unexpected(read.error());
}

/// The record of the whole file, all of it read; an error if it is not what was appended.
Result<FileRecord> ResumableFile::read_whole(const std::function<void(Bytes)>& take) const {
  FileRecord record{.id = checkpoint_.part(),
                    .identity = identity_,
                    .name = {},
                    .part = state_.relative(path()),
                    .data = data_};
  const auto tail = find_tail();
  if (!tail) {
    return std::unexpected(tail.error());
  }
  record.tail = {
      .packet = tail->packet, .offset = tail->offset, .bytes = data_.bytes - tail->offset};
  WholeFile whole{};
  const auto add = [&](Bytes block) {
    whole.crc = crc16(block, whole.crc);
    whole.crc64 = crc64(block, whole.crc64);
    if (take) {
      take(block);
    }
  };
  auto read = part_.read_each(0, tail->offset, add);
  record.crc_before_tail = whole.crc;
  if (read) {
    read = part_.read_each(tail->offset, data_.bytes, [&](Bytes block) {
      add(block);
      record.tail.crc64 = crc64(block, record.tail.crc64);
    });
  }
  const auto size = part_.size();
  if (!read || !size) {
    return std::unexpected(read ? size.error() : read.error());
  }
  whole.bytes = *size;
  const auto checked = check_content(path(), whole, {data_.bytes, data_.crc, crc64_});
  return checked ? Result<FileRecord>(std::move(record)) : std::unexpected(checked.error());
}

Result<void> ResumableFile::read_back(const std::function<void(Bytes)>& take) {
  const auto written = part_.append({}); // what was held back
  auto record = written ? read_whole(take) : std::unexpected(written.error());
  if (!record) {
    return std::unexpected(record.error());
  }
  record_ = std::move(*record);
  return {};
}

/// A name that nobody else is about to give to a file, with the sidecar of that. nullopt: it is
/// taken and is to be skipped.
Result<std::optional<fs::path>> ResumableFile::reserve_name(const Finish& how, Barrier& barrier) {
  std::set<unsigned> reserved; // by other writers
  while (true) {
    const auto number = number_for(how.name, how.if_exists, reserved);
    if (!number) {
      return std::unexpected(number.error());
    }
    auto name = numbered(how.name, *number);
    if (how.if_exists == IfExists::skip && is_taken(name)) {
      return std::nullopt;
    }
    if (how.if_exists == IfExists::fail && is_taken(name)) {
      return io_error("create", name, EEXIST);
    }
    naming_ = std::make_shared<Naming>(Naming{name, how.if_exists, {}});
    if (how.sidecar.empty()) {
      return name;
    }
    auto sidecar = Sidecar::reserve(name);
    if (!sidecar) {
      return std::unexpected(sidecar.error());
    }
    if (!*sidecar && how.if_exists == IfExists::number) {
      reserved.insert(*number);
      continue;
    }
    if (!*sidecar) {
      return io_error("create", sidecar_of(name), EBUSY);
    }
    naming_->sidecar = std::move(**sidecar);
    const auto written = naming_->sidecar->write(how.sidecar, barrier);
    return written ? Result<std::optional<fs::path>>(name) : std::unexpected(written.error());
  }
}

Result<bool> ResumableFile::prepare_finish(const Finish& how, Barrier& barrier) {
  auto checked = state_.check_below(how.name);
  checked = checked ? check_content(path(), {data_.bytes, data_.crc, crc64_},
                                    {how.bytes, how.crc, crc64_})
                    : checked;
  if (!checked) {
    return std::unexpected(checked.error());
  }
  if (const auto left = leave(); !left) {
    return std::unexpected(left.error());
  }
  if (!record_) { // later only the name was taken meanwhile
    if (const auto read = read_back(); !read) {
      return std::unexpected(read.error());
    }
  }
  record_->identity.metadata = how.metadata;
  const auto name = reserve_name(how, barrier);
  if (!name || !*name) {
    return name ? Result<bool>(false) : std::unexpected(name.error());
  }
  record_->name = state_.relative(**name);
  barrier.add(part_.file());
  barrier.take_folders(begun_);
  const auto added = state_.add(*record_, barrier);
  return added ? Result<bool>(true) : std::unexpected(added.error());
}

Result<std::optional<StoredFile>> ResumableFile::publish_finish(Barrier& barrier) {
  const auto part = path();
  auto& [name, if_exists, sidecar] = *naming_;
  auto done = part_.check_named();
  bool free = true;
  if (done && sidecar) { // first: who sees the file finds it
    const auto published = sidecar->publish();
    done = published ? Result<void>() : std::unexpected(published.error());
    free = published.value_or(false);
  } else if (done && if_exists == IfExists::replace) { // the other file's tells nothing of this
    done = remove_if_there(sidecar_of(name));
  }
  const auto named = !done  ? Result<bool>(std::unexpected(done.error()))
                     : free ? part_.take_name(name, if_exists)
                            : Result<bool>(false);
  if ((!named || !*named) && sidecar) {
    sidecar->discard();
  }
  if (!named) { // the record stays: the file may have that name, too
    return std::unexpected(named.error());
  }
  if (!*named) {
    const auto forgotten = state_.forget(record_->id);
    return forgotten ? Result<std::optional<StoredFile>>() : std::unexpected(forgotten.error());
  }
  // the record claims all of it from now on, should the new name be lost
  done = remove_if_there(checkpoint_of(part));
  done = done ? state_.mark_gone(record_->id) : done;
  barrier.add_folder(folder_of(name));
  barrier.add_folder(folder_of(part));
  return done ? Result<std::optional<StoredFile>>(StoredFile{name, record_->id})
              : std::unexpected(done.error());
}

Result<void> ResumableFile::confirm_finish() {
  naming_.reset();
  checkpoint_.retire();
  return state_.mark_named(record_->id);
}

Result<std::optional<StoredFile>> ResumableFile::finish(const Finish& how, Barrier folders) {
  auto barrier = std::move(folders);
  while (true) {
    const auto prepared = prepare_finish(how, barrier);
    if (!prepared) {
      if (prepared.error().category == ErrorCategory::io) { // no name, but nothing is lost
        (void)save();
      }
      return std::unexpected(prepared.error());
    }
    if (!*prepared) {
      discard();
      return std::nullopt;
    }
    auto synced = barrier.sync();
    auto stored = synced ? publish_finish(barrier) : std::unexpected(synced.error());
    if (!stored || !*stored) {
      if (!stored) {
        return stored;
      }
      continue;
    }
    synced = barrier.sync();
    synced = synced ? confirm_finish() : synced;
    return synced ? stored : std::unexpected(synced.error());
  }
}

} // namespace dualcam
