#include "common/pcap_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/internet_checksum.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t file_header_size = 24;
constexpr std::size_t record_header_size = 16;
constexpr std::uint32_t magic_nanoseconds = 0xA1B2'3C4D;
constexpr std::uint32_t snapshot_length = 262144;
constexpr std::size_t most_waiting = std::size_t{4} << 20;  // for a reader
constexpr std::size_t much_waiting = std::size_t{64} << 20; // for the disk
constexpr std::chrono::seconds time_for_reader{2};
constexpr std::chrono::milliseconds reader_glance{20};
constexpr std::size_t most_payload = 65535 - 60; // IP's length field, less the headers

constexpr std::uint8_t flag_fin = 0x01;
constexpr std::uint8_t flag_syn = 0x02;
constexpr std::uint8_t flag_push = 0x08;
constexpr std::uint8_t flag_ack = 0x10;

constexpr std::size_t v4_header_size = 20;
constexpr std::size_t tcp_header_size = 20;

ByteBuffer file_header() {
  ByteBuffer header;
  append_be(header, magic_nanoseconds);
  append_be(header, std::uint16_t{2});
  append_be(header, std::uint16_t{4});
  append_be(header, std::uint64_t{0}); // time zone, accuracy
  append_be(header, snapshot_length);
  append_be(header, static_cast<std::uint32_t>(LinkType::raw));
  return header;
}

/// Never through a link to a file or to nothing; a shell's process substitution is a link to a
/// pipe.
Result<Descriptor> open_capture(const std::filesystem::path& path, int flags) {
  struct stat status{};
  const bool is_link = ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  if (is_link && (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode))) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0, "it is a symbolic link, which is not followed"});
  }
  Descriptor file(
      ::open(path.c_str(), O_RDWR | O_CLOEXEC | (is_link ? 0 : O_NOFOLLOW | flags), 0600));
  return file.get() < 0 ? Result<Descriptor>(errno_error(errno)) : std::move(file);
}

