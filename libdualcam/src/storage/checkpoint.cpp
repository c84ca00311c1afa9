#include "dualcam/storage/checkpoint.hpp"

#include <algorithm>

#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

constexpr std::string_view first_line = "dualcam checkpoint 2\n";
constexpr std::size_t longest_claim_line = checkpoint_block - longest_tail;
/// Of a packet: more is no DATA.
constexpr std::uint64_t longest_payload = 65'533;

std::string filled_up(std::string text) {
  text.resize((text.size() + checkpoint_block - 1) / checkpoint_block * checkpoint_block);
  return text;
}

std::string place_text(std::string_view name, const Place& place) {
  return ' ' + std::string(name) + ' ' + std::to_string(place.packet) + ' ' +
         std::to_string(place.offset) + ' ' + hex16(place.crc) + ' ' + hex64(place.crc64);
}

Place take_place(Words& words, std::string_view name) {
  if (words.text() != name) {
    words.spoil();
  }
  Place place;
  place.packet = words.number<std::uint32_t>();
  place.offset = words.number<std::uint64_t>();
  place.crc = words.number<std::uint16_t>(16);
  place.crc64 = words.number<std::uint64_t>(16);
  return place;
}

/// Whether its numbers fit together. The check has been right, so this is about who wrote it.
bool is_plausible(const Claim& claim, const FileIdentity& identity) {
  const auto& [packets, bytes, packet_size, crc] = claim.held;
  const auto lies_within = [&](const Place& place) {
    return place.packet >= 1 && place.packet <= std::max(packets, std::uint32_t{1}) &&
           place.offset <= bytes;
  };
  const bool in_packets = counts_packets(identity);
  const auto lies_behind = [&](const Place& place) {
    return place.packet >= claim.from.packet && place.offset >= claim.from.offset &&
           (in_packets ? place.packet > claim.from.packet : place.offset > claim.from.offset);
  };
  return (!in_packets || packets <= identity.announced) && bytes <= packets * longest_payload &&
         lies_within(claim.from) &&
         bytes - claim.from.offset <= std::uint64_t{2} * longest_overlap * longest_payload &&
         claim.tail.size() <= std::min<std::uint64_t>(longest_tail, bytes) &&
         (!claim.proved || (lies_within(*claim.proved) && lies_behind(*claim.proved)));
}

std::string row_text(const SharedRow& row) {
  return " shared " + hex64(row.table) + ' ' + std::to_string(row.row);
}

std::optional<SharedRow> take_row(Words& words) {
  if (!words.next_is("shared")) {
    return std::nullopt;
  }
  words.text();
  const auto table = words.number<std::uint64_t>(16);
  return SharedRow{table, words.number<std::uint32_t>()};
}

std::string tail_text(Bytes tail) {
  return tail.empty() ? "" : " tail " + std::to_string(tail.size()) + ' ' + hex64(crc64(tail));
}

/// What the line says is behind it.
ByteBuffer take_tail(Words& words, Bytes behind) {
  if (!words.next_is("tail")) {
    return {};
  }
  words.text();
  const auto size = words.number<std::size_t>();
  const auto check = words.number<std::uint64_t>(16);
  const auto tail = behind.first(std::min(size, behind.size()));
  if (tail.empty() || tail.size() != size || crc64(tail) != check) {
    words.spoil();
  }
  return {tail.begin(), tail.end()};
}

std::optional<Claim> claim_of(std::string_view block, std::uint64_t check,
                              const FileIdentity& identity) {
  const auto end = block.substr(0, longest_claim_line).find('\n');
  if (end == block.npos) {
    return std::nullopt;
  }
  const auto line = unchecked(block.substr(0, end), check);
  if (!line) {
    return std::nullopt;
  }
  Words words(*line);
  Claim claim;
  const auto what = words.text();
  claim.sequence = words.number<std::uint64_t>();
  claim.replaced = what == "replaced";
  if (claim.replaced) {
    return words.ended() ? std::optional(claim) : std::nullopt;
  }
  claim.held.packets = words.number<std::uint32_t>();
  claim.held.bytes = words.number<std::uint64_t>();
  claim.held.packet_size = words.number<std::uint32_t>();
  claim.held.crc = words.number<std::uint16_t>(16);
  claim.crc64 = words.number<std::uint64_t>(16);
  claim.from = take_place(words, "from");
  if (words.next_is("proved")) {
    claim.proved = take_place(words, "proved");
  }
  claim.shared = take_row(words);
  claim.tail = take_tail(words, as_bytes(block.substr(end + 1)));
  return what == "held" && words.ended() && is_plausible(claim, identity) ? std::optional(claim)
                                                                          : std::nullopt;
}

std::optional<Checkpoint> decode_checkpoint_2(std::string_view text) {
  auto rest = text;
  if (!rest.starts_with(first_line)) {
    return std::nullopt;
  }
  rest.remove_prefix(first_line.size());
  const auto part = take_field(rest, "part");
  const auto id = part ? number<std::uint64_t>(*part, 16) : std::nullopt;
  auto identity = id ? take_identity(rest) : std::nullopt;
  const auto before_check = text.substr(0, text.size() - rest.size());
  const auto check = identity ? take_field(rest, "check") : std::nullopt;
  if (!check || *check != hex64(crc64(as_bytes(before_check)))) {
    return std::nullopt;
  }
  Checkpoint checkpoint{.part = *id, .identity = std::move(*identity), .claims = {}};
  const auto header = checkpoint_header(checkpoint.part, checkpoint.identity);
  const auto header_check = crc64(as_bytes(header));
  for (std::size_t slot = 0; slot < checkpoint.claims.size(); ++slot) {
    const auto at = std::min(text.size(), header.size() + slot * checkpoint_block);
    checkpoint.claims.at(slot) =
        claim_of(text.substr(at, checkpoint_block), header_check, checkpoint.identity);
  }
  return checkpoint;
}

