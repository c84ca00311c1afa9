#include "dcam-convert/ffmpeg_run.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <variant>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/process.hpp"
#include "common/shell.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t most_last_lines = 5;

/// Finds `frame=123` in what ffmpeg tells of its progress, whatever pieces it comes in.
class ProgressReader {
public:
  /// The latest number, once a new one is complete.
  std::optional<std::uint64_t> take(Bytes bytes) {
    std::optional<std::uint64_t> latest;
    text_ += as_text(bytes);
    for (auto end = text_.find('\n'); end != text_.npos; end = text_.find('\n')) {
      constexpr std::string_view key = "frame=";
      const auto line = text_.substr(0, end);
      std::uint64_t number = 0;
      if (line.starts_with(key) &&
          std::from_chars(line.data() + key.size(), line.data() + line.size(), number).ec ==
              std::errc{}) {
        latest = number;
      }
      text_.erase(0, end + 1);
    }
    return latest;
  }

private:
  std::string text_;
};

/// Why the system refused to take what ffmpeg wrote, by its complaints; 0: it did not.
int refusal_in(const std::string& complaints) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EIO, EROFS}) {
    if (complaints.find(std::generic_category().message(error)) != complaints.npos) {
      return error;
    }
  }
  return 0;
}

std::string last_words(const std::string& complaints) {
  std::string words;
  for (const auto& line : last_lines(complaints, most_last_lines)) {
    words += "; " + line;
  }
  return words;
}

/// Runs it to its end, whatever its status.
Outcome<ProcessResult> run(const Workshop& workshop, const Command& command, const FfmpegFeed& feed,
                           std::function<bool(Bytes)> take) {
  if (workshop.stop.requested()) {
    return failure(ExitCode::incomplete, "stopped");
  }
  workshop.reporter.detail("running " + escaped(shell_command(command)));
  Process process{.command = command, .output = std::move(take)};
  process.stop = workshop.stop.descriptor();
  process.input_file = feed.file;
  if (feed.stream != nullptr) {
    process.input = [&feed] { return feed.stream->next(); };
  } else {
    process.input = [bytes = feed.bytes]() mutable { return std::exchange(bytes, Bytes()); };
  }
  auto result = run_process(process);
  if (!result) {
    return failure_of_all(
        ExitCode::child_failed,
        result.error().message +
            "; install it (apt-get install ffmpeg) or say where it is with --ffmpeg");
  }
  if (workshop.stop.requested()) {
    return failure(ExitCode::incomplete, "stopped");
  }
  if (feed.stream != nullptr && feed.stream->error()) {
    return failure(ExitCode::io, feed.stream->error()->message);
  }
  return std::move(*result);
}

Outcome<void> check_status(const ProcessResult& result) {
  return result.status == 0 ? Outcome<void>()
                            : failure(ExitCode::child_failed,
                                      fmt::format("ffmpeg failed with status {}{}", result.status,
                                                  last_words(result.errors)));
}

Outcome<Verdict> accept(const Verdict& verdict, const ProcessResult& result) {
  if (const auto done = check_status(result); !done) {
    return std::unexpected(done.error());
  }
  const auto* flaw = !verdict.flaw.empty()   ? verdict.flaw.c_str()
                     : verdict.pictures == 0 ? "no picture is in it"
                                             : nullptr;
  return flaw == nullptr
             ? Outcome<Verdict>(verdict)
             : failure(ExitCode::child_failed, fmt::format("ffmpeg left a broken file: {}{}", flaw,
                                                           last_words(result.errors)));
}

using StreamCheck = std::variant<MatroskaCheck, FragmentCheck, JpegCheck>;

StreamCheck check_for(ResultForm form) {
  return form == ResultForm::jpeg        ? StreamCheck(JpegCheck())
         : form == ResultForm::fragments ? StreamCheck(FragmentCheck())
                                         : StreamCheck(MatroskaCheck(true));
}

Outcome<Verdict> run_into_file(const Workshop& workshop, Output& output, const FfmpegJob& job) {
  auto command = job.command({file_argument(output.temporary_path()), true});
  ProgressReader progress;
  const auto ran = run(workshop, job.on_progress ? with_progress(std::move(command)) : command,
                       job.feed, [&](Bytes bytes) {
                         if (const auto frames = progress.take(bytes); frames && job.on_progress) {
                           job.on_progress(*frames);
                         }
                         return true;
                       });
  if (!ran) {
    return std::unexpected(ran.error());
  }
  if (const int error = refusal_in(ran->errors); error != 0) {
    return failure_of_all(ExitCode::io, output.write_failure(error).message);
  }
  const auto verdict = output.check(job.form);
  if (!verdict) {
    return failure(ExitCode::io, verdict.error().message);
  }
  auto accepted = accept(*verdict, *ran);
  if (!accepted) { // ffmpeg does not always say why
    if (const auto room = output.try_to_write(); !room) {
      return failure_of_all(ExitCode::io, room.error().message);
    }
  }
  return accepted;
}

} // namespace

FfmpegFeed feed_of(const Source& source, FrameStream* stream) {
  FfmpegFeed feed;
  feed.stream = stream;
  if (stream == nullptr && !source.file.has_path()) {
    feed.file = source.file.descriptor();
  }
  return feed;
}

Outcome<ByteBuffer> run_ffmpeg(const Workshop& workshop, const Command& command,
                               const FfmpegFeed& feed) {
  auto ran = run(workshop, command, feed, {});
  if (!ran) {
    return std::unexpected(ran.error());
  }
  if (const auto done = check_status(*ran); !done) {
    return std::unexpected(done.error());
  }
  return std::move(ran->output);
}

bool finds_no_picture(const Workshop& workshop, const Source& source, const FfmpegInput& input) {
  if (!source.doubtful) {
    return false;
  }
  const auto ran =
      run(workshop, probe_command(workshop.options, input), feed_of(source, nullptr), {});
  const auto lines = ran ? std::string(as_text(ran->output)) : std::string();
  const bool found = lines.find("\n0,") != lines.npos;
  return ran && !found && !ffmpeg_version(workshop.options.ffmpeg).starts_with("no ffmpeg");
}

Outcome<Verdict> run_ffmpeg_into(const Workshop& workshop, Output& output, const FfmpegJob& job) {
  return output.is_stdout() ? run_ffmpeg_through(workshop, job,
                                                 [&](Bytes bytes) {
                                                   const auto written = output.write(bytes);
                                                   return written
                                                              ? Result<bool>(!output.reader_gone())
                                                              : std::unexpected(written.error());
                                                 })
                            : run_into_file(workshop, output, job);
}

Outcome<Verdict> run_ffmpeg_through(const Workshop& workshop, const FfmpegJob& job,
                                    const std::function<Result<bool>(Bytes)>& write) {
  auto check = check_for(job.form);
  Result<bool> wanted = true;
  const auto ran = run(workshop, job.command({"pipe:1"}), job.feed, [&](Bytes bytes) {
    std::visit([bytes](auto& one) { one.feed(bytes); }, check);
    wanted = write(bytes);
    return wanted && *wanted;
  });
  if (!wanted) {
    return failure(ExitCode::io, wanted.error().message);
  }
  if (!ran) {
    return std::unexpected(ran.error());
  }
  const auto verdict = std::visit([](const auto& one) { return one.finish(); }, check);
  return *wanted ? accept(verdict, *ran) : verdict;
}

} // namespace dualcam::convert