Result<void> check_header(int descriptor) {
  std::array<std::byte, file_header_size> header{};
  if (::pread(descriptor, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
      !std::ranges::equal(header, file_header())) {
    return std::unexpected(Error{ErrorCategory::unsupported, 0,
                                 "the file exists and is no capture written here: not touched"});
  }
  return {};
}

/// Up to which offset the capture holds whole records.
std::uint64_t whole_records(int descriptor, std::uint64_t size) {
  std::uint64_t offset = file_header_size;
  for (;;) {
    std::array<std::byte, record_header_size> record{};
    if (::pread(descriptor, record.data(), record.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(record.size())) {
      return offset;
    }
    const auto end = offset + record.size() + load_be<std::uint32_t>(Bytes(record).subspan(8));
    if (end > size) {
      return offset;
    }
    offset = end;
  }
}

Bytes address_of(const Endpoint& endpoint) {
  const auto address = Bytes(endpoint.address);
  return endpoint.is_v4() ? address.last(4) : address;
}

void append_ip(ByteBuffer& out, const Endpoint& from, const Endpoint& to, std::size_t length) {
  const auto start = out.size();
  const auto tcp_length = static_cast<std::uint16_t>(length);
  if (!from.is_v4()) {
    append_be(out, std::uint32_t{0x6000'0000});
    append_be(out, tcp_length);
    append_be(out, std::uint16_t{protocol_tcp << 8 | 64}); // hop limit
    append(out, address_of(from));
    append(out, address_of(to));
    return;
  }
  append_be(out, std::uint16_t{0x4500});
  append_be(out, static_cast<std::uint16_t>(v4_header_size + tcp_length));
  append_be(out, std::uint32_t{0x4000}); // no identification, do not fragment
  append_be(out, std::uint16_t{64 << 8 | protocol_tcp});
  append_be(out, std::uint16_t{0});
  append(out, address_of(from));
  append(out, address_of(to));
  store_be(std::span(out).subspan(start + 10), folded(add_words(0, Bytes(out).subspan(start))));
}

} // namespace

Result<std::unique_ptr<PcapWriter>> PcapWriter::open(const std::filesystem::path& path,
                                                     const std::function<bool()>& waits) {
  auto opened = open_capture(path, O_CREAT | O_APPEND);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  const int descriptor = opened->get();
  std::unique_ptr<PcapWriter> writer(new PcapWriter(std::move(*opened)));
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    return errno_error(errno);
  }
  if (!S_ISREG(status.st_mode)) { // a pipe to Wireshark will do, too
    if (const auto reopened = writer->reopen_to_reader(path, waits); !reopened) {
      return std::unexpected(reopened.error());
    }
  } else {
    writer->file_ = std::make_unique<Appender>(descriptor);
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0 || !S_ISREG(status.st_mode)) {
    writer->write(file_header());
    writer->finish(); // a pipe has room for that
    return writer->error() != 0 ? Result<std::unique_ptr<PcapWriter>>(errno_error(writer->error()))
                                : std::move(writer);
  }
  if (const auto ours = check_header(descriptor); !ours) {
    return std::unexpected(ours.error());
  }
  const auto whole = whole_records(descriptor, size);
  if (whole < size && ::ftruncate(descriptor, static_cast<off_t>(whole)) != 0) {
    return errno_error(errno);
  }
  return writer;
}

Result<void> PcapWriter::check(const std::filesystem::path& path) {
  const auto opened = open_capture(path, 0);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  struct stat status{};
  if (::fstat(opened->get(), &status) != 0) {
    return errno_error(errno);
  }
  return status.st_size == 0 ? Result<void>() : check_header(opened->get());
}

void PcapWriter::finish() {
  if (reader_ && error_ == 0) {
    const bool taken = reader_->flush(std::chrono::steady_clock::now() + time_for_reader);
    error_ = taken ? reader_->error() : ENOBUFS;
  }
  if (file_) {
    file_->flush();
  }
}

bool PcapWriter::is_behind() const { return file_ && file_->waiting() > much_waiting; }

/// Waits for one, but not in the call, which a signal just before it would not end. Not for
/// reading, too: our own end would keep a pipe open whose reader has gone.
Result<void> PcapWriter::reopen_to_reader(const std::filesystem::path& path,
                                          const std::function<bool()>& waits) {
  descriptor_.close();
  int opened = -1;
  while ((opened = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO) {
    if (!waits()) {
      return std::unexpected(Error{ErrorCategory::io, 0, "nobody reads this pipe"});
    }
    std::this_thread::sleep_for(reader_glance);
  }
  if (opened < 0) {
    return errno_error(errno);
  }
  descriptor_ = Descriptor(opened);
  ::fcntl(opened, F_SETFL, O_WRONLY);
  reader_ = std::make_unique<LineQueue>(opened, LineQueue::Settings{.most_waiting = most_waiting});
  return {};
}

void PcapWriter::write(ByteBuffer records) {
  if (file_) {
    file_->write(std::move(records));
  } else if (reader_ && error_ == 0) {
    const bool taken = reader_->write(std::string(as_text(records)), LineWriter::Weight::news);
    error_ = reader_->error() != 0 ? reader_->error() : taken ? 0 : ENOBUFS;
  }
}

void CapturedConnection::connected(const Endpoint& device, const Endpoint& server,
                                   CaptureTime time) {
  // Initial numbers that differ when a device comes back from the same port.
  const auto ticks = static_cast<std::uint64_t>(time.time_since_epoch().count());
  device_ = {device, static_cast<std::uint32_t>(ticks >> 6)};
  server_ = {server, static_cast<std::uint32_t>(ticks >> 6) ^ 0x5555'5555};
  open_ = true;
  ByteBuffer out;
  record(device_, server_, flag_syn, {}, time, out);
  record(server_, device_, flag_syn | flag_ack, {}, time, out);
  record(device_, server_, flag_ack, {}, time, out);
  writer_.write(std::move(out));
}

void CapturedConnection::received(Bytes bytes, CaptureTime time) {
  data(device_, server_, bytes, time);
}

void CapturedConnection::sent(Bytes bytes, CaptureTime time) {
  data(server_, device_, bytes, time);
}

void CapturedConnection::closed(CaptureTime time) {
  if (!std::exchange(open_, false)) {
    return;
  }
  ByteBuffer out;
  record(device_, server_, flag_fin | flag_ack, {}, time, out);
  record(server_, device_, flag_fin | flag_ack, {}, time, out);
  record(device_, server_, flag_ack, {}, time, out);
  writer_.write(std::move(out));
}

void CapturedConnection::data(Side& from, const Side& to, Bytes bytes, CaptureTime time) {
  ByteBuffer out;
  while (open_ && !bytes.empty()) {
    const auto segment = bytes.first(std::min(bytes.size(), most_payload));
    record(from, to, flag_push | flag_ack, segment, time, out);
    bytes = bytes.subspan(segment.size());
  }
  writer_.write(std::move(out));
}

void CapturedConnection::record(Side& from, const Side& to, std::uint8_t flags, Bytes payload,
                                CaptureTime time, ByteBuffer& out) {
  const auto tcp_length = tcp_header_size + payload.size();
  const auto length = static_cast<std::uint32_t>(
      (from.endpoint.is_v4() ? v4_header_size : std::size_t{40}) + tcp_length);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  append_be(out, static_cast<std::uint32_t>(seconds.time_since_epoch().count()));
  append_be(out, static_cast<std::uint32_t>((time - seconds).count()));
  append_be(out, length);
  append_be(out, length);
  append_ip(out, from.endpoint, to.endpoint, tcp_length);
  const auto tcp = out.size();
  append_be(out, from.endpoint.port);
  append_be(out, to.endpoint.port);
  append_be(out, from.next);
  append_be(out, (flags & flag_ack) != 0 ? to.next : std::uint32_t{0});
  append_be(out, static_cast<std::uint16_t>((tcp_header_size / 4) << 12 | flags));
  append_be(out, std::uint16_t{0xFFFF}); // window
  append_be(out, std::uint32_t{0});      // checksum, urgent pointer
  append(out, payload);
  auto sum = add_words(0, address_of(from.endpoint));
  sum = add_words(sum, address_of(to.endpoint));
  sum = add_words(sum + protocol_tcp + static_cast<std::uint32_t>(tcp_length),
                  Bytes(out).subspan(tcp));
  store_be(std::span(out).subspan(tcp + 16), folded(sum));
  from.next += static_cast<std::uint32_t>(payload.size());
  from.next += (flags & (flag_syn | flag_fin)) != 0 ? 1 : 0;
}

} // namespace dualcam::inline tools
