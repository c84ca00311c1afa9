// One input into one output.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/stop_signal.hpp"
#include "common/unforeseen.hpp"
#include "dcam-convert/clip.hpp"
#include "dcam-convert/ffmpeg.hpp"
#include "dcam-convert/frame_stream.hpp"
#include "dcam-convert/input.hpp"
#include "dcam-convert/listed_file.hpp"
#include "dcam-convert/mp4.hpp"
#include "dcam-convert/options.hpp"
#include "dcam-convert/output.hpp"
#include "dcam-convert/reporter.hpp"
#include "dcam-convert/run_files.hpp"

namespace dualcam::convert {

/// An input, opened and understood.
struct Source {
  Input file;
  Sidecar sidecar;
  std::optional<Clip> clip;             ///< of PTMF and Annex B
  Mp4Facts mp4;                         ///< of MP4
  std::vector<std::uint64_t> mp4_times; ///< when its pictures are shown, if its index tells
  bool doubtful = false; ///< an MP4 whose pictures are damaged or of a kind not known here
  double frame_rate = 0; ///< nominal

  bool is_stream() const { return clip.has_value(); }
  /// For programs that read the file themselves.
  std::string file_argument() const;
};

/// Why there is no result, and what that means for the exit code.
struct Failure {
  ExitCode code;
  std::string message;
  bool meets_all = false; ///< a full disk, no ffmpeg: what is made of another input fails, too
};
template <class T> using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failure(ExitCode code, std::string message) {
  return std::unexpected(Failure{code, std::move(message)});
}

/// One that other inputs would meet, too.
inline std::unexpected<Failure> failure_of_all(ExitCode code, std::string message) {
  return std::unexpected(Failure{code, std::move(message), true});
}

/// What `step` returns, or why it threw.
template <class Step> Outcome<void> attempt(const Step& step) {
  try {
    return step();
  } catch (...) {
    auto [code, message] = unforeseen(std::current_exception());
    return std::unexpected(Failure{code, std::move(message)});
  }
}

/// Shared by all inputs.
struct Workshop {
  const ConvertOptions& options;
  const std::vector<ListedFile>& inputs;
  RunFiles& files;
  Reporter& reporter;
  const StopSignal& stop;
};

/// Opens and takes apart one input; tells of its damage and fills `record`'s part about it. With
/// --strict damage is a failure.
/// `begin` has already been read of a pipe.
Outcome<Source> open_source(const Workshop& workshop, const std::string& path, Record& record,
                            Bytes begin = {});

/// The command that gives ffmpeg a stream.
Command feeder(const ConvertOptions& options, const Source& source, Extract extract,
               AudioMode audio);

/// The pipeline that does by hand what `run_ffmpeg` does.
std::string pasteable(const ConvertOptions& options, const Source& source, const Command& command,
                      Extract extract, AudioMode audio);

/// Opens the output `target`; no file that is read becomes its temporary one.
Outcome<Output> create_output(const Workshop& workshop, const std::filesystem::path& target,
                              bool make_folder);

/// Gives the output its name, which goes into `record`.
Outcome<void> finish_output(const Workshop& workshop, Output& output, Record& record);

/// Makes of a source that is open what the options ask for, under the name `target`, which goes
/// into `record`; `number` is for the progress.
Outcome<void> convert_source(const Workshop& workshop, Source& source,
                             const std::filesystem::path& target, std::size_t number,
                             Record& record);

/// INPUT.json, or what --meta names, which must be good; the other is a bonus.
Outcome<Sidecar> load_sidecar(const Workshop& workshop, const std::string& input);

/// Whether no picture got lost in ffmpeg; of a damaged input it is no failure, but told.
Outcome<void> check_count(const Workshop& workshop, const Record& record, std::uint64_t pictures,
                          std::uint64_t expected);

/// Makes what `record`, which it fills, is about, and reports what became of it; but not after a
/// stop that left no output.
ExitCode make_and_report(const Workshop& workshop, Record& record,
                         const std::function<Outcome<void>()>& make);

/// What an output that takes all inputs is made of, as its record has it.
std::string name_of_inputs(const ConvertOptions& options);

/// Does everything for the input of this number but what takes all of them.
ExitCode convert(const Workshop& workshop, std::size_t number);

} // namespace dualcam::convert
