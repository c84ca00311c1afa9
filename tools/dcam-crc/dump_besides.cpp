#include "dcam-crc/dump_besides.hpp"

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {
namespace {

std::string nothing_found(const DumpFacts& facts) {
  if (facts.form == DumpForm::hex_text) {
    return fmt::format("line {}: no command of a camera found in it, read from here as hex: print "
                       "the bytes with 'xxd', or take them as a binary file",
                       facts.first_line);
  }
  return facts.form == DumpForm::capture && facts.frames == 0
             ? "no packet in it"
             : "no command of a camera found in it";
}

/// Why there is none, where there is none.
void tell_no_transfer(Console& console, const std::string& name, const DumpFacts& facts,
                      const DumpTalk& talk, std::uint64_t transfers) {
  if (!facts.conversion.empty()) {
    console.error(name + ": " + facts.conversion);
  } else if (talk.commands == 0 && !talk.server_said.empty()) {
    console.error(fmt::format("{}: only commands of a server are in it, the last one {}: what the "
                              "camera sent is not there",
                              name, escaped(talk.server_said)));
  } else if (talk.commands == 0 && facts.problem_count == 0 && facts.not_read_to_end == 0) {
    console.error(name + ": " + nothing_found(facts));
  } else if (transfers == 0 && talk.commands != 0) {
    const bool unanswered = !talk.server_said.empty() && !talk.answered;
    console.note(fmt::format(
        "{}: no transfer in it{}{}", name, talk.status ? "; " + status_text(*talk.status) : "",
        unanswered ? fmt::format(": the server's {} was not answered", escaped(talk.server_said))
                   : ""));
  }
}

} // namespace

std::string status_text(std::uint32_t code) {
  return fmt::format("the camera's STATUS {}: {}", code, status_meaning(code));
}

Json summary_fields(const DumpFacts& facts, const DumpTalk& talk, std::uint64_t transfers) {
  return {{"form", name_of(facts.form)},
          {"transfers", transfers},
          {"connections", facts.form == DumpForm::capture ? facts.streams : 0},
          {"other_connections", facts.other_connections},
          {"connections_encrypted", facts.encrypted},
          {"connections_given_up", facts.given_up},
          {"segments_late", facts.late},
          {"segments_differing", facts.differing},
          {"segments_behind_end", facts.behind_end},
          {"captures_not_read_to_end", facts.not_read_to_end},
          {"frames_not_read", facts.not_read},
          {"frames_cut_off", facts.cut_off},
          {"frames_captured_twice", facts.seen_again},
          {"lines_passed_over", facts.lines_passed_over},
          {"lines_not_read", facts.problem_count},
          {"text_conversion", facts.conversion},
          {"commands", talk.commands},
          {"status", talk.status ? Json(*talk.status) : Json()}};
}

void tell_besides(Console& console, const std::string& name, const DumpFacts& facts,
                  const DumpTalk& talk, std::uint64_t transfers, bool is_flawed) {
  if (facts.other_connections != 0) {
    console.note(fmt::format("{}: {} without camera traffic", name,
                             counted(facts.other_connections, "other connection")));
  }
  if (facts.encrypted != 0) {
    console.warning(fmt::format("{}: {} encrypted with TLS, and cannot be read: capture what is "
                                "said behind it",
                                name,
                                counted(facts.encrypted, "connection is", "connections are")));
  }
  if (facts.given_up != 0) {
    console.warning(
        fmt::format("{}: {} given up early: more were open at once than are kept; --port chooses",
                    name, counted(facts.given_up, "connection was", "connections were")));
  }
  if (facts.seen_again != 0) {
    console.note(fmt::format("{}: {} captured twice, with the same times: told once", name,
                             counted(facts.seen_again, "frame was", "frames were")));
  }
  const bool is_out_of_order = is_flawed && facts.back_in_time != 0;
  if (facts.late != 0) {
    console.warning(fmt::format("{}: {} came too late: what is in such counts as missing", name,
                                counted(facts.late, "TCP segment")));
  }
  if (facts.differing != 0) {
    console.warning(fmt::format("{}: {} came again with other bytes, which are not used: damaged "
                                "on the way, or of another connection of the same ports whose "
                                "beginning is not in the capture",
                                name, counted(facts.differing, "TCP segment")));
  }
  if (facts.behind_end != 0) {
    console.warning(fmt::format("{}: {} came when their connection was over: not used", name,
                                counted(facts.behind_end, "TCP segment")));
  }
  if (facts.late != 0 || is_out_of_order) {
    console.note(fmt::format("{}: {}'reordercap' puts frames in the order of their times", name,
                             is_out_of_order ? "the times of frames go back: " : ""));
  }
  if (facts.not_read_to_end != 0 && transfers != 0) {
    console.warning(fmt::format("{}: {} not read to the end: what is missing may be in the rest",
                                name,
                                counted(facts.not_read_to_end, "capture was", "captures were")));
  }
  if (facts.cut_off != 0) {
    console.warning(fmt::format("{}: of {} only the beginning was captured: the snapshot length "
                                "was too small; tcpdump -s 0 takes all",
                                name, counted(facts.cut_off, "frame")));
  }
  for (const auto& [type, count] : facts.not_read) {
    console.note(fmt::format("{}: {} not read: {}", name, counted(count, "frame"), type));
  }
  if (facts.lines_passed_over != 0) {
    console.note(fmt::format("{}: {} without hex passed over", name,
                             counted(facts.lines_passed_over, "line")));
  }
  for (const auto& problem : facts.problems) {
    console.error(fmt::format("{}: line {}: {}", name, problem.line, escaped(problem.what)));
  }
  if (const auto more = facts.problem_count - facts.problems.size(); more != 0) {
    console.error(fmt::format("{}: and {} of the kind", name, counted(more, "more line")));
  }
  tell_no_transfer(console, name, facts, talk, transfers);
}

} // namespace dualcam::crc
