// The framer, both directions, whole against pieces; searching for SYNC after each error.
#include <cstdlib>
#include <random>
#include <string>

#include "dualcam/wire/framer.hpp"

namespace {

using namespace dualcam;

std::string frames(Sender sender, Bytes input, auto next_size) {
  Framer framer(sender);
  std::string result;
  int errors = 0;
  while (!input.empty()) {
    const auto size = std::min<std::size_t>(next_size(), input.size());
    const ByteBuffer piece(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
    input = input.subspan(size);
    framer.feed(piece);
    for (;;) {
      const auto frame = framer.next();
      if (!frame) {
        if (++errors > 100) {
          return result;
        }
        framer.drop_until_sync(1000);
      } else if (*frame) {
        result += std::to_string((*frame)->offset) + ' ' + std::to_string((*frame)->id);
        result += as_text((*frame)->payload);
        if (const auto message = decode(sender, (*frame)->id, (*frame)->payload)) {
          result += describe(*message);
        }
      } else {
        break;
      }
    }
  }
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto sender = (data[1] & 1) != 0 ? Sender::device : Sender::server;
  const auto input = Bytes(reinterpret_cast<const std::byte*>(data), size).subspan(2);
  const auto whole = frames(sender, input, [&] { return size; });
  std::minstd_rand random(data[0]);
  if (frames(sender, input, [&] { return 1 + random() % 32; }) != whole) {
    std::abort();
  }
  return 0;
}
