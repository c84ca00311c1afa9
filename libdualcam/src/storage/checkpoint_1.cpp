// Checkpoints of version 1: two lines of 46 characters behind the header, each with a CRC-16 as its
// check, that do not say where comparing has to begin. Their claims are believed when the data has
// been read.
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/message.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

constexpr std::string_view first_line_of_version_1 = "dualcam checkpoint 1\n";
constexpr std::size_t line_size = 46;
constexpr std::size_t check_at = line_size - 6; ///< with the blank before it

std::optional<std::string_view> checked_by_16(std::string_view line, std::string_view header,
                                              std::size_t at) {
  if (line.size() < at + 6 || line[at + 5] != '\n') {
    return std::nullopt;
  }
  const auto text = line.substr(0, at);
  const auto check = crc16(as_bytes(text), crc16(as_bytes(header)));
  return line.substr(at, 5) == ' ' + hex16(check) ? std::optional(text) : std::nullopt;
}

std::optional<Claim> claim_of(std::string_view line, std::string_view header,
                              const FileIdentity& identity) {
  const auto text = checked_by_16(line, header, check_at);
  if (!text || !text->starts_with("held ")) {
    return std::nullopt;
  }
  Words words(text->substr(5));
  Claim claim;
  claim.held.packets = words.number<std::uint32_t>();
  claim.held.bytes = words.number<std::uint64_t>();
  claim.held.packet_size = words.number<std::uint32_t>();
  claim.held.crc = words.number<std::uint16_t>(16);
  claim.sequence = claim.held.packets;
  const bool plausible = is_uniform(claim.held, identity) && claim.held.packet_size <= full_packet;
  return words.ended() && plausible ? std::optional(claim) : std::nullopt;
}

} // namespace

std::optional<Checkpoint> decode_checkpoint_1(std::string_view text) {
  auto rest = text;
  if (!rest.starts_with(first_line_of_version_1)) {
    return std::nullopt;
  }
  rest.remove_prefix(first_line_of_version_1.size());
  auto identity = take_identity(rest, "kind");
  const auto before_check = text.substr(0, text.size() - rest.size());
  const auto check = identity ? take_field(rest, "check") : std::nullopt;
  if (!check || *check != hex16(crc16(as_bytes(before_check)))) {
    return std::nullopt;
  }
  const auto header = text.substr(0, text.size() - rest.size());
  Checkpoint checkpoint{.version = 1, .part = 0, .identity = std::move(*identity), .claims = {}};
  for (auto& claim : checkpoint.claims) {
    claim = claim_of(rest, header, checkpoint.identity);
    rest.remove_prefix(std::min(rest.size(), line_size));
  }
  constexpr std::string_view replaced = "replaced";
  if (rest.starts_with(replaced) && checked_by_16(rest, header, replaced.size())) {
    checkpoint.claims = {Claim{.proved = {}, .replaced = true}, std::nullopt};
  }
  return checkpoint;
}

} // namespace dualcam
