// What a chunk is worth: whether its picture or sound is whole, and what its number says.
#include "media/ptmf_chunk.hpp"

#include <utility>

namespace dualcam {
namespace {

/// Whether a key picture's sequence may have pictures of two fields; nullopt: it does not tell.
std::optional<bool> tells_fields(Bytes unit, VideoCodec codec) {
  if (codec != VideoCodec::h264) {
    return false;
  }
  const auto sets = parameter_sets_of(head_of_access_unit(unit, codec), codec);
  const auto sequence = read_h264_sequence(as_bytes(sets.units[1]));
  return sequence ? std::optional(!sequence->frames_only) : std::nullopt;
}

/// "picture 7", "sound chunk 7".
std::string label(const PtmfHeader& header) {
  return (is_sound(header) ? "sound chunk " : "picture ") + std::to_string(header.sequence);
}

PtmfDamage damage_of(PtmfDamageKind kind, const PtmfHeader& header, std::uint64_t offset,
                     std::string message) {
  return {.kind = kind,
          .offset = offset,
          .length = ptmf_header_size + header.length,
          .message = std::move(message)};
}

} // namespace

bool begins_with_voice_header(Bytes payload) {
  return payload.size() > voice_header_size && payload[0] == std::byte{0} &&
         payload[1] == std::byte{1} &&
         std::to_integer<std::size_t>(payload[2]) * 2 == payload.size() - voice_header_size;
}

VideoCodec likely_codec(Bytes unit) { return codec_of(unit).value_or(VideoCodec::h265); }

PtmfDamage loss_of(PtmfDamage damage, const PtmfHeader& header, std::uint32_t count) {
  (is_sound(header) ? damage.sounds : damage.pictures) = count;
  return damage;
}

void PtmfReader::accept_picture(const PtmfHeader& header, bool doubtful, bool late) {
  const auto payload = content_of(header, window());
  const bool key = header.kind == PtmfKind::key_picture;
  const auto codec = codec_.value_or(likely_codec(payload));
  if (key) {
    fields_ = tells_fields(payload, codec).value_or(fields_);
  }
  const auto check = check_access_unit(payload, key, codec, fields_);
  const auto picture = check.flaw.empty() ? payload.subspan(check.head_size) : payload;
  if (const auto zeros = find_hole(picture); zeros != 0) {
    report(loss_of(
        damage_of(PtmfDamageKind::zero_hole, header, offset_,
                  label(header) + " has a hole of " + std::to_string(zeros) + " zero bytes"),
        header, 1));
    return;
  }
  if (!check.flaw.empty()) {
    report(loss_of(damage_of(PtmfDamageKind::bad_picture, header, offset_,
                             label(header) + " is damaged: " + std::string(check.flaw)),
                   header, 1));
    return;
  }
  if (!check.head_flaw.empty()) {
    report(damage_of(PtmfDamageKind::bad_head, header, offset_,
                     label(header) + " is whole, but what precedes it is damaged: " +
                         std::string(check.head_flaw)));
  }
  if (key) {
    key_seen_ = true;
    codec_ = codec;
  }
  if (!key_seen_) {
    report(damage_of(PtmfDamageKind::before_first_key, header, offset_,
                     label(header) + " comes before the first key picture"));
  }
  if (doubtful) {
    report_doubt(header);
  }
  pending_.push_back(PtmfPicture{.key = key,
                                 .sequence = header.sequence,
                                 .time = header.time,
                                 .format = header.format,
                                 .payload = payload,
                                 .payload_offset = offset_ + ptmf_header_size,
                                 .offset = offset_,
                                 .size = held_,
                                 .late = late,
                                 .doubtful = doubtful,
                                 .headless = false,
                                 .damaged_head = check.head_flaw.empty() ? 0 : check.head_size,
                                 .codec = codec});
}

void PtmfReader::accept_sound(const PtmfHeader& header, bool doubtful, bool late) {
  const auto payload = content_of(header, window());
  if (!begins_with_voice_header(payload)) {
    report(loss_of(damage_of(PtmfDamageKind::bad_voice_header, header, offset_,
                             label(header) + " has no voice header for its length"),
                   header, 1));
    return;
  }
  if (doubtful) {
    report_doubt(header);
  }
  pending_.push_back(PtmfSound{.sequence = header.sequence,
                               .time = header.time,
                               .a_law = payload.subspan(voice_header_size),
                               .payload_offset = offset_ + ptmf_header_size + voice_header_size,
                               .offset = offset_,
                               .size = held_,
                               .late = late,
                               .doubtful = doubtful});
}

void PtmfReader::report_doubt(const PtmfHeader& header) {
  report(damage_of(PtmfDamageKind::doubtful_end, header, offset_,
                   label(header) + " may have lost its end: damage follows it"));
}

/// Reports what the chunk's number says about its predecessors; returns whether it is late.
bool PtmfReader::check_order(const PtmfHeader& header) {
  auto& track = is_sound(header) ? sounds_ : pictures_;
  const auto chunk = window().first(held_);
  const auto order = track.order_of(header, chunk);
  const auto previous = std::to_string(track.previous());
  switch (order) {
  case Order::expected:
    break;
  case Order::late:
    report(damage_of(PtmfDamageKind::out_of_order, header, offset_,
                     label(header) + " is repeated or late: it comes after " + previous));
    break;
  case Order::after_gap: {
    const auto missing = static_cast<std::uint32_t>(track.distance_to(header));
    report(loss_of({.kind = PtmfDamageKind::gap,
                    .offset = offset_,
                    .length = 0,
                    .message = std::to_string(missing) + " missing before " + label(header)},
                   header, missing));
    break;
  }
  case Order::restart:
    report({.kind = PtmfDamageKind::restart,
            .offset = offset_,
            .length = 0,
            .message = label(header) + " begins another recording: numbers and times start anew"});
    pictures_ = sounds_ = {};
    key_seen_ = false;
    codec_.reset();
    fields_ = false;
    break;
  case Order::wrong_number:
    report(
        damage_of(PtmfDamageKind::wrong_number, header, offset_,
                  label(header) + " comes after " + previous + ", which does not fit their times"));
    break;
  }
  track.take(header, chunk, order);
  return order == Order::late;
}

} // namespace dualcam
