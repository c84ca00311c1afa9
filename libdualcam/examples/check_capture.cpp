// check_capture FILE...: what cameras sent, each FILE captured from the device's side of one TCP
// stream. Says of each file whether it is complete, over all its connections, and lists what is
// bad. Exits with 1 if anything is bad or missing, or there is none.
#include <fstream>
#include <iostream>

#include <dualcam/capture/transfer_log.hpp>

using namespace dualcam;

namespace {

bool report(const CapturedStray& stray) {
  std::cout << stray.skipped.bytes << " bytes at byte " << stray.skipped.offset
            << " are no command\n";
  return false;
}

bool report(const CapturedTransfer& transfer) {
  std::cout << "camera " << (transfer.imei ? format_imei(*transfer.imei) : "unknown") << ", "
            << (transfer.file ? transfer.file->label() : "a file") << ": "
            << transfer.count(DumpVerdict::good) << " packets good, " << transfer.bad() << " bad, "
            << transfer.missing_count() << " missing of " << transfer.expected()
            << (transfer.is_complete() ? ", complete\n" : ", incomplete\n");
  for (const auto& packet : transfer.packets) {
    if (packet.verdict != DumpVerdict::good) {
      std::cout << "packet " << packet.number << " at byte " << packet.offset << ": "
                << name_of(packet.verdict) << '\n';
    }
  }
  return transfer.is_flawless();
}

/// Reads one stream to its end; false: it cannot be read.
bool read(const char* path, const DumpStream& stream, TransferLog& log) {
  std::ifstream file(path, std::ios::binary);
  DumpReader reader;
  const auto pass_on = [&] {
    while (const auto event = reader.poll()) {
      log.event(stream, *event);
    }
  };
  for (std::array<char, 65536> piece; file.read(piece.data(), piece.size()), file.gcount() > 0;) {
    reader.received(as_bytes({piece.data(), static_cast<std::size_t>(file.gcount())}));
    pass_on();
  }
  reader.finish();
  pass_on();
  log.over(stream);
  return file.eof();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: check_capture FILE...\n";
    return 2;
  }
  TransferLog log;
  for (int i = 1; i < argc; ++i) {
    if (!read(argv[i], {static_cast<std::uint64_t>(i), "", ""}, log)) {
      std::cerr << argv[i] << " cannot be read\n";
      return 3;
    }
  }
  log.finish();
  auto finding = log.poll();
  bool whole = finding.has_value();
  for (; finding; finding = log.poll()) {
    whole &= std::visit([](const auto& what) { return report(what); }, *finding);
  }
  return whole ? 0 : 1;
}
