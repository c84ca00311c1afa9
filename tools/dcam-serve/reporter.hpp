// What dcam-serve tells the world: paths or JSON events on standard output, notes and a progress
// line on standard error.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <asio/ip/tcp.hpp>

#include "common/event_log.hpp"
#include "common/progress_meter.hpp"
#include "common/standard_streams.hpp"
#include "dcam-serve/disk.hpp"
#include "dcam-serve/metrics.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/refusals.hpp"
#include "dcam-serve/told_metadata.hpp"
#include "dcam-serve/transfer.hpp"
#include "dcam-serve/untold.hpp"

namespace dualcam::serve {

class Reporter {
public:
  /// `clock` outlives it.
  Reporter(const ServeOptions& options, const Clock& clock);

  /// Waits for the readers, until `deadline` at the longest (nullopt: for ever).
  void flush(std::optional<TimePoint> deadline) { log_.flush(deadline); }
  /// Lines of standard output that its reader has not taken.
  std::uint64_t undelivered() const { return log_.undelivered(); }
  /// As EventLog's.
  int no_room() const { return log_.no_room(); }
  /// Bytes of standard output: for it, and written to it, as LineQueue has them.
  std::uint64_t taken() const { return log_.taken(); }
  std::uint64_t written() const { return log_.written(); }

  /// `where`: as Destination describes itself; `places`: how many connections at once.
  void listening(const asio::ip::tcp::endpoint& endpoint, const ServeOptions& options,
                 std::string_view where, std::uint32_t places);
  /// Places were asked for that the limit of open files, `descriptors`, may not be enough for.
  void too_few_descriptors(std::uint32_t places, std::uint64_t descriptors, std::uint32_t enough);
  void connected(const Init& init, const Origin& origin);
  /// METADATA has come, whether it can be decoded or not. It is told of when it is news.
  void metadata(const FileFacts& facts);
  /// A camera whose clock cannot be right is told of once.
  void file_started(const Transfer& transfer);
  void resumed(const Transfer& transfer, const Resumed& resumed);
  /// The fields of the event, for the hook.
  Json file_done(const Transfer& transfer, const HeldData& file, const std::filesystem::path& path,
                 const std::string& sha256);
  /// The same of one that an earlier run stored.
  Json file_done(const Untold& untold);
  /// The camera offers another file than the one that `kept` is a part of.
  void file_replaced(const Transfer& transfer, const std::filesystem::path& kept);
  /// `file` is the object of its `file-done` event.
  void hook_failed(const Json& file, std::string_view why);
  /// It was offered again.
  void file_known(const FileFacts& facts, const std::filesystem::path& path);
  /// It did not come.
  void stepped_back(const FileFacts& facts);
  void file_skipped(const FileFacts& facts, std::string_view why);
  /// `part`: where what came lies, as Transfer::kept; standard output keeps nothing.
  void file_failed(const FileFacts& facts, std::string_view why, const std::filesystem::path& part);
  /// The link was lost; the same file may go on later.
  void file_interrupted(const Transfer& transfer, std::string_view why,
                        const std::filesystem::path& part);
  /// `began`: what came of it; null if that is nothing to go on with.
  void device_refused(const FileFacts& facts, std::uint32_t status, const Transfer* began,
                      const std::filesystem::path& part);
  /// Of this and the next some of a kind are told each minute, and then the number of the rest.
  void rejected(std::uint64_t imei, const Origin& origin, std::string_view why);
  void stranger(const Origin& origin, const Refusal& refusal);
  /// All places are taken; once a minute. `why`: what set their number.
  void too_many(std::uint32_t places, std::string_view why);
  void disconnected(std::uint64_t imei, const Origin& origin, std::string_view why, bool regular);
  /// It has gone, and keeps what cannot be fetched yet.
  void unsupported(std::uint64_t imei, const Origin& origin, std::string_view why);
  /// Nobody has come back for these in that time.
  void parts_removed(std::span<const std::filesystem::path> parts, std::chrono::milliseconds age);
  /// `figures`: what it has cost to make all that durable.
  void summary(std::size_t incomplete, int status, const DiskFigures& figures);

  /// The progress line, and once a second `progress` events, of `most_progress_events` transfers
  /// in turn; to be called every `progress_interval`. `at_work` is asked only if anything is to be
  /// said of them.
  void progress(const std::function<std::vector<const Transfer*>()>& at_work);

  Console& console() { return console_; }
  /// Standard error, for another thread.
  LineWriter& errors() { return log_.errors(); }
  const Product& product() const { return product_; }
  std::uint64_t files() const { return files_; }
  /// What it has counted.
  void add_to(Metrics& metrics) const;

private:
  void event(std::string_view name, const Json& fields);
  void print(std::string_view line, LineWriter::Weight weight);
  Json done(const FileFacts& facts, const HeldData& file, const std::filesystem::path& path,
            const std::string& sha256, std::chrono::milliseconds duration, unsigned resumptions);
  void look_at_clock(const FileFacts& facts);
  void tell_progress(std::span<const Transfer* const> transfers);
  void tell_of_rest(const std::vector<LineLimit::Rest>& rest);
  void not_stored(const FileFacts& facts, std::string_view why, const std::filesystem::path& part);

  const Clock& clock_;
  bool json_;
  EventLog log_;
  Console console_;
  Product product_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t resumes_ = 0;
  unsigned progress_calls_ = 0;
  std::size_t progress_next_ = 0;
  std::optional<TimePoint> too_many_at_;
  std::optional<TimePoint> tls_told_at_; ///< scanners would fill the log
  Refusals refusals_;
  ToldMetadata told_metadata_;
};

/// A second: with each of 10,000 transfers, standard output would be busy with nothing else.
inline constexpr std::size_t most_progress_events = 500;

} // namespace dualcam::serve
