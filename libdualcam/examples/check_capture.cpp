// check_capture FILE: what a camera sent, as it was captured from its side of the TCP stream. Lists
// what is bad, and exits with 1 if anything is.
#include <fstream>
#include <iostream>

#include <dualcam/capture/dump.hpp>

using namespace dualcam;

template <class... Ts> struct On : Ts... {
  using Ts::operator()...;
};

int main(int argc, char** argv) {
  std::ifstream file(argc == 2 ? argv[1] : "", std::ios::binary);
  if (!file) {
    std::cerr << "usage: check_capture FILE\n";
    return argc == 2 ? 3 : 2;
  }
  bool whole = true;
  const On report{
      [](const DumpInit& found) { std::cout << "camera " << format_imei(found.init.imei) << '\n'; },
      [&](const DumpPacket& packet) {
        if (packet.verdict != DumpVerdict::good) {
          whole = false;
          std::cout << "packet " << packet.number << " at byte " << packet.offset << ": "
                    << name_of(packet.verdict) << '\n';
        }
      },
      [&](const DumpSkipped& skipped) {
        whole = false;
        std::cout << skipped.bytes << " bytes at byte " << skipped.offset << " are no command\n";
      },
      [&](const DumpTransferEnded& transfer) {
        const auto expected = transfer.packets.value_or(transfer.highest);
        whole = whole && transfer.highest == expected;
        std::cout << (transfer.kind ? description_of(*transfer.kind) : "a file") << ": "
                  << transfer.good << " packets good, " << transfer.bad << " bad, the last is "
                  << transfer.highest << " of " << expected << '\n';
      },
      [](const auto&) {}, // see DumpEvent for the others
  };
  DumpReader reader;
  const auto report_all = [&] {
    while (const auto event = reader.poll()) {
      std::visit(report, *event);
    }
  };
  for (std::array<char, 65536> piece; file.read(piece.data(), piece.size()), file.gcount() > 0;) {
    const auto size = static_cast<std::size_t>(file.gcount());
    reader.received(as_bytes({piece.data(), size}));
    report_all();
  }
  reader.finish();
  report_all();
  return whole ? 0 : 1;
}
