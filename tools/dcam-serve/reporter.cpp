#include "dcam-serve/reporter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/odd_time.hpp"
#include "dcam-serve/progress_lines.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

std::string described(const FileFacts& facts) {
  return fmt::format("{} {}", format_imei(facts.imei), facts.file.label());
}

/// null: of an earlier run.
void add_origin(Json& fields, const Origin& origin) {
  const bool known = origin.connection != 0;
  fields["connection"] = known ? Json(origin.connection) : Json();
  fields["address"] = known ? Json(origin.address) : Json();
}

Json connection_fields(std::uint64_t imei, const Origin& origin) {
  auto fields = Json::object();
  fields["imei"] = format_imei(imei);
  add_origin(fields, origin);
  return fields;
}

Json file_fields(const FileFacts& facts) {
  auto fields = connection_fields(facts.imei, facts.origin);
  facts.tell_which(fields);
  return fields;
}

/// How RESUME counts it: START alone may count packets.
Geometry geometry_of(const Transfer& transfer) {
  return {transfer.facts().file, transfer.announced(), transfer.facts().in_packets};
}

/// What a device counts of a file: "12 of 48 packets", "1.0 KiB of 26.0 KiB".
std::string share_of(const Transfer& transfer) {
  return transfer.counts_packets()
             ? fmt::format("{} of {} packets", transfer.packets(), transfer.announced())
             : fmt::format("{} of {}", format_size(transfer.bytes()),
                           format_size(transfer.expected_bytes()));
}

Json names_of_offers(const Init& init) {
  auto names = Json::array();
  for (const auto kind : all_file_kinds) {
    if (kinds_offered(init).contains(kind)) {
      names.push_back(name_of(kind));
    }
  }
  if (init.offers_path()) {
    names.push_back("path");
  }
  return names;
}

std::string list_of_offers(const Init& init) {
  std::string list;
  const auto add = [&list](std::string_view what) {
    list += list.empty() ? "" : ", ";
    list += what;
  };
  for (const auto kind : all_file_kinds) {
    if (kinds_offered(init).contains(kind)) {
      add(description_of(kind));
    }
  }
  if (init.offers_path()) {
    add("a file by path");
  }
  if (init.offers_unknown()) {
    add("what is unknown");
  }
  return list.empty() ? "nothing" : list;
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::round(std::chrono::duration<double>(time).count() * 1000) / 1000;
}

std::string event_line(std::string_view name, const Json& fields) {
  auto line = Json::object();
  line["event"] = name;
  line["time"] = format_time(system_now());
  line.update(fields);
  return to_line(line);
}

EventLog::Settings log_settings(const ServeOptions& options) {
  EventLog::Settings settings;
  settings.folder = options.output;
  settings.line_end = options.common.print0 ? '\0' : '\n';
  settings.dropped_errors = [style = LineStyle(options.common)](std::uint64_t lines) {
    return fmt::format(
        "{}dcam-serve: {} lines were dropped here: they could not be written in time\n",
        style.prefix(LineStyle::Level::warning), lines);
  };
  if (options.common.json) {
    settings.dropped_output = [](std::uint64_t lines) {
      return event_line("dropped", {{"lines", lines}}) + '\n';
    };
  }
  return settings;
}

} // namespace

Reporter::Reporter(const ServeOptions& options, const Clock& clock)
    : clock_(clock), json_(options.common.json), log_(log_settings(options)),
      console_("dcam-serve", options.common, log_.errors()),
      product_(log_.output(), options.common) {}

void Reporter::event(std::string_view name, const Json& fields) {
  if (!json_) {
    return;
  }
  print(event_line(name, fields),
        name == "file-done" ? LineWriter::Weight::product : LineWriter::Weight::news);
}

void Reporter::print(std::string_view line, LineWriter::Weight weight) {
  console_.clear_progress(); // both may be the same terminal
  product_.line(line, weight);
}

void Reporter::listening(const asio::ip::tcp::endpoint& endpoint, const ServeOptions& options,
                         std::string_view where, std::uint32_t places) {
  const auto address = endpoint.address().to_string();
  event("listening",
        {{"address", address}, {"port", endpoint.port()}, {"max_connections", places}});
  console_.note(fmt::format(
      "listening on {} port {}, {}; up to {}; {}", options.bind.empty() ? "all addresses" : address,
      endpoint.port(), where, counted(places, "connection"),
      options.keep_listening ? "stop with Ctrl-C" : "waiting for the first camera"));
}

void Reporter::too_few_descriptors(std::uint32_t places, std::uint64_t descriptors,
                                   std::uint32_t enough) {
  console_.warning(fmt::format("--max-connections {} is more than open files allow (ulimit -n {}): "
                               "{} are sure to work",
                               places, descriptors, enough));
}

