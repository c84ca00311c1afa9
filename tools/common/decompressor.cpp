#include "common/decompressor.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/compression.hpp"
#include "common/descriptor.hpp"
#include "common/process.hpp"
#include "common/temporary_file.hpp"

namespace dualcam::inline tools {
namespace {

/// All of `file` into the pipe, until nobody reads it.
void pump(InputFile& file, const Descriptor& pipe) {
  ByteBuffer buffer(1 << 16);
  for (;;) {
    const auto count = file.read(buffer);
    if (!count || *count == 0) {
      return;
    }
    if (!write_all(pipe.get(), Bytes(buffer).first(*count))) {
      return;
    }
  }
}

/// The first line of what `tool` complains of (advice follows it), without the tool's name.
std::string first_complaint(std::string_view text, std::string_view tool) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n "), text.size()));
  text = text.substr(0, text.find_first_of("\r\n"));
  text = text.substr(0, text.find_last_not_of("; ") + 1);
  if (text.starts_with(tool) && text.substr(tool.size()).starts_with(": ")) {
    text.remove_prefix(tool.size() + 2);
  }
  return std::string(text);
}

/// What is wrong with a file, as gzip, zstd or xz complains of it.
Error fault_of(std::string_view complaint) {
  const auto says = [&](std::string_view what) { return complaint.find(what) != complaint.npos; };
  if (says("crc error") || says("length error") || says("checksum")) { // after all of it
    return {ErrorCategory::crc, 0, fmt::format("is damaged, its checksum is wrong: {}", complaint)};
  }
  const bool damaged = says("corrupt") || says("format violated");
  return {ErrorCategory::malformed, 0,
          fmt::format("is {}: {}", damaged ? "damaged" : "not all there", complaint)};
}

} // namespace

struct Decompressor::Running {
  Running(std::string name, InputFile compressed, InputFile decompressed, Descriptor complaints)
      : tool(std::move(name)), input(std::move(compressed)), output(std::move(decompressed)),
        errors(std::move(complaints)) {}

  std::string tool;
  InputFile input;
  std::optional<InputFile> output;
  Descriptor errors; ///< a file
  pid_t child = -1;
  std::thread feeder; ///< where the input cannot be handed over

  int wait() {
    output.reset(); // it stops when nobody reads
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    child = -1;
    if (feeder.joinable()) {
      feeder.join();
    }
    return status;
  }
  std::string complaint(int status) const {
    if (WIFSIGNALED(status)) {
      return fmt::format("{} was killed ({})", tool, ::strsignal(WTERMSIG(status)));
    }
    std::string text(4096, '\0');
    const auto count = ::pread(errors.get(), text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    const auto said = first_complaint(text, tool);
    return said.empty() ? tool + " failed" : fmt::format("{}: {}", tool, said);
  }
};

Result<Decompressor> Decompressor::start(const std::string& tool, InputFile file) {
  auto output = make_pipe();
  auto input = make_pipe();
  Descriptor errors = temporary_file(folder_of_temporaries());
  if (!output || !input) {
    return errno_error(!output ? output.error() : input.error());
  }
  const bool hand_over = file.rewind();
  const int in = hand_over ? file.descriptor() : input->read.get();
  pid_t child = -1;
  if (const int error = spawn({tool, "-dc"}, {}, {in, output->write.get(), errors.get()}, child);
      error != 0) {
    return std::unexpected(Error{ErrorCategory::io, 0,
                                 fmt::format("is compressed, and {} cannot be run: {}", tool,
                                             errno_error(error).error().message)});
  }
  auto running = std::make_unique<Running>(
      tool, std::move(file), InputFile::of(std::move(output->read)), std::move(errors));
  running->child = child;
  if (!hand_over) {
    running->feeder = std::thread(
        [from = &running->input, pipe = std::move(input->write)] { pump(*from, pipe); });
  }
  return Decompressor(std::move(running));
}

Decompressor::Decompressor(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Decompressor::Decompressor(Decompressor&&) noexcept = default;

Decompressor& Decompressor::operator=(Decompressor&& other) noexcept {
  running_.swap(other.running_);
  return *this;
}

Decompressor::~Decompressor() {
  if (running_ && running_->child > 0) {
    ::kill(running_->child, SIGKILL);
    running_->wait();
  }
}

InputFile& Decompressor::output() { return *running_->output; }

Result<void> Decompressor::finish() {
  const int status = running_->wait();
  if (status == 0) {
    return {};
  }
  return std::unexpected(fault_of(running_->complaint(status)));
}

Result<ContentFile> ContentFile::open(const std::string& path) {
  auto file = InputFile::open(path);
  if (!file) {
    return std::unexpected(file.error());
  }
  const auto first = file->peek(6);
  if (!first) {
    return std::unexpected(first.error());
  }
  ContentFile opened;
  opened.again_ = file->size().has_value() && path != "-";
  if (const auto tool = compression_tool(*first); !tool.empty()) {
    auto decompressor = Decompressor::start(tool, std::move(*file));
    if (!decompressor) {
      return std::unexpected(decompressor.error());
    }
    opened.decompressor_.emplace(std::move(*decompressor));
  } else {
    opened.file_.emplace(std::move(*file));
  }
  return opened;
}

} // namespace dualcam::inline tools
