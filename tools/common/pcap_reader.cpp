#include "common/pcap_reader.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "common/pcapng_reader.hpp"

namespace dualcam::inline tools {
namespace {

/// What libpcap reads from: a stream of ours, so that standard input can be looked at first.
struct Source {
  InputFile& file;
  std::uint64_t given = 0; ///< bytes
  std::optional<Error> failure{};
};

ssize_t read_cookie(void* cookie, char* buffer, std::size_t size) {
  auto& source = *static_cast<Source*>(cookie);
  const auto count = source.file.read(std::as_writable_bytes(std::span(buffer, size)));
  if (!count) {
    source.failure = count.error();
    errno = EIO;
    return -1;
  }
  source.given += *count;
  return static_cast<ssize_t>(*count);
}

/// Nobody goes anywhere with it: `ftello` asks.
int tell_cookie(void* cookie, off64_t* offset, int from) {
  if (from != SEEK_CUR || *offset != 0) {
    errno = ESPIPE;
    return -1;
  }
  *offset = static_cast<off64_t>(static_cast<Source*>(cookie)->given);
  return 0;
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

/// A packet in the file, by its number, from 1, and where its header stands.
std::string place_text(std::uint64_t number, std::uint64_t offset) {
  return fmt::format("packet {} at byte {}", number, offset);
}

/// Until nothing more comes, or libpcap does not understand what does.
Result<void> take_packets(pcap_t* capture, const Source& source,
                          const std::function<void(const CapturedFrame&)>& take) {
  const auto link = static_cast<LinkType>(::pcap_datalink(capture));
  std::string doubtful;
  for (std::uint64_t number = 1;; ++number) {
    const auto offset = static_cast<std::uint64_t>(::ftello(::pcap_file(capture)));
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int result = ::pcap_next_ex(capture, &header, &data);
    if (result == PCAP_ERROR_BREAK) {
      return {};
    }
    if (source.failure) {
      return std::unexpected(*source.failure);
    }
    if (result != 1) {
      return error(ErrorCategory::malformed, fmt::format("{}, in {}{}", ::pcap_geterr(capture),
                                                         place_text(number, offset), doubtful));
    }
    if (header->caplen > header->len) {
      doubtful = fmt::format("; of {} more is said to be captured than was sent",
                             place_text(number, offset));
    }
    const auto seconds = static_cast<std::uint32_t>(header->ts.tv_sec); // unsigned in the file
    take({link, std::as_bytes(std::span(data, header->caplen)), header->len,
          seconds * std::uint64_t{1'000'000'000} + static_cast<std::uint64_t>(header->ts.tv_usec)});
  }
}

Result<void> read_pcap(InputFile& file, const std::function<void(const CapturedFrame&)>& take) {
  Source source{file};
  auto* stream = ::fopencookie(&source, "r", {read_cookie, nullptr, tell_cookie, nullptr});
  if (stream == nullptr) {
    return error(ErrorCategory::io, "out of memory");
  }
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  const std::unique_ptr<pcap_t, CloseCapture> capture(
      ::pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why.data()));
  if (!capture) {
    std::fclose(stream);
    return source.failure
               ? std::unexpected(*source.failure)
               : error(ErrorCategory::malformed, fmt::format("{}, at its beginning", why.data()));
  }
  const auto link = static_cast<LinkType>(::pcap_datalink(capture.get()));
  return is_supported(link) ? take_packets(capture.get(), source, take) : unsupported(link);
}

} // namespace

Result<void> read_capture(InputFile& file, const std::function<void(const CapturedFrame&)>& take) {
  const auto first = file.peek(4);
  const bool is_pcapng =
      first && first->size() == 4 && load_be<std::uint32_t>(*first) == pcapng_beginning;
  auto result = is_pcapng ? read_pcapng(file, take) : read_pcap(file, take);
  if (!result && result.error().category == ErrorCategory::malformed) {
    result.error().message += "; it is not read any further";
  }
  return result;
}

std::string pcap_version() { return ::pcap_lib_version(); }

} // namespace dualcam::inline tools