void Reporter::connected(const Init& init, const Origin& origin) {
  auto fields = connection_fields(init.imei, origin);
  fields["protocol"] = init.protocol;
  fields["offers"] = names_of_offers(init);
  event("connected", fields);
  console_.note(fmt::format("{} connected from {} (connection {}), offers {}",
                            format_imei(init.imei), origin.address, origin.connection,
                            list_of_offers(init)));
}

void Reporter::metadata(const FileFacts& facts) {
  if (!told_metadata_.is_news(facts, clock_.now())) {
    return;
  }
  const auto decoded = facts.metadata();
  const auto& metadata = *decoded;
  const bool by_kind = facts.file.kind().has_value();
  if (!metadata) {
    const auto& [category, offset, message] = metadata.error();
    console_.warning(fmt::format("{}: {} (byte {}): {}", described(facts), escaped(message), offset,
                                 by_kind ? "going on without metadata" : "kept as it came"));
  }
  if (!metadata && by_kind) {
    return;
  }
  const auto record = facts.record();
  auto fields = file_fields(facts);
  fields["metadata"] = record;
  event("metadata", fields);
  console_.detail(fmt::format("{}: metadata {}", described(facts), to_line(record)));
  if (by_kind && metadata->kind != facts.file.kind()) {
    console_.warning(described(facts) + ": the metadata is that of another kind of file");
  }
}

/// By its metadata or its path.
void Reporter::look_at_clock(const FileFacts& facts) {
  const auto decoded = facts.metadata();
  const auto& known = *decoded;
  auto odd = known ? odd_time(known->time) : std::nullopt;
  if (!odd && known) {
    odd = odd_time(known->trigger_time);
  }
  if (const auto time = facts.file.time(); !odd && time && is_years_away(*time)) {
    odd = format_time(*time);
  }
  if (odd && told_metadata_.is_first_odd_time(facts.imei)) {
    console_.note(fmt::format("{}: its time is years away from now: {}; was the camera's clock "
                              "set? Nothing more is said of it",
                              described(facts), *odd));
  }
}

void Reporter::file_started(const Transfer& transfer) {
  look_at_clock(transfer.facts());
  auto fields = file_fields(transfer.facts());
  const bool in_packets = transfer.counts_packets();
  const auto counted = in_packets ? "packets" : "size";
  fields[counted] = transfer.announced();
  fields["held"] = in_packets ? transfer.packets() : transfer.bytes();
  event("file-start", fields);
  if (transfer.is_comparing()) {
    return console_.detail(fmt::format("{}: offered again, comparing it with {}",
                                       described(transfer.facts()),
                                       escaped(transfer.path().string())));
  }
  if (transfer.packets() == 0) {
    return console_.detail(fmt::format("{}: {}, to {}", described(transfer.facts()),
                                       in_packets ? fmt::format("{} packets", transfer.announced())
                                                  : format_size(transfer.announced()),
                                       escaped(transfer.path().string())));
  }
  fields.erase(counted);
  fields.erase("held");
  const auto from = transfer.resume_point();
  if (geometry_of(transfer).in_packets()) {
    fields["packet"] = from.packet;
  } else {
    fields["offset"] = from.offset;
  }
  fields["reason"] = "held";
  event("resumed", fields);
  ++resumes_;
  console_.note(fmt::format("{}: going on with {}, {} are there", described(transfer.facts()),
                            escaped(transfer.path().string()), share_of(transfer)));
}

void Reporter::file_replaced(const Transfer& transfer, const std::filesystem::path& kept) {
  console_.warning(fmt::format("{}: the camera offers another file now, starting over; what came "
                               "of the other one is kept as {}",
                               described(transfer.facts()), escaped(kept.string())));
}

void Reporter::resumed(const Transfer& transfer, const Resumed& resumed) {
  auto fields = file_fields(transfer.facts());
  const auto geometry = geometry_of(transfer);
  fields[geometry.in_packets() ? "packet" : "offset"] = resumed.number;
  fields["reason"] = text_of(resumed.reason);
  event("resumed", fields);
  ++resumes_;
  console_.detail(fmt::format("{}: {}, asking again from {}", described(transfer.facts()),
                              text_of(resumed.reason), geometry.text_of(resumed.number)));
}

