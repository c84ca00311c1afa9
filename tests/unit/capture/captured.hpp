// A stream with what the capture lacks of it, and what the server says -> the transfer in it.
#pragma once

#include "dualcam/capture/transfer_log.hpp"

namespace dualcam {

class CapturedStream {
public:
  CapturedStream& received(Bytes bytes) {
    reader_.received(bytes);
    return drain();
  }
  CapturedStream& missing(std::uint64_t count) {
    reader_.missing(count);
    return drain();
  }
  CapturedStream& server(const Message& message) {
    reader_.server_received(encode(message));
    return drain();
  }
  /// The largest transfer.
  CapturedTransfer finished() {
    reader_.finish();
    drain();
    log_.finish();
    CapturedTransfer most;
    while (const auto finding = log_.poll()) {
      const auto* transfer = std::get_if<CapturedTransfer>(&*finding);
      if (transfer != nullptr && transfer->packets.size() >= most.packets.size()) {
        most = *transfer;
      }
    }
    return most;
  }

private:
  CapturedStream& drain() {
    while (const auto event = reader_.poll()) {
      log_.event({1, "", ""}, *event);
    }
    return *this;
  }

  DumpReader reader_;
  TransferLog log_;
};

inline CapturedTransfer captured(const ByteBuffer& bytes) {
  return CapturedStream().received(bytes).finished();
}

} // namespace dualcam
