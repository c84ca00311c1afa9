// The checkpoint file: any bytes, and any lines with the right checks after them. What is read from
// it, written again, reads the same.
#include <cstdlib>
#include <string>

#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"

namespace {

using namespace dualcam;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void try_checkpoint(std::string_view content) {
  const auto read = decode_checkpoint(as_bytes(content));
  if (!read || read->version != 2) {
    return;
  }
  const auto header = checkpoint_header(read->part, read->identity);
  auto text = header;
  for (const auto& claim : read->claims) {
    text +=
        claim ? claim_block(*claim, crc64(as_bytes(header))) : std::string(checkpoint_block, '\0');
    require(!claim || !read->identity.file.kind() ||
            claim->held.packets <= read->identity.announced);
    require(!claim || claim->from.offset <= claim->held.bytes);
  }
  const auto again = decode_checkpoint(as_bytes(text));
  require(again && again->claims == read->claims && again->part == read->part);
  require(again->newest() == read->newest() && again->is_replaced() == read->is_replaced());
  require(same_file(again->identity, read->identity));
}

/// The header up to an empty line, the rest two lines of claims.
std::string with_checks(std::string_view text) {
  const auto end = text.find("\n\n");
  const auto lines = std::string(text.substr(0, end)) + '\n';
  auto content = lines + "check " + hex64(crc64(as_bytes(lines))) + '\n';
  content.resize((content.size() + checkpoint_block - 1) / checkpoint_block * checkpoint_block);
  const auto header = crc64(as_bytes(content));
  auto rest = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    content += checked(std::string(line), header) + '\n';
    content.resize((content.size() + checkpoint_block - 1) / checkpoint_block * checkpoint_block);
  }
  return content;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_checkpoint(text);
  try_checkpoint(with_checks(text));
  return 0;
}