Json Reporter::done(const FileFacts& facts, const HeldData& file, const std::filesystem::path& path,
                    const std::string& sha256, std::chrono::milliseconds duration,
                    unsigned resumptions) {
  ++files_;
  bytes_ += file.bytes;
  auto fields = file_fields(facts);
  fields["path"] = path.string();
  fields["bytes"] = file.bytes;
  fields["packets"] = file.packets;
  fields["crc16"] = fmt::format("{:04x}", file.crc);
  fields["sha256"] = sha256.empty() ? Json() : Json(sha256);
  fields["seconds"] = static_cast<double>(duration.count()) / 1000;
  fields["resumes"] = resumptions;
  fields["metadata"] = facts.record();
  event("file-done", fields);
  if (!json_ && path != "-") { // standard output has the file itself
    print(path.string(), LineWriter::Weight::product);
  }
  return fields;
}

Json Reporter::file_done(const Transfer& transfer, const HeldData& file,
                         const std::filesystem::path& path, const std::string& sha256) {
  const auto duration = transfer.duration();
  auto fields = done(transfer.facts(), file, path, sha256, duration, transfer.resumptions());
  const auto repaired =
      transfer.resumptions() == 0 ? "" : ", " + counted(transfer.resumptions(), "resume");
  console_.note(fmt::format("{}: stored, {} in {} ({}/s{})", described(transfer.facts()),
                            format_size(file.bytes), format_duration(duration),
                            format_size(static_cast<std::uint64_t>(transfer.rate())), repaired));
  return fields;
}

Json Reporter::file_done(const Untold& untold) {
  auto fields = done(untold.facts, untold.file, untold.path, untold.sha256, {}, 0);
  console_.note(fmt::format("{}: stored by an earlier run that could not tell, {}{}",
                            described(untold.facts), format_size(untold.file.bytes),
                            untold.is_there ? "" : "; it has moved on since"));
  return fields;
}

void Reporter::hook_failed(const Json& file, std::string_view why) {
  auto fields = Json::object();
  for (const auto* key : {"imei", "connection", "address", "path"}) {
    fields[key] = file.at(key);
  }
  fields["error"] = why;
  event("hook-failed", fields);
  console_.error(fmt::format("hook for {}: {}", escaped(file.at("path").get<std::string>()), why));
}

void Reporter::file_known(const FileFacts& facts, const std::filesystem::path& path) {
  console_.note(fmt::format("{}: offered again, though it was stored as {}: acknowledged, and left "
                            "alone until the camera connects again",
                            described(facts), escaped(path.string())));
}

void Reporter::stepped_back(const FileFacts& facts) {
  console_.note(fmt::format("{}: does not come; the camera's other files are fetched before it is "
                            "tried again",
                            described(facts)));
}

void Reporter::file_skipped(const FileFacts& facts, std::string_view why) {
  console_.note(fmt::format("{}: skipped, {}", described(facts), escaped(why)));
}

void Reporter::file_failed(const FileFacts& facts, std::string_view why,
                           const std::filesystem::path& part) {
  ++failures_;
  not_stored(facts, why, part);
}

void Reporter::file_interrupted(const Transfer& transfer, std::string_view why,
                                const std::filesystem::path& part) {
  const bool lost = transfer.packets() > 0 && part.empty();
  not_stored(transfer.facts(),
             fmt::format("incomplete, {}: {}{}", share_of(transfer), why,
                         lost ? "; its part is not to be found any more" : ""),
             part);
}

void Reporter::not_stored(const FileFacts& facts, std::string_view why,
                          const std::filesystem::path& part) {
  auto fields = file_fields(facts);
  fields["error"] = why;
  const bool kept = !part.empty() && part != "-";
  if (kept) {
    fields["part"] = part.string();
  }
  event("file-failed", fields);
  console_.error(fmt::format("{}: {}{}", described(facts), escaped(why),
                             kept ? "; what came is kept as " + escaped(part.string()) : ""));
}

void Reporter::device_refused(const FileFacts& facts, std::uint32_t status, const Transfer* began,
                              const std::filesystem::path& part) {
  const auto why = fmt::format("the device reports status {}: {}", status, status_meaning(status));
  if (began != nullptr && began->packets() > 0) {
    ++failures_;
    file_interrupted(*began, why, part);
  } else {
    file_failed(facts, why, {});
  }
}

void Reporter::rejected(std::uint64_t imei, const Origin& origin, std::string_view why) {
  if (refusals_.tells(why, clock_.now())) {
    auto fields = connection_fields(imei, origin);
    fields["reason"] = why;
    event("rejected", fields);
    console_.note(fmt::format("{} from {} refused: {}", format_imei(imei), origin.address, why));
  }
}