/// No more than tells one file from another: who wants to show it reads the document.
std::optional<std::uint64_t> time_in_document(std::string_view text) {
  constexpr std::string_view key = "\"file_timestamp\"";
  constexpr std::string_view between = " \t\r\n:\"";
  const auto at = text.rfind(key);
  const auto begin = at == text.npos ? at : text.find_first_not_of(between, at + key.size());
  if (begin == text.npos) {
    return std::nullopt;
  }
  const auto end = std::min(text.find_first_not_of("0123456789", begin), text.size());
  const auto value = number<std::uint64_t>(text.substr(begin, end - begin));
  return value && *value != 0 && *value < UINT64_MAX / 1000 ? std::optional(*value * 1000)
                                                            : std::nullopt;
}

} // namespace

void HeldData::add(Bytes payload) {
  if (packet_size == 0) {
    packet_size = static_cast<std::uint32_t>(payload.size());
  }
  ++packets;
  bytes += payload.size();
  crc = crc16(payload, crc);
}

std::optional<std::uint64_t> timestamp_of(const FileRef& file, Bytes metadata) {
  if (is_json_metadata(metadata)) {
    return time_in_document(as_text(metadata));
  }
  const auto told = file.camera();
  const auto camera = told ? told : camera_of_metadata(metadata);
  const auto decoded = decode_metadata(metadata, camera.value_or(Camera::dualcam));
  return decoded && decoded->timestamp.is_known() ? std::optional(decoded->timestamp.milliseconds)
                                                  : std::nullopt;
}

bool same_file(const FileIdentity& a, const FileIdentity& b) {
  if (a.imei != b.imei || a.file != b.file || a.announced != b.announced) {
    return false;
  }
  const auto time_a = timestamp_of(a.file, a.metadata);
  const auto time_b = timestamp_of(b.file, b.metadata);
  return !time_a || !time_b || time_a == time_b;
}

std::uint64_t expected_size(const FileIdentity& identity, std::uint32_t packet_size) {
  return counts_packets(identity) ? std::uint64_t{identity.announced} * packet_size
                                  : identity.announced;
}

std::optional<unsigned> Checkpoint::newest() const {
  if (!claims[0] || !claims[1]) {
    return claims[0] ? std::optional(0U) : claims[1] ? std::optional(1U) : std::nullopt;
  }
  return claims[1]->sequence > claims[0]->sequence ? 1 : 0;
}

bool Checkpoint::is_replaced() const {
  const auto slot = newest();
  return slot && claims.at(*slot)->replaced;
}

std::string checkpoint_header(std::uint64_t part, const FileIdentity& identity) {
  const auto lines =
      std::string(first_line) + "part " + hex64(part) + '\n' + identity_lines(identity);
  return filled_up(lines + "check " + hex64(crc64(as_bytes(lines))) + '\n');
}

std::array<Bytes, 3> ClaimText::pieces() const {
  static constexpr std::array<std::byte, checkpoint_block> nothing{};
  const auto behind = tail ? Bytes(*tail) : Bytes();
  return {as_bytes(line), behind,
          Bytes(nothing).first(checkpoint_block - line.size() - behind.size())};
}

std::string claim_line(const Claim& claim, std::uint64_t header) {
  const auto& held = claim.held;
  auto line = (claim.replaced ? "replaced " : "held ") + std::to_string(claim.sequence);
  if (!claim.replaced) {
    line += ' ' + std::to_string(held.packets) + ' ' + std::to_string(held.bytes) + ' ' +
            std::to_string(held.packet_size) + ' ' + hex16(held.crc) + ' ' + hex64(claim.crc64) +
            place_text("from", claim.from);
    line += claim.proved ? place_text("proved", *claim.proved) : "";
    line += claim.shared ? row_text(*claim.shared) : "";
    line += tail_text(claim.tail);
  }
  return checked(line, header) + '\n';
}

std::string claim_block(const Claim& claim, std::uint64_t header) {
  return filled_up(claim_line(claim, header).append(as_text(claim.tail)));
}

std::vector<Claim> claims_among(Bytes claims, const Checkpoint& checkpoint) {
  const auto header = checkpoint_header(checkpoint.part, checkpoint.identity);
  const auto check = crc64(as_bytes(header));
  const auto text = as_text(claims);
  constexpr std::string_view begin = "held ";
  std::vector<Claim> found;
  for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
    if (auto claim = claim_of(text.substr(at, checkpoint_block), check, checkpoint.identity)) {
      found.push_back(std::move(*claim));
    }
  }
  return found;
}

Result<Checkpoint> decode_checkpoint(Bytes content) {
  const auto text = as_text(content);
  auto checkpoint = decode_checkpoint_2(text);
  if (!checkpoint) {
    checkpoint = decode_checkpoint_1(text);
  }
  return checkpoint ? Result<Checkpoint>(std::move(*checkpoint))
                    : std::unexpected(Error{ErrorCategory::malformed, 0,
                                            "not a checkpoint of versions 1 and 2, or a damaged "
                                            "one"});
}

} // namespace dualcam
