#include "dcam-convert/page/page.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "dcam-convert/page/collection.hpp"
#include "dcam-convert/page/incomplete.hpp"
#include "dcam-convert/page/known_facts.hpp"
#include "dcam-convert/page/making.hpp"
#include "dcam-convert/page/view.hpp"
#include "dcam-convert/run_each.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_page = std::uint64_t{256} << 20;

/// The whole of it; empty if there is none, or it is too large for one of ours.
std::string read_page(const fs::path& path) {
  const auto stamp = stamp_of(path);
  if (!stamp || stamp->size > largest_page) {
    return "";
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class PageRun {
public:
  explicit PageRun(const Workshop& workshop)
      : workshop_(workshop), options_(workshop.options), target_(workshop.files.target(0)) {
    record_.input = name_of_inputs(options_);
  }

  ExitCode run() {
    return make_and_report(workshop_, record_, [this] { return make(); });
  }

private:
  Outcome<void> make() {
    const auto old = read_page(target_);
    std::error_code ignored;
    if (target_ != "-" && options_.if_exists != IfExists::replace && !is_page(old) &&
        fs::exists(target_, ignored)) {
      return failure(ExitCode::io, escaped(target_.string()) +
                                       " exists and is no page of dcam-convert: give another name, "
                                       "or --if-exists replace");
    }
    entries_ = collect(workshop_.inputs, target_);
    const auto known = KnownFacts::of_page(old);
    if (options_.dry_run) {
      make_what_is_missing(known);
      return {};
    }
    auto output = create_output(workshop_, target_, false); // before hours of work in vain
    if (!output) {
      return std::unexpected(output.error());
    }
    make_what_is_missing(known);
    if (workshop_.stop.requested()) {
      return {};
    }
    tell();
    return write(*output);
  }

  void make_what_is_missing(const KnownFacts& known) {
    std::vector<char> done(entries_.size());
    const auto jobs = options_.dry_run ? 1 : options_.jobs; // commands are shown in their order
    run_each(entries_.size(), options_.jobs, workshop_.stop, [&](std::size_t number) {
      auto& entry = entries_[number];
      if (entry.incomplete) {
        take_checkpoint(entry);
      } else if (entry.has_sidecar) {
        entry.sidecar = load_sidecar(workshop_, entry.path.string()).value_or(Sidecar{});
      }
      const auto facts = entry.incomplete ? Facts{} : known.find(entry.link, entry.stamp);
      entry.facts = facts.value_or(Facts{});
      done[number] = facts && PageMaker::take_what_is_there(entry) ? 1 : 0;
      return ExitCode::done;
    });
    std::vector<std::size_t> left;
    for (std::size_t number = 0; number < done.size(); ++number) {
      if (done[number] == 0) {
        left.push_back(number);
      }
    }
    workshop_.reporter.expect(left.size());
    const PageMaker maker(workshop_);
    std::vector<char> foreign(entries_.size());
    record_.code = run_each(left.size(), jobs, workshop_.stop, [&](std::size_t index) {
      const auto number = left[index];
      foreign[number] = maker.make(entries_[number], number) ? 0 : 1;
      return ExitCode::done;
    });
    std::size_t number = 0;
    std::erase_if(entries_, [&](const Entry&) { return foreign[number++] != 0; });
    for (const auto& entry : entries_) {
      record_.code = worse_of(record_.code, entry.facts.code);
    }
  }

  /// How many there are, and of the bad ones even with -q: an old one is not told again otherwise.
  void tell() const {
    const auto bad = static_cast<std::uint64_t>(std::ranges::count_if(
        entries_, [](const Entry& entry) { return entry.facts.code != ExitCode::done; }));
    const auto incomplete =
        static_cast<std::uint64_t>(std::ranges::count_if(entries_, &Entry::incomplete));
    const auto name = escaped(target_.string());
    workshop_.reporter.note(
        fmt::format("{}: {}, {} incomplete", name, counted(entries_.size(), "file"), incomplete));
    if (bad != 0) {
      workshop_.reporter.error(fmt::format("{}: {} or cannot be shown whole; the page says which",
                                           name,
                                           counted(bad, "file is damaged", "files are damaged")));
    }
  }

  Outcome<void> write(Output& output) {
    const auto text = page_of(entries_, title());
    if (const auto written = output.write(as_bytes(text)); !written) {
      return failure(ExitCode::io, written.error().message);
    }
    const auto name = output.finish(IfExists::replace);
    if (!name) {
      return failure(ExitCode::io, name.error().message);
    }
    record_.output = target_.string();
    return {};
  }

  /// What the folder is called.
  std::string title() const {
    const auto folder = place_of(options_.inputs.front());
    const auto name = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
    return options_.inputs.size() == 1 && !name.empty() ? escaped(name.string()) : "Camera files";
  }

  const Workshop& workshop_;
  const ConvertOptions& options_;
  fs::path target_;
  Record record_;
  std::vector<Entry> entries_;
};

} // namespace

ExitCode make_page(const Workshop& workshop) { return PageRun(workshop).run(); }

} // namespace dualcam::convert