void Reporter::stranger(const Origin& origin, const Refusal& refusal) {
  const std::string_view who = refusal.why;
  if (!refusals_.tells(who, clock_.now())) {
    return;
  }
  auto fields = Json::object();
  if (refusal.imei) {
    fields["imei"] = format_imei(*refusal.imei);
  }
  add_origin(fields, origin);
  fields["reason"] = who;
  event("rejected", fields);
  const auto text = fmt::format("{} refused: {}", origin.address, who);
  const auto now = clock_.now();
  const auto names = [who](std::string_view word) { return who.find(word) != who.npos; };
  const bool tls =
      names("TLS") && (!tls_told_at_ || now - *tls_told_at_ >= std::chrono::minutes(1));
  if (tls) {
    tls_told_at_ = now;
  }
  const bool can_be_mended = names("AVL") || names("PROXY") || tls; // a misconfigured device
  can_be_mended ? console_.warning(text) : console_.detail(text);
}

void Reporter::tell_of_rest(const std::vector<LineLimit::Rest>& rest) {
  for (const auto& [kind, lines] : rest) {
    event("rejected", {{"reason", kind}, {"count", lines}});
    console_.note(fmt::format("{} more refused: {}", lines, kind));
  }
}

void Reporter::too_many(std::uint32_t places, std::string_view why) {
  const auto now = clock_.now();
  if (!too_many_at_ || now - *too_many_at_ >= std::chrono::minutes(1)) {
    too_many_at_ = now;
    console_.warning(
        fmt::format("{} connections are open ({}): closing further ones", places, why));
  }
}

void Reporter::disconnected(std::uint64_t imei, const Origin& origin, std::string_view why,
                            bool regular) {
  auto fields = connection_fields(imei, origin);
  fields["reason"] = why;
  event("disconnected", fields);
  const auto text = fmt::format("{} disconnected: {} ({}, connection {})", format_imei(imei), why,
                                origin.address, origin.connection);
  regular ? console_.detail(text) : console_.warning(text);
}

void Reporter::unsupported(std::uint64_t imei, const Origin& origin, std::string_view why) {
  auto fields = connection_fields(imei, origin);
  fields["reason"] = why;
  event("disconnected", fields);
  console_.error(fmt::format("{}: {}", format_imei(imei), why));
}

void Reporter::parts_removed(std::span<const std::filesystem::path> parts,
                             std::chrono::milliseconds age) {
  const auto days = std::chrono::floor<std::chrono::days>(age);
  const auto text =
      days == age ? counted(static_cast<std::uint64_t>(days.count()), "day") : format_duration(age);
  for (const auto& path : parts) {
    console_.note(fmt::format("removed {}: it has not grown for {} (--max-partial-age)",
                              escaped(path.string()), text));
  }
}

void Reporter::summary(std::size_t incomplete, int status, const DiskFigures& figures) {
  tell_of_rest(refusals_.whole_rest());
  event("summary", {{"files", files_},
                    {"bytes", bytes_},
                    {"failed", failures_},
                    {"incomplete", incomplete},
                    {"commit_rounds", figures.passes},
                    {"syncfs_rounds", figures.whole_passes},
                    {"commit_seconds", in_seconds(figures.passes_took)},
                    {"longest_unsaved", in_seconds(figures.longest)},
                    {"exit", status}});
  console_.note(fmt::format("{}, {}{}{}", counted(files_, "file"), format_size(bytes_),
                            incomplete == 0 ? "" : fmt::format(", {} incomplete", incomplete),
                            failures_ == 0 ? "" : fmt::format(", {} failed", failures_)));
}

void Reporter::add_to(Metrics& metrics) const {
  metrics.files = files_;
  metrics.file_bytes = bytes_;
  metrics.failures = failures_;
  metrics.resumes = resumes_;
  metrics.refusals = refusals_.counts();
  metrics.dropped_lines = log_.dropped();
}

void Reporter::progress(const std::function<std::vector<const Transfer*>()>& at_work) {
  tell_of_rest(refusals_.rest(clock_.now()));
  const bool tells = json_ && ++progress_calls_ % 5 == 0;
  if (!tells && !console_.shows_progress()) {
    return;
  }
  const auto transfers = at_work();
  if (transfers.empty()) {
    return console_.clear_progress();
  }
  if (console_.shows_progress()) {
    console_.progress(progress_lines(transfers));
  }
  if (tells) {
    tell_progress(transfers);
  }
}

/// Of very many some at a time: to tell of each takes longer than to receive it.
void Reporter::tell_progress(std::span<const Transfer* const> transfers) {
  const auto count = std::min(transfers.size(), most_progress_events);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& transfer = *transfers[progress_next_++ % transfers.size()];
    auto fields = file_fields(transfer.facts());
    if (transfer.counts_packets()) {
      fields["packets"] = transfer.announced();
      fields["received"] = transfer.packets();
    } else {
      fields["size"] = transfer.announced();
    }
    fields["bytes"] = transfer.bytes();
    event("progress", fields);
  }
}

} // namespace dualcam::serve
