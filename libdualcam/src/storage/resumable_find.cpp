// Finding a part again, and how far it is believed.
#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/resumable_file.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"
#include "storage/overlap.hpp"
#include "storage/part_names.hpp"

namespace dualcam {

namespace fs = std::filesystem;

struct ResumableFile::Found {
  PartFile part;
  Checkpoint checkpoint;
  std::optional<unsigned> slot; ///< of the claim that is believed
  Claim claim;                  ///< what that says
  std::deque<Place> places;     ///< where the last packets begin, as far as known
  ByteBuffer overlap;           ///< from where comparing begins
};

namespace {

/// A record whose tail is longer is not made a part again.
constexpr std::uint64_t longest_tail_read = 4'194'304;

std::uint64_t bytes_in_part(const Claim& claim) { return claim.held.bytes - claim.tail.size(); }

/// What is to be compared again.
const Place& start_of(const Claim& claim) { return claim.proved ? *claim.proved : claim.from; }

/// The bytes from where comparing begins to the end of what is claimed; nullopt: they are not what
/// it claims.
Result<std::optional<ByteBuffer>> overlap_of(const PartFile& part, const Claim& claim) {
  const auto size = part.size();
  if (!size || *size < bytes_in_part(claim)) {
    return size ? Result<std::optional<ByteBuffer>>() : std::unexpected(size.error());
  }
  const auto from_tail = std::min(claim.tail.size(), claim.held.bytes - claim.from.offset);
  ByteBuffer overlap(claim.held.bytes - claim.from.offset - from_tail);
  if (const auto read = part.read(claim.from.offset, overlap); !read) {
    return std::unexpected(read.error());
  }
  append(overlap, Bytes(claim.tail).last(from_tail));
  const bool right = crc16(overlap, claim.from.crc) == claim.held.crc &&
                     crc64(overlap, claim.from.crc64) == claim.crc64;
  return right ? std::optional(std::move(overlap)) : std::nullopt;
}

/// Where the packets of the overlap begin; of packets of several sizes only where the first does.
std::deque<Place> places_in(Bytes overlap, const Claim& claim, const FileIdentity& identity) {
  std::deque<Place> places{claim.from};
  if (!is_uniform(claim.held, identity)) {
    return places;
  }
  for (auto place = claim.from; place.packet < claim.held.packets; places.push_back(place)) {
    const auto packet = overlap.first(claim.held.packet_size);
    overlap = overlap.subspan(packet.size());
    place = {place.packet + 1, place.offset + packet.size(), crc16(packet, place.crc),
             crc64(packet, place.crc64)};
  }
  return places;
}

/// What version 1 does not say, found by reading everything. False: the data does not bear the
/// claim out.
Result<bool> complete(const PartFile& part, Claim& claim) {
  const auto size = part.size();
  if (!size || *size < claim.held.bytes) {
    return size ? Result<bool>(false) : std::unexpected(size.error());
  }
  const auto& [packets, bytes, packet_size, crc] = claim.held;
  const auto first = packets - std::min(packets, longest_overlap) + 1;
  Place place{first, 0, 0, 0};
  const auto go_on_to = [&](std::uint64_t end) {
    const auto read = part.read_each(place.offset, end, [&](Bytes block) {
      place.crc = crc16(block, place.crc);
      place.crc64 = crc64(block, place.crc64);
    });
    place.offset = end;
    return read;
  };
  auto read = go_on_to(std::uint64_t{first - 1} * packet_size);
  std::deque<Place> places;
  for (; read && place.packet <= packets; ++place.packet) {
    places.push_back(place);
    read = go_on_to(std::min<std::uint64_t>(place.offset + packet_size, bytes));
  }
  if (!read) {
    return std::unexpected(read.error());
  }
  if (place.crc != crc) {
    return false;
  }
  claim.crc64 = place.crc64;
  const auto from = find_from(part, claim.held, places);
  claim.from = from.value_or(Place());
  return from ? Result<bool>(true) : std::unexpected(from.error());
}

/// Everything is read; nullopt: it is not what the record says.
Result<std::optional<Claim>> claim_of(const PartFile& part, const FileRecord& record) {
  const auto size = part.size();
  if (!size || *size != record.data.bytes) {
    return size ? Result<std::optional<Claim>>() : std::unexpected(size.error());
  }
  Place place{record.tail.packet, record.tail.offset, 0, 0};
  auto crc = std::uint16_t{0};
  auto crc64_of_it = std::uint64_t{0};
  const auto take = [&](Bytes block) {
    crc = crc16(block, crc);
    crc64_of_it = crc64(block, crc64_of_it);
  };
  auto read = part.read_each(0, place.offset, take);
  place.crc = crc;
  place.crc64 = crc64_of_it;
  read = read ? part.read_each(place.offset, *size, take) : read;
  if (!read) {
    return std::unexpected(read.error());
  }
  return crc == record.data.crc
             ? std::optional(
                   Claim{.held = record.data, .crc64 = crc64_of_it, .from = place, .proved = {}})
             : std::nullopt;
}

/// Where a link and an unlink stand for a rename something may have come between them: the file has
/// its name, so that of its part goes. Whoever has locked it is about to do that.
Result<void> end_naming(const fs::path& part, const fs::path& name) {
  if (part == name || !are_one_file(part, name)) {
    return {};
  }
  const auto locked = PartFile::open(part, name);
  if (!locked || !*locked) {
    return locked ? Result<void>() : std::unexpected(locked.error());
  }
  return FileSystem::current().unlink(part.c_str()) == 0 ? Result<void>()
                                                         : io_error("remove", part, errno);
}

struct Candidate {
  Claim claim;
  std::optional<unsigned> slot; ///< of the checkpoint; none: it is in a table
};

/// What claims anything.
std::vector<Candidate> newest_first(const Checkpoint& checkpoint) {
  std::vector<Candidate> result;
  for (unsigned slot = 0; slot < checkpoint.claims.size(); ++slot) {
    if (const auto& claim = checkpoint.claims.at(slot)) {
      result.push_back({*claim, slot});
    }
  }
  for (const auto& claim : checkpoint.shared) {
    result.push_back({claim, {}});
  }
  std::erase_if(result, [](const auto& each) { return each.claim.held.packets == 0; });
  std::ranges::sort(result, std::greater(), [](auto& each) { // its own slot has the same, perhaps
    return std::pair(each.claim.sequence, each.slot.has_value());
  });
  return result;
}

bool is_wanted(const Result<std::optional<Checkpoint>>& read, const FileIdentity& identity) {
  return read && *read && !(*read)->is_replaced() && same_file((*read)->identity, identity);
}

} // namespace

/// The part, locked, if it is of the file asked for.
Result<std::optional<ResumableFile::Found>> ResumableFile::look_at(const fs::path& path,
                                                                   const FileIdentity& identity,
                                                                   const StateFolder& state) {
  using Nothing = Result<std::optional<Found>>;
  auto checkpoint = CheckpointFile::read(checkpoint_of(path));
  if (!is_wanted(checkpoint, identity)) {
    return checkpoint ? Nothing() : std::unexpected(checkpoint.error());
  }
  auto part = PartFile::open(path, without_suffix(path, part_suffix));
  if (!part || !*part) {
    return part ? Nothing() : std::unexpected(part.error());
  }
  checkpoint = CheckpointFile::read(checkpoint_of(path), state.root()); // nobody else writes it now
  if (!is_wanted(checkpoint, identity)) {
    return checkpoint ? Nothing() : std::unexpected(checkpoint.error());
  }
  Found found{std::move(**part), std::move(**checkpoint), {}, {}, {}, {}};
  for (auto& [claim, slot] : newest_first(found.checkpoint)) {
    const auto is_complete =
        found.checkpoint.version == 1 ? complete(found.part, claim) : Result<bool>(true);
    auto overlap = is_complete && *is_complete ? overlap_of(found.part, claim)
                                               : Result<std::optional<ByteBuffer>>();
    if (!is_complete || !overlap) {
      return std::unexpected(is_complete ? overlap.error() : is_complete.error());
    }
    if (*overlap) {
      found.slot = slot;
      found.claim = std::move(claim);
      found.overlap = std::move(**overlap);
      found.places = places_in(found.overlap, found.claim, found.checkpoint.identity);
      return found;
    }
  }
  return found;
}

/// The part of a file that was about to get its name: a power cut came between, and its checkpoint
/// has gone.
Result<std::optional<ResumableFile::Found>> ResumableFile::look_at(const fs::path& path,
                                                                   const FileRecord& record) {
  using Nothing = Result<std::optional<Found>>;
  if (record.named || record.tail.bytes > longest_tail_read || is_taken(checkpoint_of(path))) {
    return Nothing();
  }
  auto part = PartFile::open(path, without_suffix(path, part_suffix));
  if (!part || !*part) {
    return part ? Nothing() : std::unexpected(part.error());
  }
  const auto claim = claim_of(**part, record);
  if (!claim || !*claim) {
    return claim ? Nothing() : std::unexpected(claim.error());
  }
  auto overlap = overlap_of(**part, **claim);
  if (!overlap || !*overlap) {
    return overlap ? Nothing() : std::unexpected(overlap.error());
  }
  Checkpoint as_good_as_none{.version = 1, .part = 0, .identity = record.identity, .claims = {}};
  auto places = places_in(**overlap, **claim, record.identity);
  return Found{std::move(**part), std::move(as_good_as_none), {},
               **claim,           std::move(places),          std::move(**overlap)};
}

Result<std::optional<ResumableFile>> ResumableFile::find(const StateFolder& state,
                                                         const CameraState& known,
                                                         const FileIdentity& identity,
                                                         const fs::path& final_name) {
  for (const auto& record : known.records) {
    const auto ended = record.named
                           ? Result<void>()
                           : end_naming(state.absolute(record.part), state.absolute(record.name));
    if (!ended) {
      return std::unexpected(ended.error());
    }
  }
  std::vector<fs::path> paths{part_of(final_name)};
  const auto time =
      known.parts.empty() ? std::nullopt : timestamp_of(identity.file, identity.metadata);
  for (const auto& part : known.parts) {
    const auto path = state.absolute(part.path);
    if (part.file == identity.file && part.announced == identity.announced &&
        (!part.time || !time || part.time == time) &&
        std::ranges::find(paths, path) == paths.end()) {
      paths.push_back(path);
    }
  }
  std::optional<Found> best;
  for (const auto& path : paths) {
    auto found = look_at(path, identity, state);
    if (!found) {
      return std::unexpected(found.error());
    }
    if (*found && (!best || (*found)->claim.held.bytes > best->claim.held.bytes)) {
      best = std::move(**found);
    }
  }
  for (auto record = known.records.rbegin(); record != known.records.rend() && !best; ++record) {
    auto found = same_file(record->identity, identity)
                     ? look_at(state.absolute(record->part), *record)
                     : Result<std::optional<Found>>();
    if (!found) {
      return std::unexpected(found.error());
    }
    best = std::move(*found);
  }
  if (!best) {
    return std::nullopt;
  }
  auto file = go_on(std::move(*best), state, known);
  return file ? Result<std::optional<ResumableFile>>(std::move(*file))
              : std::unexpected(file.error());
}

namespace {

/// One of this version, in place of what there is.
Result<CheckpointFile> replace_checkpoint(const fs::path& part, const FileIdentity& identity,
                                          const Claim& claim) {
  const auto path = checkpoint_of(part);
  const auto temporary = new_checkpoint_of(part);
  auto checkpoint = CheckpointFile::create(temporary, identity);
  if (!checkpoint) {
    return checkpoint;
  }
  Barrier barrier;
  barrier.add(checkpoint->file());
  if (claim.held.packets > 0) {
    checkpoint->publish(claim, nullptr, barrier);
  }
  auto done = barrier.sync();
  if (const int error = done ? rename_over(temporary, path) : 0; error != 0) {
    done = io_error("rename", temporary, error);
  }
  done = done ? sync_folder_of(path) : done;
  if (claim.held.packets > 0) {
    checkpoint->confirm();
  }
  checkpoint->set_path(path);
  return done ? std::move(checkpoint) : Result<CheckpointFile>(std::unexpected(done.error()));
}

} // namespace

Result<ResumableFile> ResumableFile::go_on(Found found, const StateFolder& state,
                                           const CameraState& known) {
  const auto path = found.part.path();
  auto& [part, checkpoint, slot, claim, places, overlap] = found;
  auto file = checkpoint.version == 1
                  ? replace_checkpoint(path, checkpoint.identity, claim)
                  : CheckpointFile::go_on(checkpoint_of(path), checkpoint, slot,
                                          !slot && claim.held.packets > 0 ? &claim : nullptr);
  auto cut = file ? part.truncate(bytes_in_part(claim)) : std::unexpected(file.error());
  if (const std::array tail{Bytes(claim.tail)}; cut && !claim.tail.empty()) {
    cut = part.append(tail);
  }
  if (!cut) {
    return std::unexpected(cut.error());
  }
  ResumableFile result(std::move(part), std::move(*file), std::move(checkpoint.identity), state);
  result.data_ = claim.held;
  result.crc64_ = claim.crc64;
  result.places_ = std::move(places);
  result.saved_ = claim;
  result.saved_.tail.clear();
  if (claim.held.packets > 0) {
    const auto& start = start_of(claim);
    overlap.erase(overlap.begin(),
                  overlap.begin() + static_cast<std::ptrdiff_t>(start.offset - claim.from.offset));
    result.resume_point_ = {
        start.packet, claim.held.packets,         start.offset, start.crc, std::move(overlap),
        {},           result.identity_.in_packets};
    result.crc64_before_ = start.crc64;
  }
  const auto id = result.checkpoint_.part();
  const bool has_entry = std::ranges::find(known.parts, id, &PartEntry::id) != known.parts.end();
  auto added = has_entry ? Result<void>() : result.add_entry();
  if (added) { // whoever has made them may not have come to a barrier
    added = create_folders(state.root(), folder_of(path), result.begun_);
  }
  return added ? Result<ResumableFile>(std::move(result)) : std::unexpected(added.error());
}

} // namespace dualcam
