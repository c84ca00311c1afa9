#include "common/pcap_reader.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include <pcap/pcap.h>

#include "common/pcapng_reader.hpp"

namespace dualcam::inline tools {
namespace {

ssize_t read_cookie(void* cookie, char* buffer, std::size_t size) {
  const auto count =
      static_cast<InputFile*>(cookie)->read(std::as_writable_bytes(std::span(buffer, size)));
  if (!count) {
    errno = EIO;
    return -1;
  }
  return static_cast<ssize_t>(*count);
}

struct CloseCapture {
  void operator()(pcap_t* capture) const { ::pcap_close(capture); }
};

std::unexpected<Error> error(ErrorCategory category, std::string message) {
  return std::unexpected(Error{category, 0, std::move(message)});
}

std::unexpected<Error> unsupported(LinkType link) {
  const auto* name = ::pcap_datalink_val_to_name(static_cast<int>(link));
  return error(ErrorCategory::unsupported, "captures with link layer " +
                                               std::string(name != nullptr ? name : "unknown") +
                                               " are not supported");
}

Result<void> read_pcapng(InputFile& file, const std::function<void(const CapturedFrame&)>& take) {
  std::optional<LinkType> not_supported;
  bool some_are = false;
  const std::function<void(const CapturedFrame&)> pass_on = [&](const CapturedFrame& frame) {
    if (is_supported(frame.link)) {
      some_are = true;
    } else {
      not_supported = frame.link;
    }
    take(frame);
  };
  auto result = PcapngReader(file, pass_on).read();
  return result && not_supported && !some_are ? unsupported(*not_supported) : result;
}

} // namespace

Result<void> read_capture(InputFile& file, const std::function<void(const CapturedFrame&)>& take) {
  const auto first = file.peek(4);
  if (first && first->size() == 4 && load_be<std::uint32_t>(*first) == pcapng_beginning) {
    return read_pcapng(file, take);
  }
  // A stream of ours, so that standard input can be looked at first.
  auto* stream = ::fopencookie(&file, "r", {read_cookie, nullptr, nullptr, nullptr});
  if (stream == nullptr) {
    return error(ErrorCategory::io, "out of memory");
  }
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  const std::unique_ptr<pcap_t, CloseCapture> capture(
      ::pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why.data()));
  if (!capture) {
    std::fclose(stream);
    return error(ErrorCategory::malformed, why.data());
  }
  const auto link = static_cast<LinkType>(::pcap_datalink(capture.get()));
  if (!is_supported(link)) {
    return unsupported(link);
  }
  for (;;) {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int result = ::pcap_next_ex(capture.get(), &header, &data);
    if (result == PCAP_ERROR_BREAK) {
      return {};
    }
    if (result != 1) {
      return error(ErrorCategory::malformed, ::pcap_geterr(capture.get()));
    }
    const auto seconds = static_cast<std::uint32_t>(header->ts.tv_sec); // unsigned in the file
    take({link, std::as_bytes(std::span(data, header->caplen)), header->len,
          seconds * std::uint64_t{1'000'000'000} + static_cast<std::uint64_t>(header->ts.tv_usec)});
  }
}

std::string pcap_version() { return ::pcap_lib_version(); }

} // namespace dualcam::inline tools
