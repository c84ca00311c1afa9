// Where the chunks of a file are, through damage.
#include "dualcam/media/annex_b.hpp"
#include "dualcam/media/ptmf.hpp"
#include "media/ptmf_chunk.hpp"

#include <algorithm>
#include <utility>

namespace dualcam {
namespace {

/// What is needed behind a chunk that does not end at another: a whole header, or a hole.
constexpr std::size_t remains_size = ptmf_magic.size() + hole_size;
static_assert(remains_size >= ptmf_header_size);

constexpr std::size_t search_block = 32768;

bool is_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// Whether `bytes` go on with `PTMF`, or with as much of it as the end of the file leaves.
bool continues_with_magic(Bytes bytes) {
  return ptmf_magic.starts_with(as_text(bytes.first(std::min(bytes.size(), ptmf_magic.size()))));
}

constexpr std::size_t longest_start_code = annex_b_start_code.size() + 1;

bool begins_with_start_code(Bytes payload) {
  auto text = as_text(payload);
  text.remove_prefix(text.starts_with(std::string_view("\0\0\0", 3)) ? 1 : 0);
  return text.starts_with(annex_b_start_code);
}

bool is_whole(Bytes unit, bool key) {
  const auto check = check_access_unit(unit, key, likely_codec(unit));
  return check.flaw.empty() && check.head_flaw.empty();
}

/// Whether a chunk's header and most of what follows were overwritten by zeros.
bool begins_with_hole(Bytes rest) {
  return rest.size() >= remains_size && is_zero(rest.subspan(ptmf_magic.size(), hole_size));
}

std::optional<PtmfHeader> decode_with_damaged_magic(Bytes rest) {
  if (rest.size() < ptmf_header_size) {
    return std::nullopt;
  }
  ByteBuffer repaired;
  append(repaired, as_bytes(ptmf_magic));
  append(repaired, rest.first(ptmf_header_size).subspan(ptmf_magic.size()));
  return decode_ptmf_header(repaired);
}

/// Whether `other` looks like a header from the same file: stricter than plausible.
bool may_share_file(const PtmfHeader& header, const PtmfHeader& other) {
  return other.reserved_zero && other.format == header.format;
}

} // namespace

std::optional<PtmfEvent> PtmfReader::next() {
  while (pending_.empty()) {
    if (!advance()) {
      return std::nullopt;
    }
  }
  auto event = std::move(pending_.front());
  pending_.pop_front();
  return event;
}

/// One step: judges what stands at the start of the window, or searches for something to judge.
/// False: no step is possible, more bytes are needed.
bool PtmfReader::advance() {
  drop(std::exchange(held_, 0));
  if (at_head_) {
    const auto verdict = judge_head();
    at_head_ = verdict == Verdict::need_more;
    if (verdict == Verdict::chunk) {
      accept_head();
    }
    return !at_head_;
  }
  if (lost_from_ && !seek_magic()) {
    if (finished_) {
      end_of_input();
    }
    return finished_;
  }
  if (!have(1)) {
    return false;
  }
  const auto verdict = judge();
  switch (verdict) {
  case Verdict::need_more:
    return false;
  case Verdict::chunk:
  case Verdict::doubtful:
    accept(verdict == Verdict::doubtful);
    return true;
  case Verdict::cut:
    if (!cut_at_) {
      cut_at_ = offset_;
      cut_ = decode_ptmf_header(window());
    }
    break;
  case Verdict::nothing:
    break;
  }
  lost_from_ = lost_from_.value_or(offset_);
  drop(1);
  return true;
}

/// Whether the file begins with a picture that has lost its header.
PtmfReader::Verdict PtmfReader::judge_head() {
  if (!have(ptmf_header_size + longest_start_code) && !finished_) {
    return Verdict::need_more;
  }
  if (decode_ptmf_header(window())) {
    return Verdict::nothing;
  }
  const auto beginning = window().first(std::min(window().size(), ptmf_header_size + 4));
  const auto at = as_text(beginning).find(annex_b_start_code);
  if (at == std::string_view::npos) {
    return Verdict::nothing;
  }
  head_start_ = at != 0 && beginning[at - 1] == std::byte{0} ? at - 1 : at;
  constexpr auto most = largest_ptmf_payload + 2 * ptmf_header_size;
  while (!find_first_header()) {
    if (window().size() >= most) {
      return Verdict::nothing;
    }
    if (pull(std::min(search_block, most - window().size())) == 0) {
      return finished_ ? Verdict::nothing : Verdict::need_more;
    }
  }
  const auto first_header = magics_[headers_judged_];
  if (head_start_ >= first_header) { // it is the header's or stands behind it
    return Verdict::nothing;
  }
  const auto unit = window().first(first_header).subspan(head_start_);
  const bool whole = is_whole(unit, true) || is_whole(unit, false);
  return whole && find_hole(unit) == 0 ? Verdict::chunk : Verdict::nothing;
}

/// False: there is no header in what has come.
bool PtmfReader::find_first_header() {
  for (; headers_judged_ < magics_.size(); ++headers_judged_) {
    const auto rest = window().subspan(magics_[headers_judged_]);
    if (rest.size() < ptmf_header_size) {
      return false;
    }
    const auto header = decode_ptmf_header(rest);
    if (header && header->reserved_zero) {
      return true;
    }
  }
  return false;
}

/// Hands out the picture that the file begins with.
void PtmfReader::accept_head() {
  held_ = magics_[headers_judged_];
  const auto next_header = *decode_ptmf_header(window().subspan(held_));
  const auto payload = window().first(held_).subspan(head_start_);
  key_seen_ = is_whole(payload, true);
  report({.kind = PtmfDamageKind::lost_header,
          .offset = offset_,
          .length = held_,
          .message = "the file begins with a picture without its header: its time is inferred"});
  pending_.push_back(PtmfPicture{.key = key_seen_,
                                 .sequence = 0,
                                 .time = 0,
                                 .format = next_header.format,
                                 .payload = payload,
                                 .payload_offset = offset_ + head_start_,
                                 .offset = offset_,
                                 .size = held_,
                                 .late = false,
                                 .doubtful = false,
                                 .headless = true,
                                 .codec = likely_codec(payload)});
}

/// Drops everything in front of the next `PTMF`. False: there is none in what has come.
bool PtmfReader::seek_magic() {
  while (magics_.empty()) {
    const auto kept = std::min(window().size(), ptmf_magic.size() - 1);
    drop(window().size() - kept);
    if (pull(search_block) == 0) {
      return false;
    }
  }
  drop(static_cast<std::size_t>(magics_.front() - offset_));
  return true;
}

/// Reports what was searched through in vain.
void PtmfReader::end_of_input() {
  drop(window().size());
  const auto cut_at = cut_at_.value_or(offset_);
  if (cut_at != *lost_from_) {
    report_garbage(cut_at);
  }
  if (cut_at != offset_) {
    const auto length = offset_ - cut_at;
    PtmfDamage damage{.kind = PtmfDamageKind::cut_end,
                      .offset = cut_at,
                      .length = length,
                      .message = "the file ends within a chunk: " + std::to_string(length) +
                                 " bytes of it are left"};
    report(cut_ ? loss_of(std::move(damage), *cut_, 1) : std::move(damage));
  }
  lost_from_.reset();
  cut_at_.reset();
}

/// Whether the window begins with a chunk. Nothing but the file's bytes decides, never how many of
/// them happen to have come.
PtmfReader::Verdict PtmfReader::judge() {
  if (!have(ptmf_header_size) && !finished_) {
    return Verdict::need_more;
  }
  if (!continues_with_magic(window())) {
    return Verdict::nothing;
  }
  if (window().size() < ptmf_header_size) {
    return Verdict::cut;
  }
  const auto header = decode_ptmf_header(window());
  if (!header) {
    return Verdict::nothing;
  }
  const auto size = ptmf_header_size + header->length;
  if (!have(size + ptmf_magic.size()) && !finished_) {
    const bool whole = hurried_ && window().size() >= size && may_end_here(*header);
    return whole ? Verdict::chunk : Verdict::need_more;
  }
  if (window().size() < size) {
    return Verdict::cut;
  }
  if (continues_with_magic(window().subspan(size))) {
    return swallows_its_successors(*header) ? Verdict::nothing : Verdict::chunk;
  }
  if (!have(size + remains_size) && !finished_) {
    return Verdict::need_more;
  }
  return judge_open_end(*header);
}

/// The chunk does not end at another: either its length is wrong, or what follows is damaged.
PtmfReader::Verdict PtmfReader::judge_open_end(const PtmfHeader& header) const {
  if (!may_end_here(header)) {
    return Verdict::nothing;
  }
  const auto rest = window().subspan(ptmf_header_size + header.length);
  const auto next_header = decode_with_damaged_magic(rest);
  const bool remains_follow =
      begins_with_hole(rest) || (next_header && may_share_file(header, *next_header));
  return remains_follow ? Verdict::chunk : Verdict::doubtful;
}

/// Whether the chunk, which is all there, begins and ends as it must and holds no other.
bool PtmfReader::may_end_here(const PtmfHeader& header) const {
  const auto content = content_of(header, window());
  const auto padding = window().subspan(ptmf_header_size + content.size(), header.padding);
  const bool begins_well =
      is_sound(header) ? begins_with_voice_header(content) : begins_with_start_code(content);
  const bool ends_well = content.back() != std::byte{0} && is_zero(padding);
  return begins_well && ends_well && !holds_successor(header);
}

/// Whether the first or the last `PTMF` inside the payload is a chunk's header.
bool PtmfReader::holds_successor(const PtmfHeader& header) const {
  const auto first = std::ranges::upper_bound(magics_, offset_);
  const auto end = std::ranges::lower_bound(magics_, offset_ + ptmf_header_size + header.length);
  return first < end && (successor_at(header, *first) || successor_at(header, *std::prev(end)));
}

/// Whether the last `PTMF` inside the payload is the header of a chunk that ends where this one
/// does. Real payloads cannot hold a header: it has eight zeros in a row.
bool PtmfReader::swallows_its_successors(const PtmfHeader& header) const {
  const auto end = offset_ + ptmf_header_size + header.length;
  const auto last = *std::prev(std::ranges::lower_bound(magics_, end));
  const auto inner = last == offset_ ? std::nullopt : successor_at(header, last);
  return inner && last + ptmf_header_size + inner->length == end;
}

/// The header at `offset`, if it may belong to a chunk behind that of `header`.
std::optional<PtmfHeader> PtmfReader::successor_at(const PtmfHeader& header,
                                                   std::uint64_t offset) const {
  const auto other = decode_ptmf_header(window().subspan(offset - offset_));
  return other && may_share_file(header, *other) ? other : std::nullopt;
}

/// Hands out the chunk at the start of the window, after what is to be said about it.
void PtmfReader::accept(bool doubtful) {
  const auto header = *decode_ptmf_header(window());
  held_ = ptmf_header_size + header.length;
  cut_at_.reset();
  if (lost_from_) {
    report_garbage(offset_);
    lost_from_.reset();
  }
  const bool late = check_order(header);
  if (is_sound(header)) {
    accept_sound(header, doubtful, late);
  } else {
    accept_picture(header, doubtful, late);
  }
}

void PtmfReader::report_garbage(std::uint64_t end) {
  const auto length = end - *lost_from_;
  report({.kind = PtmfDamageKind::garbage,
          .offset = *lost_from_,
          .length = length,
          .message = std::to_string(length) + " bytes belong to no chunk"});
}

/// Makes at least `count` bytes of the window, if that many have come.
bool PtmfReader::have(std::size_t count) {
  if (window().size() < count) {
    pull(count - window().size());
  }
  return window().size() >= count;
}

/// Takes up to `count` bytes of the input, and notes where they complete a `PTMF`.
std::size_t PtmfReader::pull(std::size_t count) {
  if (start_ > buffer_.size() / 2) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
    start_ = 0;
  }
  const auto taken = input_.first(std::min(count, input_.size()));
  const auto unread = std::min(window().size(), ptmf_magic.size() - 1);
  const auto searched = window().size() - unread;
  append(buffer_, taken);
  input_ = input_.subspan(taken.size());
  const auto text = as_text(window());
  for (auto at = text.find(ptmf_magic, searched); at != text.npos;
       at = text.find(ptmf_magic, at + ptmf_magic.size())) {
    magics_.push_back(offset_ + at);
  }
  return taken.size();
}

void PtmfReader::drop(std::size_t count) {
  start_ += count;
  offset_ += count;
  while (!magics_.empty() && magics_.front() < offset_) {
    magics_.pop_front();
  }
}

} // namespace dualcam
