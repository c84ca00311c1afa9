#include "dcam-convert/live_sink.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "common/descriptor.hpp"
#include "dcam-convert/hls_folder.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

class StandardOutput : public LiveSink {
public:
  explicit StandardOutput(Output output) : output_(std::move(output)) {}

  Result<void> write(Bytes bytes) override { return output_.write(bytes); }
  Result<void> finish() override { return {}; }
  bool reader_gone() const override { return output_.reader_gone(); }
  std::string name() const override { return "-"; }

private:
  Output output_;
};

/// Under its name from the first bytes on.
class GrowingFile : public LiveSink {
public:
  GrowingFile(fs::path wanted, IfExists if_exists)
      : path_(std::move(wanted)), if_exists_(if_exists) {}

  Result<void> write(Bytes bytes) override {
    if (file_.get() < 0) {
      if (const auto done = open(); !done) {
        return done;
      }
    }
    if (write_all(file_.get(), bytes)) {
      size_ += bytes.size();
      return {};
    }
    const int error = errno;
    drop_torn_end();
    return io_error("write", path_, error);
  }

  Result<void> finish() override {
    return file_.get() < 0             ? Result<void>()
           : ::fsync(file_.get()) == 0 ? sync_folder_of(path_)
                                       : io_error("write", path_, errno);
  }

  std::string name() const override {
    return file_.get() < 0 || !is_taken(path_) ? "" : path_.string();
  }

private:
  Result<void> open() {
    const auto wanted = path_;
    if (if_exists_ == IfExists::replace) {
      ::unlink(wanted.c_str());
    }
    for (;;) {
      const auto number = number_for(wanted, if_exists_);
      if (!number) {
        return std::unexpected(number.error());
      }
      path_ = numbered(wanted, *number);
      file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (file_.get() >= 0) {
        return {};
      }
      if (errno != EEXIST || if_exists_ != IfExists::number) {
        return io_error("create", path_, errno);
      }
    }
  }

  void drop_torn_end() {
    if (size_ == 0) {
      ::unlink(path_.c_str());
      file_.close();
    } else if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
      // players put up with it
    }
  }

  fs::path path_;
  IfExists if_exists_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

} // namespace

Outcome<std::unique_ptr<LiveSink>> open_sink(const Workshop& workshop, const fs::path& target,
                                             bool whole_segments) {
  const auto if_exists = workshop.options.if_exists;
  if (is_playlist_name(target)) {
    return std::make_unique<HlsFolder>(
        target, whole_segments, if_exists,
        [&](const fs::path& path) { return !workshop.files.is_input(path); });
  }
  if (target != "-") {
    return std::make_unique<GrowingFile>(target, if_exists);
  }
  auto output = create_output(workshop, target, false);
  return output ? Outcome<std::unique_ptr<LiveSink>>(
                      std::make_unique<StandardOutput>(std::move(*output)))
                : std::unexpected(output.error());
}

} // namespace dualcam::convert
